"""What counts as drift, one situation a test."""

from pathlib import Path

import pytest

from signoff.systems.git.drift import compare_trees, drift
from signoff.systems.git.drift_trees import Compared
from signoff.systems.git.drift_types import Drift, Question
from signoff.systems.git.inputs import Inputs
from signoff.systems.git.process import Git

from .repository import LINK, PROGRAM, SUBMODULE, Repository

START = {b"svc/a/main": b"one\n", b"svc/abc/main": b"one\n", b"shared/lib": b"one\n", b"Dockerfile": b"one\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "r")


async def ask(repository: Repository, head: str, deployed: str, *patterns: str) -> Drift:
    """The answer about one workload; the same from a question among others, and from the trees alone."""
    question = Question("asked", deployed, Inputs(patterns))
    others = [Question("everything", deployed, Inputs()), Question("nothing", deployed, Inputs(["not/there"]))]
    async with Git(repository.path) as git:
        alone = (await drift(git, head, [question]))["asked"]
        among = await drift(git, head, [*others, question])
        trees = (await compare_trees(git, head, [question]))["asked"]
    assert among["asked"] == alone
    assert among["nothing"].state in ("same", "unknown")
    if isinstance(trees, Compared):
        assert sorted(trees.files) == list(alone.files)
    else:
        assert (alone.state, alone.why) == ("unknown", trees.why)
    return alone


def missing(answer: Drift) -> list[str]:
    assert answer.exact
    return [commit.commit for commit in answer.commits]


async def test_a_commit_to_the_inputs_is_missing_with_who_when_and_what(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a, message="Mend the mapper\n\nAt length.", time=1_700_000_777)
    answer = await ask(repository, b, a, "svc/a/**")
    assert (answer.state, answer.files, answer.diverged, answer.why) == ("drifted", (b"svc/a/main",), False, None)
    (commit,) = answer.commits
    assert (commit.commit, commit.author, commit.subject) == (b, b"Ada", b"Mend the mapper")
    assert (commit.time, commit.landed_at, commit.landed_time) == (1_700_000_777, b, 1_700_000_777)
    assert answer.newest_touching == b


async def test_the_deployed_commit_being_head_is_not_drift(repository: Repository) -> None:
    a = repository.commit(START)
    assert (await ask(repository, a, a)).state == "same"


async def test_a_commit_elsewhere_is_not_drift(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"shared/lib": b"two\n"}, a)
    assert await ask(repository, b, a, "svc/a/**", "Dockerfile") == Drift("asked", "same")


async def test_a_reverted_change_is_not_drift(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    c = repository.commit({b"svc/a/main": b"one\n"}, b)
    assert await ask(repository, c, a, "svc/a/**") == Drift("asked", "same")


async def test_a_squash_with_the_same_content_is_not_drift(repository: Repository) -> None:
    a = repository.commit(START)
    work = repository.commit({b"svc/a/main": b"three\n"}, repository.commit({b"svc/a/main": b"two\n"}, a))
    squashed = repository.commit({b"svc/a/main": b"three\n"}, a)
    assert (await ask(repository, squashed, work, "svc/a/**")).state == "same"


async def test_a_reverted_commit_is_still_among_the_missing_where_others_changed(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    c = repository.commit({b"svc/a/main": b"one\n"}, b)
    d = repository.commit({b"svc/a/new": b"one\n"}, c)
    answer = await ask(repository, d, a, "svc/a")
    assert (missing(answer), answer.files) == ([d, c, b], (b"svc/a/new",))


async def test_a_file_renamed_into_and_out_of_the_inputs_is_drift(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"shared/lib": None, b"svc/a/lib": b"one\n"}, a)
    c = repository.commit({b"svc/a/lib": None, b"shared/lib": b"one\n"}, b)
    into = await ask(repository, b, a, "svc/a/**")
    out_of = await ask(repository, c, b, "svc/a/**")
    assert (into.files, missing(into)) == ((b"svc/a/lib",), [b])
    assert (out_of.files, missing(out_of)) == ((b"svc/a/lib",), [c])


async def test_a_change_of_excluded_files_alone_is_not_drift(repository: Repository) -> None:
    a = repository.commit({**START, b"svc/a/guide.md": b"one\n", b"svc/a/docs/x": b"one\n"})
    b = repository.commit({b"svc/a/guide.md": b"two\n", b"svc/a/docs/x": b"two\n"}, a)
    c = repository.commit({b"svc/a/main": b"two\n"}, b)
    assert (await ask(repository, b, a, "svc/a/**", "!**/*.md", "!svc/a/docs")).state == "same"
    answer = await ask(repository, c, a, "svc/a/**", "!**/*.md", "!svc/a/docs")
    assert (missing(answer), answer.files) == ([c], (b"svc/a/main",))


async def test_a_folder_whose_name_begins_alike_is_another(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/abc/main": b"two\n", b"Dockerfile.old": b"one\n"}, a)
    assert (await ask(repository, b, a, "svc/a", "Dockerfile")).state == "same"
    assert missing(await ask(repository, b, a, "svc/abc")) == [b]


async def test_an_evil_merge_is_named_where_it_alone_explains_the_difference(repository: Repository) -> None:
    a = repository.commit(START)
    side = repository.commit({b"shared/lib": b"two\n"}, a)
    main = repository.commit({b"Dockerfile": b"two\n"}, a)
    merge = repository.merge(main, side, changes={b"svc/a/main": b"evil\n"})
    assert missing(await ask(repository, merge, a, "svc/a")) == [merge]
    assert missing(await ask(repository, merge, a, "shared")) == [side]


async def test_an_ordinary_merge_is_not_counted_beside_its_commits(repository: Repository) -> None:
    a = repository.commit(START)
    side = repository.commit({b"svc/a/main": b"two\n"}, a)
    main = repository.commit({b"Dockerfile": b"two\n"}, a)
    merge = repository.merge(main, side)
    answer = await ask(repository, merge, a, "svc/a", "Dockerfile")
    assert set(missing(answer)) == {main, side}
    landed = {commit.commit: commit.landed_at for commit in answer.commits}
    assert landed == {side: merge, main: main}


async def test_a_merge_that_throws_the_deployed_content_away_is_named(repository: Repository) -> None:
    a = repository.commit(START)
    deployed = repository.commit({b"svc/a/main": b"two\n"}, a)
    main = repository.commit({b"Dockerfile": b"two\n"}, a)
    ours = repository.merge(main, deployed, changes={b"svc/a/main": b"one\n"})
    head = repository.commit({b"shared/lib": b"two\n"}, ours)
    answer = await ask(repository, head, deployed, "svc/a")
    assert (answer.state, missing(answer)) == ("drifted", [ours])


async def test_a_diverged_hotfix_is_drift_and_its_cherry_picked_twin_is_not_missing(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/other": b"one\n"}, a)
    fix = repository.commit({b"svc/a/main": b"fixed\n"}, b)
    hotfix = repository.commit({b"svc/a/main": b"fixed\n"}, a)
    answer = await ask(repository, fix, hotfix, "svc/a")
    assert (answer.state, answer.diverged) == ("drifted", True)
    assert (missing(answer), answer.files) == ([b], (b"svc/a/other",))


async def test_a_hotfix_that_is_only_deployed_is_drift_with_nothing_missing(repository: Repository) -> None:
    a = repository.commit(START)
    hotfix = repository.commit({b"svc/a/main": b"fixed\n"}, a)
    answer = await ask(repository, a, hotfix, "svc/a")
    assert (answer.state, answer.diverged, missing(answer)) == ("drifted", True, [])


async def test_a_deployed_commit_that_is_not_in_the_repository_is_unknown(repository: Repository) -> None:
    a = repository.commit(START)
    answer = await ask(repository, a, "1" * 40, "svc/a")
    assert answer == Drift("asked", "unknown", "deployed commit not in the repository", exact=False)


async def test_a_head_that_is_not_in_the_repository_is_unknown(repository: Repository) -> None:
    a = repository.commit(START)
    answer = await ask(repository, "1" * 40, a, "svc/a")
    assert (answer.state, answer.why) == ("unknown", "head commit not in the repository")


@pytest.mark.parametrize("deployed", ["main", "", "--output=x", "HEAD", "abc1234", "g" * 40])
async def test_what_is_no_full_commit_id_is_unknown_and_never_reaches_git(
    repository: Repository, deployed: str
) -> None:
    a = repository.commit(START)
    repository.branch("main", a)
    answer = await ask(repository, a, deployed, "svc/a")
    assert (answer.state, answer.why) == ("unknown", "what is deployed is not named by a full commit id")


async def test_a_head_that_is_no_full_commit_id_is_refused(repository: Repository) -> None:
    async with Git(repository.path) as git:
        with pytest.raises(ValueError, match="not a full object id"):
            await drift(git, "main", [])


async def test_a_tree_or_a_file_is_no_deployed_commit(repository: Repository) -> None:
    a = repository.commit(START)
    for name in (f"{a}^{{tree}}", f"{a}:Dockerfile"):
        answer = await ask(repository, a, repository.git("rev-parse", name), "svc/a")
        assert answer.state == "unknown"


async def test_a_tag_object_stands_for_its_commit(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    tags = []
    for name, commit in (("old", a), ("new", b)):
        repository.git("tag", "-a", "-m", "release", name, commit)
        tags.append(repository.git("rev-parse", name))
    answer = await ask(repository, tags[1], tags[0], "svc/a")
    assert (missing(answer), answer.commits[0].landed_at) == ([b], b)


async def test_one_unknown_leaves_the_others_alone(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    async with Git(repository.path) as git:
        places = {"gone": "1" * 40, "old": a, "new": b}
        answers = await drift(git, b, [Question(key, commit, Inputs(["svc/a"])) for key, commit in places.items()])
    assert {key: answer.state for key, answer in answers.items()} == {
        "gone": "unknown",
        "old": "drifted",
        "new": "same",
    }


@pytest.mark.parametrize(
    "path", [b"svc/a/two\nlines", b"svc/a/\xc3\xa9t\xc3\xa9", b"svc/a/\xff\xfe", b'svc/a/"q"\\ \t']
)
async def test_paths_of_any_bytes_are_seen(repository: Repository, path: bytes) -> None:
    a = repository.commit(START)
    b = repository.commit({path: b"one\n"}, a)
    answer = await ask(repository, b, a, "svc/a/**")
    assert (answer.files, missing(answer)) == ((path,), [b])


async def test_inputs_of_any_name_are_found(repository: Repository) -> None:
    a = repository.commit({**START, b"two\nlines/x": b"one\n", b"\xc3\xa9t\xc3\xa9/x": b"one\n"})
    b = repository.commit({b"two\nlines/x": b"two\n"}, a)
    c = repository.commit({b"\xc3\xa9t\xc3\xa9/x": b"two\n"}, b)
    assert missing(await ask(repository, c, a, "two\nlines/**")) == [b]
    assert missing(await ask(repository, c, a, "été/**")) == [c]


async def test_a_file_named_like_a_commit_does_not_confuse_the_stream(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    c = repository.commit({b.encode(): b"one\n", f"{b} {a}".encode(): b"one\n", b"\n" + b.encode(): b"one\n"}, b)
    assert missing(await ask(repository, c, a, "svc/a")) == [b]
    assert missing(await ask(repository, c, a)) == [c, b]


async def test_without_patterns_the_whole_repository_counts(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"somewhere/else": b"one\n"}, a)
    answer = await ask(repository, b, a)
    assert (missing(answer), answer.files) == ([b], (b"somewhere/else",))


async def test_a_path_that_never_existed_is_not_drift(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    for path in ("never", "never/was/here", "svc/a/never", "svc/a/main/never", "svc/never/here/**"):
        assert (await ask(repository, b, a, path)).state == "same"


async def test_inputs_that_come_go_or_change_their_kind_are_drift(repository: Repository) -> None:
    a = repository.commit({**START, b"web": (LINK, b"svc/a")})
    b = repository.commit({b"web/x": b"one\n"}, a)
    c = repository.commit({b"web/x": None}, b)
    assert (await ask(repository, b, a, "web/**")).files == (b"web", b"web/x")
    assert (await ask(repository, c, b, "web/x")).files == (b"web/x",)
    assert (await ask(repository, c, a, "web")).files == (b"web",)
    assert (await ask(repository, c, a, "web/x")).state == "same"


async def test_a_submodule_bump_is_drift(repository: Repository) -> None:
    a = repository.commit({**START, b"vendor/lib": (SUBMODULE, b"1" * 40)})
    b = repository.commit({b"vendor/lib": (SUBMODULE, b"2" * 40)}, a)
    # What a person chose to hide from status still goes into the image.
    repository.git("config", "diff.ignoreSubmodules", "all")
    for pattern in ("vendor/lib", "vendor/lib/**", "vendor/**", "**"):
        answer = await ask(repository, b, a, pattern)
        assert (answer.files, missing(answer)) == ((b"vendor/lib",), [b])


async def test_a_change_of_mode_alone_is_drift(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"Dockerfile": (PROGRAM, b"one\n")}, a)
    c = repository.commit({b"svc/a/main": (PROGRAM, b"one\n")}, b)
    assert missing(await ask(repository, b, a, "Dockerfile")) == [b]
    assert missing(await ask(repository, c, a, "svc/a")) == [c]


async def test_clock_skew_changes_nothing(repository: Repository) -> None:
    a = repository.commit(START, time=1_900_000_000)
    b = repository.commit({b"svc/a/main": b"two\n"}, a, time=1_500_000_000)
    c = repository.commit({b"svc/a/main": b"three\n"}, b, time=1_800_000_000)
    d = repository.commit({b"svc/a/main": b"four\n"}, c, time=1_400_000_000)
    assert missing(await ask(repository, d, b, "svc/a")) == [d, c]


async def test_replace_refs_do_not_hide_what_was_built(repository: Repository) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n"}, a)
    repository.git("replace", b, repository.commit({b"shared/lib": b"two\n"}, a))
    assert missing(await ask(repository, b, a, "svc/a")) == [b]


async def test_the_configuration_and_environment_of_the_user_change_nothing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a = repository.commit(START)
    b = repository.commit({b"svc/a/main": b"two\n", b"svc/a/copy": b"one\n"}, a, message="Ein Fehler ist behoben: é")
    plain = await ask(repository, b, a, "svc/a")
    for key, value in {
        "diff.orderFile": str(tmp_path / "order"),
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "diff.relative": "true",
        "core.quotePath": "true",
        "color.ui": "always",
        "log.showSignature": "true",
        "i18n.logOutputEncoding": "ISO-8859-1",
        "format.pretty": "oneline",
        "core.fsmonitor": str(tmp_path / "hostile"),
    }.items():
        repository.git("config", key, value)
    (tmp_path / "order").write_text("z*\n")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u0")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "0")
    assert await ask(repository, b, a, "svc/a") == plain


async def test_two_questions_with_one_key_are_refused(repository: Repository) -> None:
    question = Question("web", "1" * 40, Inputs())
    async with Git(repository.path) as git:
        with pytest.raises(ValueError, match="same key"):
            await drift(git, "1" * 40, [question, question])

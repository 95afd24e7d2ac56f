"""Drift in clones that do not hold everything, and in repositories that are in an unusual state."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from signoff.systems.git.drift import drift
from signoff.systems.git.drift_newest import newest_touching
from signoff.systems.git.drift_types import Drift, Question
from signoff.systems.git.inputs import Inputs
from signoff.systems.git.process import Git

from .repository import PROGRAM, Repository, git


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "origin")
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return repository


def line(origin: Repository, length: int) -> list[str]:
    """A first-parent line on main in which every commit changes svc/a, on top of a file that never changes."""
    commits = [origin.commit({b"svc/a/main": b"0\n", b"shared/lib": b"0\n"})]
    for number in range(1, length):
        commits.append(origin.commit({b"svc/a/main": b"%d\n" % number}, commits[-1]))
    origin.branch("main", commits[-1])
    return commits


def clone(origin: Repository, path: Path, *options: str) -> Path:
    git(path.parent, "clone", "-q", "--bare", *options, f"file://{origin.path}", str(path))
    return path


async def ask(path: Path, head: str, deployed: str, patterns: Sequence[str]) -> Drift:
    async with Git(path) as one:
        return (await drift(one, head, [Question("asked", deployed, Inputs(patterns))]))["asked"]


async def test_in_a_shallow_clone_the_trees_decide_and_the_count_is_at_least(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 6)
    path = clone(origin, tmp_path / "shallow", "--depth=3", "--single-branch", "--branch=main")
    answer = await ask(path, commits[5], commits[3], ["svc/a"])
    assert (answer.state, answer.exact, answer.diverged) == ("drifted", False, False)
    assert [commit.commit for commit in answer.commits] == [commits[5], commits[4]]
    assert answer.why == "shallow clone: at least these commits are missing"
    assert [commit.landed_at for commit in answer.commits] == [None, None]
    assert await ask(path, commits[5], commits[3], ["shared"]) == Drift("asked", "same")


async def test_beyond_the_cut_of_a_shallow_clone_is_unknown(origin: Repository, tmp_path: Path) -> None:
    commits = line(origin, 6)
    path = clone(origin, tmp_path / "shallow", "--depth=3", "--single-branch", "--branch=main")
    answer = await ask(path, commits[5], commits[1], ["svc/a"])
    assert (answer.state, answer.why) == ("unknown", "deployed commit not in the repository")


async def test_a_shallow_clone_does_not_call_commits_missing_that_may_be_behind_the_cut(
    origin: Repository, tmp_path: Path
) -> None:
    root = origin.commit({b"svc/a/main": b"0\n"})
    old = origin.commit({b"svc/a/main": b"1\n"}, root)
    deployed = origin.commit({b"svc/a/other": b"1\n"}, origin.commit({b"x": b"1\n"}, old))
    head = origin.merge(deployed, old, changes={b"svc/a/main": b"2\n"})
    origin.branch("main", head)
    path = clone(origin, tmp_path / "shallow", "--depth=2", "--single-branch", "--branch=main")
    answer = await ask(path, head, deployed, ["svc/a"])
    # Here old looks like a commit of head's that deployed lacks; in truth deployed descends from it.
    assert ([commit.commit for commit in answer.commits], answer.diverged) == ([head], False)


async def test_a_depth_one_clone_that_holds_the_deployed_commit_elsewhere_does_not_call_it_diverged(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 4)
    path = clone(origin, tmp_path / "shallow", "--depth=1", "--single-branch", "--branch=main")
    git(path, "fetch", "-q", "--depth=1", f"file://{origin.path}", commits[1])
    answer = await ask(path, commits[3], commits[1], ["svc/a"])
    assert (answer.state, answer.exact, answer.diverged, answer.commits) == ("drifted", False, False, ())


async def test_the_cut_of_a_shallow_clone_does_not_pass_for_a_commit_that_made_every_file(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 4)
    path = clone(origin, tmp_path / "shallow", "--depth=2", "--single-branch", "--branch=main")
    async with Git(path) as one:
        found = await newest_touching(one, commits[3], {"a": Inputs(["svc/a"]), "shared": Inputs(["shared"])})
    assert found == {"a": commits[3], "shared": None}


async def test_a_partial_clone_without_contents_answers_without_asking_its_remote(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 4)
    path = clone(origin, tmp_path / "partial", "--filter=blob:none")
    origin.path.rename(tmp_path / "gone")
    answer = await ask(path, commits[3], commits[1], ["svc/a"])
    assert ([commit.commit for commit in answer.commits], answer.exact) == ([commits[3], commits[2]], True)


async def test_a_partial_clone_without_contents_can_not_tell_twins_and_says_so(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 2)
    hotfix = origin.commit({b"svc/a/main": b"fixed\n"}, commits[0])
    origin.branch("hotfix", hotfix)
    path = clone(origin, tmp_path / "partial", "--filter=blob:none")
    answer = await ask(path, commits[1], hotfix, ["svc/a"])
    assert (answer.state, answer.diverged, answer.exact) == ("drifted", True, False)
    assert "cherry-picked twins may be among the commits" in (answer.why or "")
    assert [commit.commit for commit in answer.commits] == [commits[1]]


async def test_a_partial_clone_without_trees_is_unknown_and_stays_as_it_is(origin: Repository, tmp_path: Path) -> None:
    commits = line(origin, 4)
    path = clone(origin, tmp_path / "partial", "--filter=tree:0")
    before = git(path, "count-objects", "-v")
    answer = await ask(path, commits[3], commits[1], ["svc/a"])
    assert (answer.state, answer.exact) == ("unknown", False)
    assert "not in this clone" in (answer.why or "")
    assert git(path, "count-objects", "-v") == before


@pytest.mark.parametrize("place", ["old", "new", "both"])
async def test_a_damaged_tree_spoils_only_the_workload_that_needs_it(origin: Repository, place: str) -> None:
    a = origin.commit({b"svc/a/main": b"1\n", b"svc/b/main": b"other 1\n"})
    b = origin.commit({b"svc/a/main": b"2\n", b"svc/b/main": b"other 2\n"}, a)
    for commit, where in ((a, "old"), (b, "new")):
        tree = origin.git("rev-parse", f"{commit}:svc/b")
        if place in (where, "both"):
            (origin.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for inputs in (["svc/b"], ["svc/b/main"], ["svc/b/never/was"], ["svc/**"]):
        questions = [Question("damaged", a, Inputs(inputs)), Question("whole", a, Inputs(["svc/a"]))]
        async with Git(origin.path) as one:
            answers = await drift(one, b, questions)
        assert (answers["whole"].state, answers["whole"].files) == ("drifted", (b"svc/a/main",))
        assert (answers["damaged"].state, answers["damaged"].exact) == ("unknown", False)


@pytest.mark.parametrize("lost", ["^{tree}", ":svc", ":svc/a"])
async def test_a_damaged_tree_between_leaves_the_drift_and_not_the_count(origin: Repository, lost: str) -> None:
    commits = line(origin, 4)
    tree = origin.git("rev-parse", f"{commits[2]}{lost}")
    (origin.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    answer = await ask(origin.path, commits[3], commits[0], ["svc/a"])
    assert (answer.state, answer.files, answer.exact) == ("drifted", (b"svc/a/main",), False)
    assert answer.why == "commits in between are not whole in this clone: which are missing is not known"


async def test_after_a_forced_push_the_old_commit_is_diverged_and_once_collected_unknown(
    origin: Repository, tmp_path: Path
) -> None:
    commits = line(origin, 3)
    path = clone(origin, tmp_path / "clone")
    rewritten = origin.commit({b"svc/a/main": b"rewritten\n"}, commits[1])
    origin.branch("main", rewritten)
    git(path, "fetch", "-q", f"file://{origin.path}", "+refs/heads/main:refs/heads/main")
    answer = await ask(path, rewritten, commits[2], ["svc/a"])
    assert (answer.state, answer.diverged, answer.newest_touching) == ("drifted", True, rewritten)
    for ref in git(path, "for-each-ref", "--format=%(refname)").decode().split():
        if ref != "refs/heads/main":
            git(path, "update-ref", "-d", ref)
    git(path, "gc", "-q", "--prune=now")
    assert (await ask(path, rewritten, commits[2], ["svc/a"])).state == "unknown"


async def test_two_remotes_are_one_history(origin: Repository, tmp_path: Path) -> None:
    commits = line(origin, 2)
    path = clone(origin, tmp_path / "clone")
    fork = Repository(tmp_path / "fork")
    git(fork.path, "fetch", "-q", f"file://{origin.path}", "main")
    fork.trees.update(origin.trees)
    theirs = fork.commit({b"svc/a/main": b"theirs\n"}, commits[1])
    fork.branch("main", theirs)
    for name, remote in (("upstream", origin), ("fork", fork)):
        git(path, "remote", "add", name, f"file://{remote.path}")
        git(path, "fetch", "-q", name, "main")
    answer = await ask(path, theirs, commits[0], ["svc/a"])
    assert [commit.commit for commit in answer.commits] == [theirs, commits[1]]


async def test_a_rebase_in_progress_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "work"
    repository = Repository(path)
    a = repository.commit({b"svc/a/main": b"1\n"})
    b = repository.commit({b"svc/a/main": b"2\n"}, a)
    mine = repository.commit({b"svc/a/main": b"mine\n"}, a)
    repository.branch("main", mine)
    repository.git("reset", "-q", "--hard")
    with pytest.raises(AssertionError, match="could not apply"):
        repository.git("rebase", b)
    assert (path / ".git/rebase-merge").is_dir()
    answer = await ask(path, b, a, ["svc/a"])
    assert ([commit.commit for commit in answer.commits], answer.exact) == ([b], True)
    assert (path / ".git/rebase-merge").is_dir()


async def test_a_linked_worktree_and_a_folder_within_answer_the_same(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "main")
    a = repository.commit({b"svc/a/main": b"1\n", b"svc/b/main": b"1\n"})
    b = repository.commit({b"svc/a/main": b"2\n", b"svc/b/main": (PROGRAM, b"1\n")}, a)
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"), b)
    repository.git("config", "diff.relative", "true")
    plain = await ask(repository.path, b, a, ["svc/**"])
    assert await ask(tmp_path / "linked", b, a, ["svc/**"]) == plain
    assert await ask(tmp_path / "linked/svc/a", b, a, ["svc/**"]) == plain
    assert plain.files == (b"svc/a/main", b"svc/b/main")


async def test_a_linked_worktree_of_a_shallow_clone_is_shallow(origin: Repository, tmp_path: Path) -> None:
    commits = line(origin, 4)
    path = clone(origin, tmp_path / "shallow", "--depth=2", "--single-branch", "--branch=main")
    git(path, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"), commits[3])
    answer = await ask(tmp_path / "linked", commits[3], commits[2], ["svc/a"])
    assert (answer.state, answer.exact) == ("drifted", False)


async def test_a_sha_256_repository_works_alike(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r", object_format="sha256")
    a = repository.commit({b"svc/a/main": b"1\n", b"Dockerfile": b"1\n"})
    b = repository.commit({b"svc/a/main": b"2\n", b"svc/new/main": b"1\n"}, a)
    c = repository.commit({b"Dockerfile": (PROGRAM, b"1\n")}, b)
    assert len(c) == 64
    assert [commit.commit for commit in (await ask(repository.path, c, a, ["svc/a"])).commits] == [b]
    assert (await ask(repository.path, c, a, ["svc/new", "Dockerfile"])).files == (b"Dockerfile", b"svc/new/main")


async def test_a_repository_with_reftable_works_alike(tmp_path: Path) -> None:
    path = tmp_path / "r"
    try:
        git(tmp_path, "init", "-q", "--ref-format=reftable", str(path))
    except AssertionError as error:
        pytest.skip(f"this git has no reftable (it came with 2.45): {error}"[:120])
    repository = Repository(path)
    a = repository.commit({b"svc/a/main": b"1\n"})
    b = repository.commit({b"svc/a/main": b"2\n"}, a)
    assert [commit.commit for commit in (await ask(path, b, a, ["svc/a"])).commits] == [b]

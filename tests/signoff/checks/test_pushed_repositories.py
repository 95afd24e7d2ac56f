"""The link `pushed` where the repository is not plain: shallow, with submodules or worktrees, in a rebase."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.model.finding import Command
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from support.local_chain import JOB, codes, judged, notes, told
from support.repositories import Clone, Remote

FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.UNKNOWN


async def pushed(clone: Clone, **over: object) -> LinkReport:
    return (await judged(clone, **over))[Link.PUSHED]  # type: ignore[arg-type]


def colleague(clone: Clone) -> Clone:
    """Another clone of the same remote."""
    other = clone.remote.clone("colleague")
    other.git("config", "user.email", "bob@example.com")
    return other


async def test_nothing_is_fetched_into_the_users_repository(clone: Clone) -> None:
    other = colleague(clone)
    theirs = other.commit({"job/main.py": "newer\n"})
    other.push()
    clone.commit({"web/app.py": "mine\n"})
    before = clone.git("for-each-ref"), clone.git("count-objects", "-v")
    index = (clone.path / ".git/index").stat().st_mtime_ns
    await pushed(clone)
    assert (clone.git("for-each-ref"), clone.git("count-objects", "-v")) == before
    assert (clone.path / ".git/index").stat().st_mtime_ns == index
    assert not (clone.path / ".git/FETCH_HEAD").exists()
    with pytest.raises(Exception, match="cat-file"):
        clone.git("cat-file", "-e", theirs)


async def test_stashes_branches_and_other_worktrees_are_notes_where_they_touch_the_workload(
    clone: Clone, tmp_path: Path
) -> None:
    clone.switch("idea", new=True)
    clone.commit({"web/app.py": "idea\n"})
    clone.switch("main")
    clone.git("worktree", "add", "--quiet", "-b", "hotfix", str(tmp_path / "hotfix"))
    Clone(tmp_path / "hotfix", clone.remote).commit({"shared/util.py": "x = 3\n"})
    clone.write({"web/app.py": "stashed\n", "job/new.py": "new\n"})
    clone.git("stash", "push", "--quiet", "--include-untracked")
    link = await pushed(clone)
    assert link.status is PASS
    said = [told(finding.message) for finding in link.findings]
    assert said == [
        "1 stash holds changes of web that are not on origin: «stash@{0}»",
        "1 other working tree holds changes of web that are not on origin: «hotfix»",
        "1 other branch holds changes of web that are not on origin: «idea»",
    ]
    job = await pushed(clone, workload=JOB)
    assert [finding.message.parts[0] for finding in job.findings] == [
        "1 stash holds changes of job that are not on origin: ",
        "1 other working tree holds changes of job that are not on origin: ",
    ]


async def test_a_branch_merged_remotely_is_no_note(clone: Clone) -> None:
    clone.switch("done", new=True)
    clone.commit({"web/app.py": "done\n"})
    clone.push()
    clone.switch("main")
    other = colleague(clone)
    other.git("merge", "--quiet", "--no-ff", "--no-edit", "origin/done")
    other.push()
    clone.git("push", "--quiet", "origin", ":done")
    link = await pushed(clone)
    assert (link.status, notes(link)) == (PASS, {"pushed/behind"})


async def test_a_shallow_clone_that_has_the_live_head_passes(clone: Clone) -> None:
    assert (await pushed(clone.remote.clone("shallow", "--depth=1"))).status is PASS


async def test_a_shallow_clone_is_deepened_privately_before_it_is_judged(clone: Clone) -> None:
    for number in range(4):
        clone.commit({"web/app.py": f"{number}\n"})
    clone.push()
    shallow = clone.remote.clone("shallow", "--depth=1")
    clone.commit({"web/app.py": "moved on\n"})
    clone.push()
    link = await pushed(shallow)
    assert (link.status, notes(link)) == (PASS, {"pushed/behind"})
    shallow.commit({"web/app.py": "mine\n"})
    link = await pushed(shallow)
    assert codes(link) == {"pushed/diverged"}
    assert "1 commit that touches web is not on origin/main" in told(link.findings[0].message)
    assert (shallow.path / ".git/shallow").exists()


async def test_a_submodule_commit_that_its_remote_lacks_fails(clone: Clone, tmp_path: Path) -> None:
    library = Remote(tmp_path / "library").clone()
    library.commit({"lib.py": "1\n"})
    library.push()
    clone.git("submodule", "--quiet", "add", f"file://{library.remote.path}", "web/lib")
    clone.commit({}, "Add the library")
    clone.push()
    assert (await pushed(clone)).status is PASS
    inner = Clone(clone.path / "web/lib", clone.remote)
    inner.commit({"lib.py": "2\n"}, "Only here")
    clone.git("add", "web/lib")
    clone.commit({}, "Use the new library")
    clone.push()
    link = await pushed(clone)
    assert codes(link) == {"pushed/submodule"}
    assert inner.head()[:7] in told(link.findings[0].message)
    assert (await pushed(clone, workload=JOB)).status is PASS
    inner.git("push", "--quiet", "origin", "HEAD:main")
    assert (await pushed(clone)).status is PASS


async def test_a_submodule_whose_remote_is_gone_is_unknown(clone: Clone, tmp_path: Path) -> None:
    library = Remote(tmp_path / "library").clone()
    library.commit({"lib.py": "1\n"})
    library.push()
    clone.git("submodule", "--quiet", "add", f"file://{library.remote.path}", "web/lib")
    clone.commit({}, "Add the library")
    clone.push()
    library.remote.path.rename(tmp_path / "elsewhere")
    assert (await pushed(clone)).status is UNKNOWN


async def test_a_submodule_with_a_relative_address_is_found(clone: Clone, tmp_path: Path) -> None:
    library = Remote(tmp_path / "library").clone()
    library.commit({"lib.py": "1\n"})
    library.push()
    clone.git("submodule", "--quiet", "add", "../library/remote.git", "web/lib")
    clone.commit({}, "Add the library")
    clone.push()
    assert (await pushed(clone)).status is PASS


async def test_a_rebase_in_progress_is_ended_first(clone: Clone) -> None:
    clone.commit({"web/app.py": "one\n"})
    clone.push()
    clone.switch("other", new=True, at="HEAD~1")
    clone.commit({"shared/util.py": "x = 5\n"})
    clone.commit({"web/app.py": "two\n"})
    with pytest.raises(Exception, match="rebase"):
        clone.git("rebase", "main")
    link = await pushed(clone)
    assert codes(link) == {"pushed/detached"}
    assert link.findings[0].fix == Command(("git", "rebase", "--continue"))


async def test_a_sha_256_repository_is_judged_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    remote = Remote(tmp_path, object_format="sha256")
    remote.run("init", "--quiet", "--object-format=sha256", "clone", cwd=tmp_path)
    clone = Clone(tmp_path / "clone", remote)
    clone.git("remote", "add", "origin", f"file://{remote.path}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    clone.commit({"web/app.py": "1\n"})
    clone.push()
    assert (await pushed(clone)).status is PASS
    other = colleague(clone)
    other.commit({"job/main.py": "1\n"})
    other.push()
    clone.commit({"web/app.py": "2\n"})
    assert codes(await pushed(clone)) == {"pushed/diverged"}

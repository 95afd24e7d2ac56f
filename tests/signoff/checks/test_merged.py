from __future__ import annotations

from pathlib import Path

import pytest

from signoff.gather.source import reference
from signoff.model.facts import Known
from signoff.model.finding import Advice
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from signoff.model.source import Reference
from support.local_chain import JOB, UPLOADED, WEB, codes, judged, project_at, survey, told
from support.repositories import Clone

FAIL, PASS, SKIPPED, WAITING = Status.FAIL, Status.PASS, Status.SKIPPED, Status.WAITING


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone on the pushed branch feature, whose two commits touch web."""
    clone = project_at(tmp_path, monkeypatch)
    clone.switch("feature", new=True)
    clone.commit({"web/app.py": "one\n"}, "First half")
    clone.commit({"web/app.py": "two\n", "web/new.py": "new\n"}, "Second half")
    clone.push()
    return clone


@pytest.fixture
def forge(clone: Clone) -> Clone:
    """Where pull requests are merged: a clone on main that knows feature."""
    forge = clone.remote.clone("forge")
    forge.git("fetch", "--quiet", "origin", "feature:feature")
    return forge


async def merged(clone: Clone, **over: object) -> LinkReport:
    return (await judged(clone, flow="pull-request", **over))[Link.MERGED]  # type: ignore[arg-type]


async def referred(clone: Clone) -> Reference:
    asked = survey(clone, flow="pull-request")
    async with asked:
        known = await asked.get(reference)
    await asked.systems.close()
    assert isinstance(known, Known)
    return known.value


async def test_in_the_push_flow_there_is_nothing_to_merge(clone: Clone) -> None:
    assert (await judged(clone))[Link.MERGED].status is SKIPPED
    assert (await merged(clone, workload=UPLOADED)).status is SKIPPED


async def test_an_open_pull_request_waits_on_a_person(clone: Clone) -> None:
    link = await merged(clone)
    assert (link.status, link.waits_on, codes(link)) == (WAITING, "person", {"merged/open"})
    said = told(link.findings[0].message)
    assert "not merged into origin/main yet (on «origin/feature»): 2 commits that touch web" in said
    assert "«Second half», «First half»" in said


async def test_a_workload_that_the_pull_request_does_not_touch_passes(clone: Clone) -> None:
    assert (await merged(clone, workload=JOB)).status is PASS


async def test_until_the_merge_production_must_hold_the_merge_base(clone: Clone) -> None:
    known = await referred(clone)
    assert (known.commit, known.branch_head) == (clone.head("main"), clone.remote.head())


async def test_a_merge_commit_passes(clone: Clone, forge: Clone) -> None:
    forge.merge("feature")
    forge.push()
    assert (await merged(clone)).status is PASS
    assert (await referred(clone)).commit == clone.head()


async def test_a_squash_passes_and_names_its_commit(clone: Clone, forge: Clone) -> None:
    forge.commit({"job/main.py": "moved on before\n"})
    squash = forge.squash("feature")
    forge.push()
    link = await merged(clone)
    assert link.status is PASS
    assert squash[:7] in told(link.reason)
    assert (await referred(clone)).commit == squash


async def test_a_squash_after_which_the_same_files_moved_on_passes(clone: Clone, forge: Clone) -> None:
    squash = forge.squash("feature")
    forge.commit({"web/app.py": "three\n"})
    forge.push()
    assert (await merged(clone)).status is PASS
    assert (await referred(clone)).commit == squash


async def test_a_squash_onto_files_that_others_changed_elsewhere_passes_by_its_patch(
    clone: Clone, forge: Clone
) -> None:
    many = "".join(f"line {number}\n" for number in range(40))
    forge.commit({"shared/util.py": many})
    forge.push()
    clone.switch("long", new=True, at="main")
    clone.git("pull", "--quiet", "origin", "main")
    clone.commit({"shared/util.py": many.replace("line 30\n", "line thirty\n")})
    clone.push()
    forge.commit({"shared/util.py": many.replace("line 2\n", "line two\n")})
    forge.git("fetch", "--quiet", "origin", "long:long")
    squash = forge.squash("long")
    forge.push()
    link = await merged(clone)
    assert link.status is PASS
    assert squash[:7] in told(link.reason)


async def test_a_patch_that_differs_in_whitespace_alone_is_not_the_same(clone: Clone, forge: Clone) -> None:
    clone.switch("indent", new=True, at="main")
    clone.commit({"shared/util.py": "if x:\n    y()\n    z()\n"})
    clone.push()
    forge.commit({"shared/util.py": "if x:\n    y()\nz()\n"})
    forge.push()
    assert (await merged(clone)).status is WAITING


async def test_commits_that_were_rebased_by_the_forge_pass(clone: Clone, forge: Clone) -> None:
    forge.commit({"job/main.py": "moved on before\n"})
    first, second = forge.git("rev-list", "--reverse", "main..feature").split()
    forge.git("cherry-pick", first, second, env=forge.remote.dates())
    landed = forge.head()
    forge.push()
    assert (await merged(clone)).status is PASS
    assert (await referred(clone)).commit == landed


async def test_half_of_the_content_is_not_merged(clone: Clone, forge: Clone) -> None:
    forge.git("cherry-pick", "feature~1", env=forge.remote.dates())
    forge.push()
    assert (await merged(clone)).status is WAITING


@pytest.mark.parametrize("way", ["merge", "squash"])
async def test_content_that_was_merged_and_reverted_is_not_on_the_branch(clone: Clone, forge: Clone, way: str) -> None:
    if way == "merge":
        forge.revert(forge.merge("feature"), "--mainline", "1")
    else:
        forge.revert(forge.squash("feature"))
    forge.push()
    link = await merged(clone)
    assert (link.status, codes(link)) == (FAIL, {"merged/reverted"})
    assert isinstance(link.findings[0].fix, Advice)


async def test_content_that_was_reverted_and_brought_again_passes(clone: Clone, forge: Clone) -> None:
    undone = forge.revert(forge.squash("feature"))
    forge.revert(undone)
    forge.push()
    assert (await merged(clone)).status is PASS


async def test_a_revert_of_another_change_is_quiet(clone: Clone, forge: Clone) -> None:
    forge.merge("feature")
    forge.revert(forge.commit({"web/app.py": "wrong\n"}))
    forge.push()
    assert (await merged(clone)).status is PASS


async def test_a_target_branch_that_does_not_exist_fails_here_and_not_at_pushed(clone: Clone) -> None:
    clone.remote.run("symbolic-ref", "HEAD", "refs/heads/feature", cwd=clone.remote.path)
    clone.git("push", "--quiet", "origin", ":main")
    links = await judged(clone, flow="pull-request")
    assert codes(links[Link.MERGED]) == {"merged/no-branch"}
    assert links[Link.PUSHED].status is PASS


async def test_an_unreachable_remote_is_unknown(clone: Clone) -> None:
    clone.remote.path.rename(clone.remote.path.with_name("gone.git"))
    assert (await merged(clone)).status is Status.UNKNOWN


async def test_unpushed_work_is_the_fault_of_pushed_alone(clone: Clone) -> None:
    clone.commit({"web/app.py": "three\n"})
    links = await judged(clone, WEB, flow="pull-request")
    assert (links[Link.PUSHED].status, links[Link.MERGED].status) == (FAIL, WAITING)

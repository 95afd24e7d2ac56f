from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.committed import judge
from signoff.model.facts import Known, Ref
from signoff.model.finding import Advice, Command
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from signoff.model.source import ChangeState, CommittedFacts, Operation, PathChange, WorkingTree
from support.local_chain import NOW, UPLOADED, WEB, codes, judged, told
from support.repositories import Clone


async def committed(clone: Clone, **over: object) -> LinkReport:
    return (await judged(clone, **over))[Link.COMMITTED]  # type: ignore[arg-type]


async def test_a_clean_tree_passes_with_proof(clone: Clone) -> None:
    link = await committed(clone)
    assert (link.status, codes(link)) == (Status.PASS, set())
    assert link.evidence[0].look[:2] == ("git", "status")


async def test_a_changed_input_fails_and_the_fix_commits_it(clone: Clone) -> None:
    clone.write({"web/app.py": "changed\n"})
    link = await committed(clone)
    assert (link.status, codes(link)) == (Status.FAIL, {"committed/dirty"})
    assert link.findings[0].fix == Command(("git", "commit", "--", ":/web/app.py"))
    assert "«web/app.py»" in told(link.findings[0].message)


async def test_the_fix_works_from_a_folder_of_the_repository(clone: Clone) -> None:
    clone.write({"web/app.py": "changed\n"})
    fix = (await committed(clone)).findings[0].fix
    assert isinstance(fix, Command)
    clone.remote.run(*fix.argv[1:2], "--message", "Fix", *fix.argv[2:], cwd=clone.path / "docs")
    assert (await committed(clone)).status is Status.PASS


@pytest.mark.parametrize("path", ["docs/readme.md", "web/notes.md", "job/main.py", "signoff.toml"])
async def test_a_change_outside_the_inputs_is_quiet(clone: Clone, path: str) -> None:
    clone.write({path: "changed\n"})
    link = await committed(clone)
    assert (link.status, codes(link)) == (Status.PASS, set())
    assert "1 change outside" in told(link.reason)


async def test_a_staged_change_is_not_committed(clone: Clone) -> None:
    clone.write({"shared/util.py": "x = 2\n"})
    clone.git("add", "shared/util.py")
    link = await committed(clone)
    assert (link.status, codes(link)) == (Status.FAIL, {"committed/dirty"})


async def test_a_deleted_and_a_renamed_input_are_changes(clone: Clone) -> None:
    clone.git("mv", "web/app.py", "web/main.py")
    link = await committed(clone)
    assert link.evidence[0].value == 2
    assert codes(link) == {"committed/dirty"}


async def test_a_new_file_among_the_inputs_fails(clone: Clone) -> None:
    clone.write({"web/new folder/é.py": "new\n"})
    link = await committed(clone)
    assert (link.status, codes(link)) == (Status.FAIL, {"committed/untracked"})
    assert link.findings[0].fix == Command(("git", "add", "--", ":/web/new folder/é.py"))


async def test_an_ignored_file_and_one_outside_are_quiet(clone: Clone) -> None:
    clone.commit({".gitignore": "*.log\n"})
    clone.write({"web/debug.log": "x\n", "scratch.py": "x\n"})
    assert (await committed(clone)).status is Status.PASS


async def test_a_new_handoff_is_no_input_even_of_a_workload_that_is_the_whole_repository(clone: Clone) -> None:
    from dataclasses import replace

    clone.write({"docs/handoffs/today.md": "x\n", "signoff.toml": "x\n"})
    assert (await committed(clone, workload=replace(WEB, inputs=()))).status is Status.PASS
    clone.write({"anything.txt": "x\n"})
    assert (await committed(clone, workload=replace(WEB, inputs=()))).status is Status.FAIL


async def test_a_rebase_in_progress_is_named(clone: Clone) -> None:
    clone.commit({"web/app.py": "one\n"})
    clone.switch("other", new=True, at="HEAD~1")
    clone.commit({"web/app.py": "two\n"})
    with pytest.raises(Exception, match="rebase"):
        clone.git("rebase", "main")
    link = await committed(clone)
    assert codes(link) == {"committed/conflicted", "committed/in-progress"}
    assert link.findings[-1].fix == Command(("git", "rebase", "--continue"))


async def test_a_repository_of_a_hostile_hand_runs_nothing(clone: Clone, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / hook).write_text(trap.read_text())
        (hooks / hook).chmod(0o755)
    clone.commit({".gitattributes": "*.py filter=trap\n"})
    clone.push()
    clone.git("config", "core.fsmonitor", str(trap))
    clone.git("config", "core.hooksPath", str(hooks))
    clone.git("config", "core.sshCommand", str(trap))
    clone.git("config", "credential.helper", f"!{trap}")
    clone.git("config", "diff.trap.textconv", str(trap))
    for name in ("clean", "smudge"):
        clone.git("config", f"filter.trap.{name}", str(trap))
    clone.git("config", "filter.trap.required", "true")
    clone.write({"web/app.py": "changed\n"})
    assert codes(await committed(clone)) == {"committed/dirty"}
    assert not (tmp_path / "sprung").exists()


async def test_changes_in_a_submodule_among_the_inputs_fail(clone: Clone, tmp_path: Path) -> None:
    from support.repositories import Remote

    library = Remote(tmp_path / "library").clone()
    library.commit({"lib.py": "1\n"})
    library.push()
    clone.git("submodule", "--quiet", "add", f"file://{library.remote.path}", "web/lib")
    clone.commit({}, "Add the library")
    clone.push()
    assert (await committed(clone)).status is Status.PASS
    (clone.path / "web/lib/lib.py").write_text("2\n")
    link = await committed(clone)
    assert codes(link) == {"committed/dirty"}
    assert "web/lib/lib.py" in told(link.findings[0].message)


async def test_only_a_commit_has_no_working_tree_to_judge(clone: Clone) -> None:
    clone.write({"web/app.py": "changed\n"})
    assert (await committed(clone, tree=None)).status is Status.SKIPPED


async def test_an_upload_fails_on_a_dirty_tree(clone: Clone) -> None:
    clone.write({"web/app.py": "changed\n"})
    link = await committed(clone, workload=UPLOADED)
    assert codes(link) == {"committed/dirty"}
    assert "would be uploaded" in told(link.findings[0].message)


async def test_an_unanchored_pattern_that_drops_code_from_the_upload_fails(clone: Clone) -> None:
    clone.commit({".gcloudignore": "docs/\n", "web/src/docs/client.py": "x\n"})
    link = await committed(clone, workload=UPLOADED)
    assert codes(link) == {"committed/left-out-of-upload"}
    assert "«web/src/docs/client.py»" in told(link.findings[0].message)


async def test_what_the_upload_leaves_out_on_purpose_is_quiet(clone: Clone) -> None:
    clone.commit(
        {".gcloudignore": "#!include:.gitignore\n/docs/\ntests/\n", ".gitignore": "*.log\n", "tests/t.py": "\n"}
    )
    assert (await committed(clone, workload=UPLOADED)).status is Status.PASS


async def test_files_that_an_included_gitignore_names_are_left_out_too(clone: Clone) -> None:
    clone.commit({".gitignore": "build/\n", "web/build/app.js": "x\n"})
    assert codes(await committed(clone, workload=UPLOADED)) == {"committed/left-out-of-upload"}
    assert (await committed(clone)).status is Status.PASS  # a build from the remote takes no notice of it


async def test_a_folder_that_is_no_repository_is_unknown(clone: Clone, tmp_path: Path) -> None:
    from signoff.boundary import Boundary
    from signoff.model.facts import Unknown
    from signoff.systems import Systems

    systems = Systems(Boundary(), tmp_path / "state")
    (tmp_path / "state").mkdir()
    answer = await systems.git.layout()
    await systems.close()
    assert isinstance(answer, Unknown)
    assert answer.detail.same_as("this is not a git repository")


REF = Ref("git", "here", NOW, ("git", "status"))
STATES: tuple[ChangeState, ...] = ("modified", "staged", "untracked", "conflicted")
OPERATIONS: tuple[Operation | None, ...] = (None, "rebase", "merge", "cherry-pick", "revert", "bisect")


@given(
    inside=st.lists(st.builds(PathChange, st.binary(min_size=1), st.sampled_from(STATES)), max_size=30),
    operation=st.sampled_from(OPERATIONS),
    left_out=st.lists(st.binary(min_size=1), max_size=3),
    upload=st.booleans(),
)
def test_nothing_passes_that_is_only_in_the_working_tree(
    inside: list[PathChange], operation: Operation | None, left_out: list[bytes], upload: bool
) -> None:
    tree = WorkingTree(None, "main", None, 0, tuple(inside), operation)
    facts = CommittedFacts(Known(tree, REF), tuple(inside), 0, tuple(left_out))
    judgement = judge(UPLOADED if upload else WEB, facts)
    assert (judgement.status is Status.PASS) == (not inside and operation is None and not left_out)
    assert all(finding.fix is None or isinstance(finding.fix, Command | Advice) for finding in judgement.findings)

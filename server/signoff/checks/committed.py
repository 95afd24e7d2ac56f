"""`committed`: nothing that belongs to the workload is only in the working tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.checks.told import command, count, paths
from signoff.model.evidence import Evidence
from signoff.model.facts import Known
from signoff.model.finding import Advice, Command, Finding, Fix
from signoff.model.judgement import Judgement, failed, passed, skipped
from signoff.model.source import ChangeState, CommittedFacts, Operation, WorkingTree
from signoff.model.subject import Workload
from signoff.model.text import text

DIRTY = "committed/dirty"
UNTRACKED = "committed/untracked"
CONFLICTED = "committed/conflicted"
IN_PROGRESS = "committed/in-progress"
LEFT_OUT = "committed/left-out-of-upload"
CODES: Mapping[str, str] = {
    DIRTY: "tracked inputs of the workload are changed or staged, and not committed",
    UNTRACKED: "files among the workload's inputs are neither committed nor ignored",
    CONFLICTED: "inputs of the workload hold a conflict of a merge",
    IN_PROGRESS: "a rebase, merge, cherry-pick, revert or bisect was begun and not ended",
    LEFT_OUT: "the build is made from an upload, and .gcloudignore leaves committed inputs out of it",
}

_CONTINUE: Mapping[Operation, tuple[str, ...]] = {
    "rebase": ("git", "rebase", "--continue"),
    "merge": ("git", "merge", "--continue"),
    "cherry-pick": ("git", "cherry-pick", "--continue"),
    "revert": ("git", "revert", "--continue"),
    "bisect": ("git", "bisect", "reset"),
}


def judge(workload: Workload, facts: CommittedFacts) -> Judgement:
    """Changes inside the inputs are faults; what lies outside of them, or is ignored, is not."""
    if facts.tree is None:
        return skipped(text("only a commit is asked about: there is no working tree"))
    findings = [*_changes(workload, facts, facts.tree), *_left_out(workload, facts, facts.tree)]
    if operation := facts.tree.value.operation:
        shown = facts.tree.shows("in progress", operation)
        says = text("a {} is in progress: what is checked out is not yet what it will be", operation)
        findings.append(Finding(IN_PROGRESS, says, (shown,), Command(_CONTINUE[operation])))
    if findings:
        return failed(*findings)
    proof = facts.tree.shows(f"changes in the inputs of {workload.name}", 0)
    more = text(", and {} outside of them", count(facts.outside, "change")) if facts.outside else text("")
    return passed(proof, says=text("nothing of {}'s inputs is only in the working tree{}", workload.name, more))


def _changes(workload: Workload, facts: CommittedFacts, tree: Known[WorkingTree]) -> list[Finding]:
    by_state: dict[ChangeState, list[bytes]] = {}
    for change in facts.inside:
        by_state.setdefault(change.state, []).append(change.path)
    conflicted, untracked = by_state.get("conflicted", []), by_state.get("untracked", [])
    dirty = [*by_state.get("modified", []), *by_state.get("staged", [])]
    upload = "it would be uploaded, and is in no commit" if workload.source == "upload" else "no build holds it"
    found = []
    if conflicted:
        says = text("{} of {} in conflict: {}", count(len(conflicted), "input"), workload.name, paths(conflicted))
        resolve = Advice(text("resolve the conflict, then git add the files"))
        found.append(Finding(CONFLICTED, says, (_shown(tree, "unmerged", conflicted),), resolve))
    if dirty:
        says = text(
            "{} of {} changed and not committed ({}): {}",
            count(len(dirty), "input"), workload.name, upload, paths(dirty),
        )  # fmt: skip
        found.append(Finding(DIRTY, says, (_shown(tree, "changed", dirty),), _commit(tree.value, dirty)))
    if untracked:
        says = text(
            "{} among the inputs of {} in no commit ({}): {}",
            count(len(untracked), "new file"), workload.name, upload, paths(untracked),
        )  # fmt: skip
        advice = Advice(text("git add what belongs to it and commit, or name the rest in .gitignore"))
        fix: Fix = command(("git", "add"), untracked) or advice
        found.append(Finding(UNTRACKED, says, (_shown(tree, "untracked", untracked),), fix))
    return found


def _commit(tree: WorkingTree, dirty: Sequence[bytes]) -> Fix:
    if tree.operation is not None:  # git refuses to commit parts of a merge
        return Command(_CONTINUE[tree.operation])
    return command(("git", "commit"), dirty) or Advice(text("commit the files that git status names"))


def _left_out(workload: Workload, facts: CommittedFacts, tree: Known[WorkingTree]) -> list[Finding]:
    if not facts.left_out:
        return []
    says = text(
        "the upload leaves out {} of {}: {}",
        count(len(facts.left_out), "committed input"), workload.name, paths(facts.left_out),
    )  # fmt: skip
    fix = Advice(
        text("anchor the pattern in .gcloudignore (/docs/ instead of docs/), or take the files out of the inputs")
    )
    evidence = (_shown(tree, "left out by .gcloudignore", facts.left_out),)
    return [Finding(LEFT_OUT, says, evidence, fix)]


def _shown(tree: Known[WorkingTree], field: str, found: Sequence[bytes]) -> Evidence:
    return tree.shows(field, len(found))

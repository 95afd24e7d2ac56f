"""`pushed`: the commits are on the remote, on the branch that is built (with pull requests: on their own)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.checks.told import count, details, listed, paths, touch
from signoff.checks.unpushed import CODES as _CAUSES
from signoff.checks.unpushed import cause
from signoff.model.evidence import Evidence
from signoff.model.facts import Unknown
from signoff.model.finding import Advice, Finding
from signoff.model.judgement import Judgement, failed, passed, skipped, unknown
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine, Part, PushedFacts, SourceFacts
from signoff.model.subject import Workload
from signoff.model.text import Text, text

SUBMODULE = "pushed/submodule"
LFS = "pushed/lfs"
BEHIND = "pushed/behind"
OTHERS = "pushed/other-commits"
ELSEWHERE = "pushed/elsewhere"
UPLOADED = "pushed/uploaded-unpushed"
CODES: Mapping[str, str] = {
    **_CAUSES,
    SUBMODULE: "a submodule among the inputs stands at a commit that its own remote does not hand out",
    LFS: "an LFS object among the inputs is not in the remote's store",
    BEHIND: "note: the branch has newer commits than this worktree",
    OTHERS: "note: commits that do not touch the workload are not pushed",
    ELSEWHERE: "note: a stash, another branch or another working tree holds changes that are not on the remote",
    UPLOADED: "note: the build is made from an upload, and holds commits that nobody else has yet",
}


def judge(workload: Workload, facts: PushedFacts) -> Judgement:
    """A workload passes when no commit that touches it is missing where its builds get their files from."""
    source = facts.source
    if workload.source == "upload":
        return _uploaded(workload, facts)
    if source is None:
        return unknown(text("where the commits are is not known"))
    off = off_the_remote(facts)
    errors = [finding for part in facts.parts if (finding := _part(part))]
    if off or not source.has_remote or (source.flow == "push" and source.head.value is None):
        errors.insert(0, cause(workload, source, off))
    notes = _notes(workload, facts)
    if errors:
        return failed(errors[0], *errors[1:], *notes)
    if unasked := [part for part in facts.parts if isinstance(part.there, Unknown)]:
        return unknown(_unasked(unasked), *notes, evidence=_proof(source))
    return passed(*_proof(source), says=_says(workload, facts, source), notes=tuple(notes))


def off_the_remote(facts: PushedFacts) -> tuple[CommitLine, ...]:
    """The workload's commits that are missing: on the branch that is built, or with pull requests on any."""
    if facts.source is None or (facts.landed and not facts.landed.reverted):
        return ()
    if facts.source.flow == "push":
        return facts.missing
    return tuple(line for line in facts.missing if line.id in facts.source.unpublished)


def _proof(source: SourceFacts) -> tuple[Evidence, ...]:
    """The live heads: of the branch that is built, and of the one that holds the commit."""
    own = source.published
    if source.flow == "pull-request" and own is not None:
        return (source.head.shows(f"refs/heads/{own} holds", source.commit),)
    if source.flow == "pull-request":
        return (source.head.shows("commits on no branch", len(source.unpublished)),)
    return (source.head.shows(f"refs/heads/{source.branch}", source.head.value),)


def _says(workload: Workload, facts: PushedFacts, source: SourceFacts) -> Text:
    if facts.landed:
        at = text("the content of its commits is on {}/{}", source.remote, source.branch)
        return text("{}, as of {}", at, str(facts.landed.by)[:7])
    if facts.missing:
        on = Quoted(f"{source.remote}/{source.published}") if source.published else f"a branch of {source.remote}"
        return text("{} on {}", _are(touch(facts.missing, workload.name), len(facts.missing)), on)
    return text("every commit that touches {} is on {}/{}", workload.name, source.remote, source.branch)


def _are(what: str, number: int) -> str:
    return f"{what} {'is' if number == 1 else 'are'}"


def _part(part: Part) -> Finding | None:
    """What is wrong with a submodule or an LFS object; None where it is there, or not known."""
    if isinstance(part.there, Unknown) or part.there.value:
        return None
    path = paths([part.path])
    if part.kind == "lfs":
        shown = part.there.shows("object", part.object_id)
        fix = Advice(text("git lfs push --all to the remote uploads what its store lacks"))
        return Finding(LFS, text("the LFS object of {} is not in the remote's store", path), (shown,), fix)
    shown = part.there.shows("commit", part.object_id)
    says = text("the submodule {} stands at {}, which its remote does not have", path, part.object_id[:7])
    return Finding(SUBMODULE, says, (shown,), Advice(text("push that commit from within the submodule {}", path)))


def _unasked(unasked: Sequence[Part]) -> Text:
    first = unasked[0]
    kind = "LFS object" if first.kind == "lfs" else "submodule"
    why = first.there.detail if isinstance(first.there, Unknown) else ""
    named = paths([part.path for part in unasked])
    return text("whether the remote has {} ({}) could not be asked: {}", count(len(unasked), kind), named, why)


def _notes(workload: Workload, facts: PushedFacts) -> list[Finding]:
    source, notes = facts.source, list[Finding]()
    if source is None:
        return notes
    head = (source.head.shows(f"refs/heads/{source.branch}", source.head.value),)
    where = f"{source.remote}/{source.branch}"
    others = len(source.missing) - len(facts.missing)
    if others:
        says = text("{} not on {} and do not touch {}", _are(count(others, "commit"), others), where, workload.name)
        notes.append(Finding(OTHERS, says, head, severity="note"))
    if source.newer:
        says = text("{} has {} that this worktree has not", where, count(source.newer, "newer commit"))
        notes.append(Finding(BEHIND, says, head, severity="note"))
    for kind, thing in (("stash", "stash"), ("worktree", "other working tree"), ("branch", "other branch")):
        found = [other for other in facts.elsewhere if other.kind == kind]
        if found:
            plural = "es" if thing.endswith(("h",)) else "s"
            number = f"{len(found)} {thing}{plural if len(found) > 1 else ''}"
            holds = "holds" if len(found) == 1 else "hold"
            names = listed([other.name for other in found])
            says = text(
                "{} {} changes of {} that are not on {}: {}", number, holds, workload.name, source.remote, names
            )
            notes.append(Finding(ELSEWHERE, says, severity="note"))
    return notes


def _uploaded(workload: Workload, facts: PushedFacts) -> Judgement:
    reason = text("{} is built from an upload of the working tree: what is pushed does not matter", workload.name)
    source = facts.source
    if source is None or not facts.missing:
        return skipped(reason)
    says = text(
        "the upload holds {} not on {}/{}{}",
        _are(touch(facts.missing, workload.name), len(facts.missing)),
        source.remote, source.branch, details(facts.missing, source.now),
    )  # fmt: skip
    shown = source.head.shows(f"refs/heads/{source.branch}", source.head.value)
    return skipped(reason, Finding(UPLOADED, says, (shown,), severity="note"))

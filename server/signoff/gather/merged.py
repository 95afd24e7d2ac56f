"""The facts of `merged`: whether a workload's content is on the branch that is built, and still is."""

from __future__ import annotations

from signoff.gather.inputs import inputs_of
from signoff.gather.landed import landed, went_back
from signoff.gather.meeting import meeting
from signoff.gather.source import source
from signoff.model.facts import Known, Unknown
from signoff.model.source import Landing, MergedFacts
from signoff.model.subject import Commit, Workload
from signoff.survey import Survey


async def merged(survey: Survey, workload: Workload) -> MergedFacts | Unknown:
    """Asked of the remote in the pull-request flow alone: a push is its own merge."""
    if survey.subject.flow == "push":
        return MergedFacts(None)
    known = await survey.get(source)
    if isinstance(known, Unknown):
        return known
    inputs = inputs_of(survey.subject, workload)
    missing = tuple(line for line in known.value.missing if any(inputs.matches(path) for path in line.paths))
    if missing:
        on = await landed(survey, inputs, missing)
        return on if isinstance(on, Unknown) else MergedFacts(known.value, missing, landed=on.value)
    if known.value.missing or known.value.head.value is None:
        return MergedFacts(known.value)
    brought = await survey.get(_brought_by)
    if isinstance(brought, Unknown):
        return brought
    if brought.value is None:
        return MergedFacts(known.value, contained=True)
    by, changed = brought.value
    met = await survey.get(meeting)
    if isinstance(met, Unknown):
        return met
    files = frozenset(path for path in changed if inputs.matches(path))
    head = known.value.head.value
    back = await went_back(survey.systems.git.history(met.value.objects), by, head, files) if files else None
    if isinstance(back, Unknown):
        return back
    return MergedFacts(known.value, contained=True, landed=Landing(by, reverted=bool(back and back.value)))


async def _brought_by(survey: Survey) -> Known[tuple[Commit, frozenset[bytes]] | None] | Unknown:
    """The merge with which the branch's own line got the subject's commit, and the files that it changed.

    None where the commit is on that line itself: then it was no pull request that brought it.
    """
    met = await survey.get(meeting)
    if isinstance(met, Unknown):
        return met
    commit, head = survey.subject.commit, met.value.head
    history = survey.systems.git.history(met.value.objects)
    if head is None or head == commit:
        return Known(None, met.ref)
    line = await history.between(commit, head, "--first-parent")
    if isinstance(line, Unknown):
        return line
    after = await history.between(commit, head, "--ancestry-path")
    if isinstance(after, Unknown):
        return after
    descending = frozenset(after.value)
    by = next((other for other in reversed(line.value) if other in descending), None)
    if by is None:
        return Known(None, met.ref)
    before = await history.first_parent(by)
    if isinstance(before, Unknown):
        return before
    if before.value is None or before.value == commit:
        return Known(None, met.ref)
    changed = await history.differences([(by, before.value)])
    return changed if isinstance(changed, Unknown) else Known((by, changed.value[by]), changed.ref)

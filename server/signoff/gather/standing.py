"""The facts of `built`, `released` and `serving`: where a workload stands, and what its images hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signoff.gather.inputs import inputs_of
from signoff.gather.placements import placements
from signoff.gather.source import reference
from signoff.gather.trace import traces
from signoff.model.facts import Unknown
from signoff.model.lineage import Placement, Standing
from signoff.model.quoted import Quoted
from signoff.model.source import Reference
from signoff.model.subject import Workload
from signoff.survey import Survey


async def standing(survey: Survey, workload: Workload) -> Standing | Unknown:
    """All of it: Unknown where Cloud Run, the builder or git does not answer."""
    placed = (await survey.get(placements))[workload.name]
    if isinstance(placed, Unknown):
        return placed
    known, traced = await survey.get(reference), (await survey.get(traces))[workload.name]
    if isinstance(known, Unknown):
        return known
    if isinstance(traced, Unknown):
        return traced
    placed = await survey.get(_with_unread, workload, placed, known.value)
    good = frozenset(d for d, lineage in traced.lineages.items() if lineage.holds(workload.accept_labels))
    return Standing(known.value, placed, traced, survey.now, survey.subject.target.project, good)


async def traffic(survey: Survey, workload: Workload) -> Standing | Unknown:
    """Where traffic goes; what is in the images only as far as it is known."""
    whole = await standing(survey, workload)
    placed = (await survey.get(placements))[workload.name]
    if isinstance(whole, Unknown) and not isinstance(placed, Unknown):
        return Standing(None, placed, None, survey.now, survey.subject.target.project)
    return whole


async def _with_unread(
    survey: Survey, workload: Workload, placed: Sequence[Placement], known: Reference
) -> tuple[Placement, ...]:
    return tuple([await _one_with_unread(survey, workload, placement, known) for placement in placed])


async def _one_with_unread(survey: Survey, workload: Workload, placement: Placement, known: Reference) -> Placement:
    """With the wiped variables that no input mentions; where git does not say, every one counts as mentioned."""
    wiped = [variable.name for variable in placement.wiped]
    unread = [name for name in wiped if await _is_unread(survey, workload, known, name)]
    return replace(placement, unread=frozenset(unread))


async def _is_unread(survey: Survey, workload: Workload, known: Reference, name: Quoted) -> bool:
    inputs = inputs_of(survey.subject, workload)
    prefix = f"{known.commit}:".encode()

    def read(raw: bytes) -> list[bytes]:
        return [entry.removeprefix(prefix) for entry in raw.split(b"\0") if entry]

    argv = ("grep", "--no-textconv", "-z", "-l", "-w", "-F", "-e", name.outside, known.commit)
    found = await survey.systems.git.history(known.objects).ask.run("grep", *argv, read=read, ok=(0, 1))
    return not isinstance(found, Unknown) and not any(inputs.matches(path) for path in found.value)

"""The facts of `pushed`: which of a workload's commits are not where its builds get them from."""

from __future__ import annotations

from signoff.gather.elsewhere import elsewhere
from signoff.gather.inputs import inputs_of
from signoff.gather.landed import landed
from signoff.gather.parts import parts
from signoff.gather.source import source
from signoff.model.facts import Unknown
from signoff.model.source import PushedFacts
from signoff.model.subject import Workload
from signoff.survey import Survey


async def pushed(survey: Survey, workload: Workload) -> PushedFacts | Unknown:
    """Where the subject's commits stand, narrowed to the workload's inputs.

    A workload that is built from an upload needs no remote: what is not known of it is left out there.
    """
    known = await survey.get(source)
    if isinstance(known, Unknown):
        return PushedFacts(None) if workload.source == "upload" else known
    inputs = inputs_of(survey.subject, workload)
    missing = tuple(line for line in known.value.missing if any(inputs.matches(path) for path in line.paths))
    if workload.source == "upload":
        return PushedFacts(known.value, missing)
    on = await landed(survey, inputs, missing) if missing else None
    if isinstance(on, Unknown):
        return on
    named = await survey.get(parts, workload)
    if isinstance(named, Unknown):
        return named
    others = await survey.get(elsewhere)
    return PushedFacts(
        source=known.value,
        missing=missing,
        landed=on.value if on else None,
        elsewhere=tuple(other for other in others if any(inputs.matches(path) for path in other.paths)),
        parts=named,
    )

"""What a report says of each workload beside its links."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.gather.inputs import inputs_of
from signoff.gather.placements import placements
from signoff.gather.touched import touched
from signoff.gather.trace import traces
from signoff.model.facts import Unknown
from signoff.model.lineage import Placement, Trace
from signoff.model.run import Job
from signoff.model.subject import Commit, WorkloadName
from signoff.survey import Survey
from signoff.walk import Overview


async def overviews(survey: Survey) -> Mapping[WorkloadName, Overview]:
    """Whether the session touched it, and the commits that are wanted and that serve; None where it is not proven."""
    own = await survey.get(touched)
    placed, traced, newest = await survey.get(placements), await survey.get(traces), await survey.get(wanted)
    found: dict[WorkloadName, Overview] = {}
    for workload in survey.subject.workloads:
        places, trace = placed[workload.name], traced[workload.name]
        commit = None
        if not isinstance(places, Unknown) and not isinstance(trace, Unknown):
            commit = _serving(places, trace)
        found[workload.name] = Overview(own[workload.name], newest.get(workload.name), commit)
    return found


async def wanted(survey: Survey) -> Mapping[WorkloadName, Commit]:
    """The newest commit in the subject's history that touches each workload's inputs."""
    subject = survey.subject
    inputs = [inputs_of(subject, workload) for workload in subject.workloads]
    newest = await survey.systems.git.history().newest_touching(subject.commit, inputs)
    if isinstance(newest, Unknown):
        return {}
    pairs = zip(subject.workloads, newest.value, strict=True)
    return {workload.name: commit for workload, commit in pairs if commit is not None}


def _serving(places: tuple[Placement, ...], trace: Trace) -> Commit | None:
    """The one commit that all that serves is proven to be built from."""
    commits: set[Commit | None] = set()
    for placement in places:
        run = placement.execution.template if placement.execution else None
        used = [run or placement.resource.template] if isinstance(placement.resource, Job) else []
        for template in used or [revision.template for revision in placement.serving]:
            lineage = trace.lineages.get(template.main.image.digest)
            commits.add(lineage.commit if lineage and lineage.strength != "stated" else None)
    return commits.pop() if len(commits) == 1 else None

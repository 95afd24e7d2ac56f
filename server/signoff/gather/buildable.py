"""The facts of `buildable`: the scan of the commit, what it has when it runs, and builds of the same inputs."""

from __future__ import annotations

import asyncio

from signoff.gather.build_scan import scanned
from signoff.gather.current import jobs, services, worker_pools
from signoff.gather.inputs import inputs_of
from signoff.gather.rehearsed import rehearsed
from signoff.gather.source import reference
from signoff.gather.trace import traces
from signoff.model.buildable import BuildableFacts, BuildsSeen
from signoff.model.builds import Build
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.lineage import Trace
from signoff.model.subject import Workload
from signoff.survey import Survey


async def buildable(survey: Survey, workload: Workload) -> BuildableFacts | Unknown:
    """Unknown where git does not answer; what Google Cloud does not answer is in the facts."""
    run_time, builds = await asyncio.gather(survey.get(run_time_names, workload), _builds(survey, workload))
    names = run_time.value if isinstance(run_time, Known) else frozenset[str]()
    found = await scanned(survey, workload, names)
    if isinstance(found, Unknown):
        return found
    known = await rehearsed(survey, workload)
    if isinstance(known, Unknown):
        return known
    return BuildableFacts(found, run_time, builds, known, survey.systems.unrehearsed.get(workload.name))


async def run_time_names(survey: Survey, workload: Workload) -> Known[frozenset[str]] | Unknown:
    """Of the environment and secrets of the workload's main container, in all regions; never their values."""
    lists = {"service": services, "job": jobs, "worker-pool": worker_pools}
    ask = lists[workload.kind]
    names: set[str] = set()
    ref = None
    for answer in await asyncio.gather(*(survey.get(ask, region) for region in survey.subject.target.regions)):
        if isinstance(answer, Unknown):
            return answer
        ref = ref or answer.ref
        resource = answer.value.get(workload.resource)
        if resource is not None:
            names |= {variable.name.outside for variable in resource.template.main.variables}
    if ref is None:
        raise AssertionError("a target has a region")
    return Known(frozenset(names), ref)


async def _builds(survey: Survey, workload: Workload) -> BuildsSeen | Unknown:
    """Builds are compared with what is on the branch: of commits that are not, they prove nothing."""
    same = await _on_the_branch(survey, workload)
    if same is not True:
        return same or BuildsSeen(None)
    trace = (await survey.get(traces))[workload.name]
    if isinstance(trace, Unknown):
        return trace
    good = [one for one in (*trace.built, *trace.lineages.values()) if one.holds(workload.accept_labels)]
    running = trace.under_way[0] if trace.under_way and trace.under_way[1].state == "holds" else None
    failed = trace.failed[0] if trace.failed and trace.failed[1].state == "holds" else None
    last = running or failed
    shown = (_of_build(survey, trace, last),) if last is not None else ()
    return BuildsSeen(good[0] if good else None, running, failed, shown)


async def _on_the_branch(survey: Survey, workload: Workload) -> bool | Unknown:
    """Whether the branch that is built has the inputs of the subject's commit."""
    known, commit = await survey.get(reference), survey.subject.commit
    if isinstance(known, Unknown):
        return known
    if known.value.commit == commit:
        return True
    apart = await survey.systems.git.history(known.value.objects).differences([(commit, known.value.commit)])
    if isinstance(apart, Unknown):
        return apart
    inputs = inputs_of(survey.subject, workload)
    return not any(inputs.matches(path) for path in apart.value[commit])


def _of_build(survey: Survey, trace: Trace, build: Build) -> Evidence:
    project = survey.subject.target.project
    name = f"projects/{project}/locations/{build.location}/builds/{build.id}"
    look = ("gcloud", "builds", "describe", build.id, f"--region={build.location}", f"--project={project}")
    return Evidence("build", name, "status", build.status, trace.builds.at, look=look)

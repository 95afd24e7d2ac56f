"""Remember which revisions were seen to serve in good health: what a roll-back can go to."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.commands.context import Context
from signoff.ledger import folds
from signoff.ledger.events import RevisionProven
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.run import Service
from signoff.survey import Survey

GOOD = frozenset({Link.SERVING, Link.HEALTHY})


async def newly_proven(context: Context, survey: Survey, report: Report) -> Sequence[RevisionProven]:
    """Revisions with all the traffic of a service whose links `serving` and `healthy` passed in this walk, and that the
    ledger does not have yet. From what the survey has read already.
    """
    good = [
        workload
        for workload in report.workloads
        if workload.kind == "service"
        and all(link in workload.links and workload.links[link].status is Status.PASS for link in GOOD)
    ]
    if not good or survey.subject.candidate:  # a candidate was judged in place of what serves
        return ()
    from signoff.gather.placements import placements

    found = []
    where = await survey.get(placements)
    target = survey.subject.target
    for workload in good:
        there = where.get(workload.name, ())
        for placement in () if isinstance(there, Unknown) else there:
            service = placement.resource
            if not isinstance(service, Service) or len(placement.serving) != 1:
                continue
            [revision] = placement.serving
            if service.percent().get(revision.name) != 100:
                continue
            resource = f"projects/{target.project}/locations/{service.region}/services/{service.name}"
            known = folds.proven_revisions(context.ledger, target.name, resource)
            if any(proven.revision == revision.name for proven in known[:1]):
                continue
            image = str(revision.template.main.image)
            found.append(RevisionProven(report.at, target.name, resource, revision.name, image, workload.serving))
    return found

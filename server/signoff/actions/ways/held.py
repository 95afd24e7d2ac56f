"""What the chain knows of builds that hold the commit, whoever started them and from whatever source."""

from __future__ import annotations

from signoff.actions.site import Site
from signoff.gather.trace import traces
from signoff.model.builds import Build
from signoff.model.facts import Unknown
from signoff.model.lineage import Lineage, Trace
from signoff.model.subject import Commit, Workload
from signoff.survey import Survey


async def trace_of(site: Site, workload: Workload) -> Trace | Unknown:
    """What builder and registry say of the workload's images, asked anew."""
    async with Survey(site.subject, site.systems, site.now()) as survey:
        return (await survey.get(traces))[workload.name]


def done(trace: Trace, commit: Commit) -> Lineage | None:
    """The newest build that is proven to hold the change; one of the very commit comes first."""
    proven = [one for one in trace.built if one.build is not None and one.holds(accept_labels=False)]
    return next((one for one in proven if one.commit == commit), next(iter(proven), None))


def running(trace: Trace) -> Build | None:
    """The newest build, where it runs and its commit holds the change."""
    under_way = trace.under_way
    return under_way[0] if under_way is not None and under_way[1].state == "holds" else None

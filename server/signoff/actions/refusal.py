"""Why no plan was made: an answer with the report that shows it, not a broken call."""

from __future__ import annotations

from datetime import datetime

from signoff.actions.plan import Theirs
from signoff.actions.plan_error import PlanError
from signoff.model.report import EXIT_CODES, Report, Verdict
from signoff.model.subject import WorkloadName
from signoff.views.words import moment


class Refused(PlanError):
    """The chain itself says that nothing can be deployed, or that nothing has to be.

    `report`: the walk that shows why. `nothing_to_do`: everything asked for is proven already. `theirs`: set where all
    of it is deployed by somebody else.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        report: Report,
        *,
        fix: str,
        nothing_to_do: bool = False,
        theirs: tuple[Theirs, ...] = (),
    ) -> None:
        super().__init__(what, fix=fix)
        self.report = report
        self.nothing_to_do = nothing_to_do
        self.theirs = theirs

    @property
    def watchable(self) -> tuple[WorkloadName, ...]:
        """What a pipeline is to deploy, where signoff deploys nothing of what was asked for."""
        return tuple(one.workload for one in self.theirs if one.by == "ci" and not self.nothing_to_do)


class Busy(PlanError):
    """Another process is carrying out an operation on the workload right now."""

    exit_code = EXIT_CODES[Verdict.PENDING]

    def __init__(self, workload: str, who: str) -> None:
        what = f"{workload} is being deployed by {who or 'another process of this machine'}; nothing was done here"
        super().__init__(what, fix="signoff deploy --status shows where it is")


def whoever(by: str, since: datetime) -> str:
    """As `Busy` says it of an operation, and a process of the lock that it holds."""
    return f"{by} since {moment(since)}"

"""Why no plan was made: an answer with the report that shows it, not a broken call."""

from __future__ import annotations

from signoff.actions.plan import PlanError
from signoff.model.report import Report


class Refused(PlanError):
    """The chain itself says that nothing can be deployed, or that nothing has to be.

    `report`: the walk that shows why. `nothing_to_do`: everything asked for is proven already.
    """

    exit_code = 1

    def __init__(self, what: str, report: Report, *, fix: str, nothing_to_do: bool = False) -> None:
        super().__init__(what, fix=fix)
        self.report = report
        self.nothing_to_do = nothing_to_do

"""An operation that an expected error of ours ended between its steps: the ledger's, for instance."""

from __future__ import annotations

from signoff.actions.plan_error import PlanError
from signoff.model.errors import SignoffError
from signoff.model.report import EXIT_CODES, Verdict
from signoff.model.text import Text
from signoff.views.words import sentence


class Broke(PlanError):
    """What broke, with its remedy, and where the operation stood: also what became of the traffic."""

    exit_code = EXIT_CODES[Verdict.UNVERIFIED]

    def __init__(self, error: SignoffError, stood: Text) -> None:
        super().__init__(f"{error.what}. The operation: {sentence(stood)}", where=error.where, fix=error.fix)


def expected_in(stop: BaseException) -> SignoffError | None:
    """The expected error that ended a group of tasks; None where there is none, or a bug beside it."""
    if isinstance(stop, BaseExceptionGroup):
        expected, bugs = stop.split(SignoffError)
        return expected_in(expected.exceptions[0]) if expected is not None and bugs is None else None
    return stop if isinstance(stop, SignoffError) else None

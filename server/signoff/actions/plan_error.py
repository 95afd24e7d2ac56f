"""Why no plan can be made, found or carried out."""

from __future__ import annotations

from signoff.model.errors import SignoffError
from signoff.model.facts import Unknown


class PlanError(SignoffError):
    """A plan that can not be made, found or carried out."""


class Unread(PlanError):
    """Something that a plan needs was not answered; the remedy is that of the cause."""

    def __init__(self, what: str, answer: Unknown, *, where: str | None = None) -> None:
        fix = {
            "expired": "gcloud auth application-default login",
            "denied": "signoff doctor says which permission is missing",
        }.get(answer.why, "ask again; signoff doctor says what does not answer")
        why = "the login is not accepted" if answer.why == "expired" else answer.why
        super().__init__(f"{what} ({why})", where=where, fix=fix)

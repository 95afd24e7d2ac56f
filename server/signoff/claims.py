"""The session's claims, judged from the logs: beside the chain, since a claim belongs to no link of one workload."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.checks.claimed import claim as judged
from signoff.gather.health import health
from signoff.model.errors import SignoffError
from signoff.model.facts import Unknown
from signoff.model.judgement import Status
from signoff.model.report import ClaimReport
from signoff.model.subject import Claim
from signoff.model.text import text
from signoff.reading.meant import meant
from signoff.survey import Survey


def require_claims(said: Sequence[Claim]) -> None:
    """SignoffError for a claim that names no error: an empty one, or a broken regular expression."""
    for claim in said:
        try:
            meant(claim.gone)
        except ValueError as error:
            fix = "write a text of the error, /a regular expression/, or paste its traceback"
            raise SignoffError(f"a claim can not be judged: {error}", fix=fix) from None


async def claims(survey: Survey) -> Sequence[ClaimReport]:
    """Each claim of the session, judged over all workloads that it is about."""
    found = {workload: await health(survey, workload) for workload in survey.subject.workloads}
    reports = []
    for claim in survey.subject.claims:
        scope = {workload: facts for workload, facts in found.items() if claim.workload in {None, workload.name}}
        known = {str(workload.name): facts for workload, facts in scope.items() if not isinstance(facts, Unknown)}
        status, reason = judged(known, claim.gone)
        unread = next((text("{} ({})", w.name, f.detail) for w, f in scope.items() if isinstance(f, Unknown)), None)
        if unread is not None and status is not Status.FAIL:
            status, reason = Status.UNKNOWN, text("the logs of {} could not be read", unread)
        reports.append(ClaimReport(claim, status, reason))
    return reports

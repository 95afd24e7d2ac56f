"""A workload that is in several regions passes where all of them do."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.model.finding import Finding
from signoff.model.judgement import Judgement, Status, badness, failed, passed


def everywhere(judged: Sequence[Judgement], notes: Sequence[Finding] = ()) -> Judgement:
    """The worst of the regions' judgements (at least one); the faults of all of them are kept."""
    worst = max(judged, key=badness)
    if worst.status is Status.FAIL:
        return failed(*(f for judgement in judged if judgement.status is Status.FAIL for f in judgement.findings))
    if worst.status is not Status.PASS:
        return worst
    evidence = [entry for judgement in judged for entry in judgement.evidence]
    found = (*notes, *(finding for judgement in judged for finding in judgement.findings))
    return passed(evidence[0], *evidence[1:], says=worst.reason, notes=found)

from __future__ import annotations

from typing import Any

import pytest

from signoff.model.finding import Finding
from signoff.model.judgement import Judgement, Status, failed, passed, skipped, unknown, waiting
from signoff.model.text import text
from support.samples import NOW, PROOF, finding

NOTE = Finding("pushed/stash", text("a stash is kept"), severity="note")


def test_a_pass_without_evidence_can_not_be_made() -> None:
    with pytest.raises(ValueError, match="needs evidence"):
        Judgement(Status.PASS)


def test_a_pass_can_not_carry_an_error() -> None:
    with pytest.raises(ValueError, match="no error"):
        passed(PROOF, notes=(finding(),))


def test_a_pass_keeps_its_notes_and_all_its_evidence() -> None:
    judged = passed(PROOF, PROOF, says=text("it is there"), notes=(NOTE,))
    assert (judged.status, len(judged.evidence), judged.findings) == (Status.PASS, 2, (NOTE,))


def test_a_fail_needs_a_finding_of_severity_error() -> None:
    with pytest.raises(ValueError, match="severity error"):
        failed(NOTE)
    assert failed(finding()).evidence == (PROOF,)


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.WAITING, Status.SKIPPED])
def test_what_is_not_proven_says_why(status: Status) -> None:
    waits: Any = "time" if status is Status.WAITING else None
    with pytest.raises(ValueError, match="needs a reason"):
        Judgement(status, waits_on=waits)


def test_waiting_says_on_whom_and_until_when() -> None:
    judged = waiting("time", text("logs arrive late"), until=NOW)
    assert (judged.waits_on, judged.ask_again_at) == ("time", NOW)
    with pytest.raises(ValueError, match="says on whom"):
        Judgement(Status.UNKNOWN, reason=text("no answer"), waits_on="time")


def test_unknown_and_skipped_are_made_with_their_reason() -> None:
    assert unknown(text("denied")).status is Status.UNKNOWN
    assert skipped(text("no database in this repository")).status is Status.SKIPPED

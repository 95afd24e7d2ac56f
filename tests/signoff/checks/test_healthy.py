from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.healthy import KNOWN_ERROR, NEW_ERROR, NOT_EXERCISED, STILL_THERE, claim, judge
from signoff.model.finding import Advice
from signoff.model.judgement import Status
from signoff.model.logs import ErrorSeen, Health, LogEntry, UnitLog
from signoff.model.subject import Workload, WorkloadName
from signoff.model.text import text
from signoff.reading.log_errors import errors
from support.logs import request, traceback
from support.samples import NOW, PROOF, WEB

GONE = "KeyError: 'School'"
BEFORE = errors([*traceback(GONE, ago=900), request(status=500, ago=900)])


def unit(*entries: LogEntry) -> UnitLog:
    return UnitLog(
        "web-00002-abc",
        NOW - timedelta(hours=1),
        tuple(entry for entry in entries if entry.request and not entry.request.refused),
        errors(entries),
        PROOF,
    )


def health(*units: UnitLog, earlier: Sequence[ErrorSeen] = (), lag: float = 30, claimed: Any = ()) -> Health:
    return Health(NOW, timedelta(seconds=lag), units, tuple(earlier), tuple(claimed))


def test_an_exercised_revision_without_errors_passes() -> None:
    assert judge(WEB, health(unit(request()))).status is Status.PASS


def test_silence_is_unknown_and_says_what_to_send() -> None:
    judged = judge(WEB, health(unit(), earlier=BEFORE))
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)


def test_a_job_that_never_ran_is_told_to_run() -> None:
    job = Workload(WorkloadName("extractor"), "job", "extractor", ())
    assert judge(job, health(unit())).findings[0].fix == Advice(text("run job {} once, then ask again", "extractor"))


def test_requests_that_the_platform_refused_are_no_exercise() -> None:
    assert judge(WEB, health(unit(request(status=403, refused=True)))).status is Status.UNKNOWN


def test_an_exercise_inside_the_ingestion_lag_waits_for_time() -> None:
    judged = judge(WEB, health(unit(request(ago=10)), lag=30))
    assert (judged.status, judged.ask_again_at) == (Status.WAITING, NOW + timedelta(seconds=20))


def test_a_busy_revision_is_judged_by_its_oldest_exercise() -> None:
    assert judge(WEB, health(unit(request(ago=60), request(ago=1)), lag=30)).status is Status.PASS


def test_a_claimed_error_that_is_still_there_fails_and_is_named() -> None:
    entries = [*traceback(GONE), request(status=500)]
    judged = judge(WEB, health(unit(*entries), earlier=BEFORE, claimed=[GONE]))
    assert (judged.status, judged.findings[0].code) == (Status.FAIL, STILL_THERE)


def test_an_error_that_was_not_there_before_fails() -> None:
    judged = judge(WEB, health(unit(*traceback("KeyError: 'users'"), request()), earlier=BEFORE))
    assert [finding.code for finding in judged.findings] == [NEW_ERROR]


def test_an_error_that_goes_on_and_that_nobody_claimed_is_a_warning() -> None:
    judged = judge(WEB, health(unit(*traceback(GONE), request(status=500)), earlier=BEFORE))
    assert judged.status is Status.PASS
    assert {(note.code, note.severity) for note in judged.findings} == {(KNOWN_ERROR, "warning")}


def test_one_silent_region_keeps_the_whole_from_passing() -> None:
    assert judge(WEB, health(unit(request()), unit())).status is Status.UNKNOWN


def test_nothing_that_serves_is_unknown() -> None:
    assert judge(WEB, health()).status is Status.UNKNOWN


@given(st.lists(st.sampled_from(["ok", "fail", "refused", "late", "trace"])))
def test_nothing_passes_without_a_settled_exercise_and_no_new_error_passes(kinds: list[str]) -> None:
    made = {
        "ok": [request()],
        "fail": [request(status=500)],
        "refused": [request(status=403, refused=True)],
        "late": [request(ago=1)],
        "trace": traceback("ValueError: x"),
    }
    judged = judge(WEB, health(unit(*(entry for kind in kinds for entry in made[kind]))))
    good = "ok" in kinds and not {"fail", "trace"} & set(kinds)
    assert (judged.status is Status.PASS) == good


def test_a_claim_is_proven_when_the_path_that_raised_it_was_answered_since() -> None:
    facts = {"web": health(unit(request("/report")), earlier=BEFORE)}
    assert claim(facts, GONE)[0] is Status.PASS


def test_a_claim_is_not_proven_when_only_other_paths_were_requested() -> None:
    facts = {"web": health(unit(request("/health")), earlier=BEFORE)}
    assert claim(facts, GONE)[0] is Status.UNKNOWN


def test_a_claim_is_not_proven_when_its_path_still_fails() -> None:
    facts = {"web": health(unit(request("/report", 502)), earlier=BEFORE)}
    assert claim(facts, GONE)[0] is Status.UNKNOWN


def test_a_claim_of_an_error_that_never_was_there_is_not_proven() -> None:
    assert claim({"web": health(unit(request()))}, "KeyError: 'nowhere'")[0] is Status.UNKNOWN


def test_a_claim_is_refuted_by_any_workload_that_still_shows_the_error() -> None:
    quiet = health(unit(request("/report")), earlier=BEFORE)
    loud = health(unit(*traceback(GONE)))
    unexercised = health(unit(), earlier=BEFORE)
    assert claim({"web": quiet, "extractor": loud}, GONE)[0] is Status.FAIL
    assert claim({"web": unexercised, "extractor": loud}, GONE)[0] is Status.FAIL


def test_a_claim_waits_for_the_ingestion_lag() -> None:
    facts = {"web": health(unit(request("/report", ago=5)), earlier=BEFORE, lag=30)}
    assert claim(facts, GONE)[0] is Status.WAITING

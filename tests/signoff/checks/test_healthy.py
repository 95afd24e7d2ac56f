from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.healthy import KNOWN_ERROR, NEW_ERROR, NOT_EXERCISED, STILL_THERE, judge
from signoff.model.finding import Action
from signoff.model.judgement import Status
from signoff.model.subject import Workload, WorkloadName
from support.health import BEFORE, GONE, health, unit
from support.logs import request, traceback
from support.samples import NOW, WEB


def test_an_exercised_revision_without_errors_passes() -> None:
    assert judge(WEB, health(unit(request()))).status is Status.PASS


def test_silence_is_unknown_and_says_what_to_send() -> None:
    judged = judge(WEB, health(unit(), earlier=BEFORE))
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)


def test_a_job_that_never_ran_is_told_to_run() -> None:
    job = Workload(WorkloadName("extractor"), "job", "extractor", ())
    judged = judge(job, health(kind="job"))
    assert (judged.status, judged.findings[0].fix) == (Status.UNKNOWN, Action("run", ("extractor",)))


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

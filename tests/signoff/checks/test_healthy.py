from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.healthy import KNOWN_ERROR, MISSING, NEW_ERROR, NOT_EXERCISED, RATE_ROSE, STILL_THERE, judge
from signoff.model.finding import Action, Advice
from signoff.model.health import Appeared, Before
from signoff.model.judgement import Judgement, Status
from signoff.model.log_rules import Expected
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload, WorkloadName
from signoff.model.text import text
from signoff.reading.logs.errors import errors
from support.health import BEFORE, GONE, health, unit
from support.logs import line, request, traceback
from support.samples import NOW, PROOF, WEB


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
    judged = judge(WEB, health(unit(*traceback(GONE), request(status=500), request("/other")), earlier=BEFORE))
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


def reason(judged: Judgement) -> str:
    return "".join(str(part) for part in judged.reason.parts) if judged.reason else ""


def test_a_pass_says_on_how_many_requests_it_rests_and_what_so_few_can_not_rule_out() -> None:
    judged = judge(WEB, health(unit(*(request(ago=100 + i) for i in range(300)), request(ago=1))))
    says = "web-00002-abc answered 300 requests without a new error: n = 300, 0 failed;"
    assert reason(judged) == f"{says} what none of them met may still meet 1 % of all (3/n)"


def test_smoke_requests_of_signoff_are_counted_and_said_to_be_its_own() -> None:
    sent = request()
    assert sent.request
    own = replace(sent, request=replace(sent.request, agent=Quoted("signoff-smoke/1 (00)")))
    assert reason(judge(WEB, health(unit(own)))).endswith("100 % of all (3/n); 1 of 1 is signoff's own smoke")
    assert reason(judge(WEB, health(unit(own, request(), own)))).endswith("; 2 of 3 are signoff's own smoke")


def test_silence_is_told_once() -> None:
    judged = judge(WEB, health(unit()))
    assert reason(judged) == "silence is not health"
    assert [finding.severity for finding in judged.findings] == ["error"]


def test_what_to_send_is_named_with_its_method() -> None:
    facts = health(unit(), earlier=BEFORE, failing=frozenset({("POST", Quoted("/report"))}))
    assert judge(WEB, facts).findings[0].fix == Advice(
        text("send {} to {} once, then ask again", text("{} {}", "POST", Quoted("/report")), "web")
    )


@pytest.mark.parametrize(("current", "deploys"), [(False, True), (True, False), (None, False)])
def test_a_deploy_is_offered_only_where_what_serves_is_known_to_be_old(current: bool | None, deploys: bool) -> None:
    entries = [*traceback(GONE), request(status=500)]
    judged = judge(WEB, health(unit(*entries), earlier=BEFORE, claimed=[GONE], current=current))
    assert isinstance(judged.findings[0].fix, Action) is deploys


def test_an_error_of_the_older_of_two_revisions_is_not_new_on_the_newer_one() -> None:
    entries = [*traceback("ValueError: x"), request()]
    old = unit(*entries, unit="web-00001-old", began=NOW - timedelta(hours=2))
    judged = judge(WEB, health(old, unit(*entries), earlier=errors(entries)))
    assert judged.status is Status.PASS
    alone = judge(WEB, health(unit(*entries), replace(old, errors=())))
    assert alone.findings[0].code == NEW_ERROR


def test_an_error_that_could_not_be_parsed_is_never_one_that_was_there() -> None:
    [seen] = errors([line("odd", severity="ERROR")])
    unparsed = replace(seen, signature="")
    judged = judge(WEB, health(unit(request(), errors=(unparsed,)), earlier=[unparsed]))
    assert judged.findings[0].code == NEW_ERROR


def test_every_fault_of_a_revision_is_named_at_once() -> None:
    missing = Appeared(Expected("done", within=timedelta(0)), 0, PROOF)
    now = [request(ago=100 + i, status=500 if i < 9 else 200) for i in range(30)]
    facts = health(unit(*now, before=Before("web-00001-old", 500, 1, PROOF), appeared=(missing,)))
    assert {finding.code for finding in judge(WEB, facts).findings} == {NEW_ERROR, RATE_ROSE, MISSING}

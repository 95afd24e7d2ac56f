from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signoff.checks.claimed import claim
from signoff.model.health import Appeared, Health
from signoff.model.judgement import Status
from signoff.model.log_rules import Expected
from signoff.model.logs import LogEntry
from signoff.model.quoted import Quoted
from signoff.model.text import Text
from support.health import BEFORE, GONE, health, unit
from support.logs import line, request, traceback
from support.samples import NOW, PROOF


def judged(facts: Health | Mapping[str, Health], gone: str = GONE) -> tuple[Status, str]:
    status, says = claim({"web": facts} if isinstance(facts, Health) else facts, gone)
    return status, words(says)


def words(says: Text) -> str:
    return "".join(part if isinstance(part, str) else part.outside for part in says.parts)


def since(*entries: LogEntry, **fields: Any) -> Health:
    """What was seen since the error was there before."""
    return health(unit(*entries), earlier=BEFORE, claimed=[GONE], **fields)


def test_it_is_proven_when_the_path_that_raised_it_was_answered_since() -> None:
    status, says = judged(since(request("/report")))
    assert status is Status.PASS
    assert says == f"{GONE} is gone: web-00002-abc answered GET /report since"


def test_a_smoke_request_of_signoff_proves_it_and_is_named() -> None:
    sent = request("/report")
    assert sent.request
    own = replace(sent, request=replace(sent.request, agent=Quoted("signoff-smoke/1 (00)")))
    assert "signoff's own smoke request" in judged(since(own))[1]


def test_other_paths_prove_nothing_and_the_request_to_send_is_named() -> None:
    status, says = judged(since(request("/health")))
    assert status is Status.UNKNOWN
    assert "GET /report was not requested since: send it to web" in says


def test_another_method_of_the_path_proves_nothing() -> None:
    facts = replace(since(request("/report")), failing=frozenset({("POST", Quoted("/report"))}))
    status, says = judged(facts)
    assert status is Status.UNKNOWN
    assert "POST /report" in says


@pytest.mark.parametrize("answer", [302, 401, 404, 502])
def test_an_answer_that_did_not_go_the_whole_way_proves_nothing(answer: int) -> None:
    status, says = judged(since(request("/report", answer)))
    assert status is Status.UNKNOWN
    assert str(answer) in says


def test_requests_found_beyond_the_newest_count() -> None:
    facts = health(unit(request("/busy"), tried=(request("/report"),), cut=True), earlier=BEFORE, claimed=[GONE])
    assert judged(facts)[0] is Status.PASS


def test_an_error_that_never_was_there_is_not_proven_gone() -> None:
    assert judged(health(unit(request()), claimed=[GONE]))[0] is Status.UNKNOWN


def test_any_workload_that_still_shows_the_error_refutes_it() -> None:
    quiet, loud = since(request("/report")), health(unit(*traceback(GONE)), claimed=[GONE])
    assert judged({"web": quiet, "extractor": loud})[0] is Status.FAIL
    assert judged({"web": since(), "extractor": loud})[0] is Status.FAIL


def test_it_waits_for_the_ingestion_lag() -> None:
    assert judged(since(request("/report", ago=5), lag=30))[0] is Status.WAITING


def test_a_log_that_was_not_read_to_its_end_proves_nothing() -> None:
    facts = health(unit(request("/report"), whole=False), earlier=BEFORE, claimed=[GONE])
    assert judged(facts)[0] is Status.UNKNOWN


def test_without_a_request_that_met_it_none_is_known_to_try_it() -> None:
    pathless = tuple(replace(error, paths=frozenset()) for error in BEFORE)
    assert judged(health(unit(request("/report")), earlier=pathless, claimed=[GONE]))[0] is Status.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "status"), [("succeeded", Status.PASS), ("failed", Status.UNKNOWN), ("", Status.UNKNOWN)]
)
def test_a_job_has_to_succeed_once(outcome: str, status: Status) -> None:
    run = line("succeeded", stream="system")
    facts = health(unit(exercises=(run,), outcome=outcome), earlier=BEFORE, claimed=[GONE], kind="job")
    found, says = judged({"extractor": facts})
    assert found is status
    assert status is Status.PASS or "run job extractor" in says


@pytest.mark.parametrize(("count", "status"), [(1, Status.PASS), (0, Status.UNKNOWN), (None, Status.UNKNOWN)])
def test_a_worker_pool_has_to_show_its_normal_work(count: int | None, status: Status) -> None:
    appeared = () if count is None else (Appeared(Expected("done"), count, PROOF),)
    wrote = line("started", stream="stdout")
    facts = health(unit(exercises=(wrote,), appeared=appeared), earlier=BEFORE, claimed=[GONE], kind="worker-pool")
    assert judged(facts)[0] is status


def test_what_was_tried_inside_the_lag_counts_once_it_is_over() -> None:
    facts = since(request("/report", ago=5), lag=30)
    later = replace(facts, now=NOW + timedelta(minutes=1))
    assert judged(later)[0] is Status.PASS


def test_what_serves_without_the_mend_proves_nothing() -> None:
    status, says = judged(since(request("/report"), current=False))
    assert status is Status.UNKNOWN
    assert "does not hold the commit in question: deploy it first" in says


@pytest.mark.parametrize("current", [True, None])
def test_a_mend_that_serves_or_of_which_nothing_is_known_is_judged_by_the_log(current: bool | None) -> None:
    assert judged(since(request("/report"), current=current))[0] is Status.PASS


def test_each_of_several_that_serve_has_to_be_tried() -> None:
    tried, other = unit(request("/report")), unit(request("/health"), region="europe-west1")
    status, says = judged(health(tried, other, earlier=BEFORE, claimed=[GONE]))
    assert status is Status.UNKNOWN
    assert "GET /report was not answered since by web-00002-abc in europe-west1: send it to web" in says
    assert (
        judged(health(tried, replace(tried, region="europe-west1"), earlier=BEFORE, claimed=[GONE]))[0] is Status.PASS
    )

"""Arrival that users prove, at services that nobody else may ask, and at candidates without traffic."""

from __future__ import annotations

from uuid import uuid4

import pytest

from signoff.checks.reachable import judge
from signoff.model.arrival import Arrivals
from signoff.model.judgement import Status
from signoff.model.smoke import Smoke
from signoff.model.subject import Candidate
from support.answering import Server, answer
from support.edges import WALLS
from support.smoked import Site, codes, said, stamp

API = Smoke("/api", content_type="application/json")


@pytest.fixture
def quiet(site: Site) -> Site:
    """A service of its own name, of which nobody has requested anything yet."""
    return site.of(f"quiet-{uuid4().hex[:8]}")


async def test_a_private_service_waits_for_runs_until_a_user_was_answered(quiet: Site) -> None:
    quiet.plant(ingress="INGRESS_TRAFFIC_INTERNAL_ONLY")
    waits = await quiet.judged()
    assert (waits.status, waits.waits_on) == (Status.WAITING, "runs")
    assert "internal requests alone" in said(waits)
    quiet.log(200, agent="signoff-smoke/1 (x)")
    quiet.log(404)
    quiet.log(403, answered=False)
    quiet.log(200, revision="old")
    quiet.log(200, host="next---quiet-x.a.run.app")
    assert (await quiet.judged()).status is Status.WAITING
    quiet.log(200)
    proven = await quiet.judged()
    assert proven.status is Status.PASS
    assert "a user's request (/report) was answered by" in said(proven)


async def test_a_service_behind_a_load_balancer_is_not_asked_at_its_own_address(quiet: Site) -> None:
    quiet.plant(ingress="INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER")
    facts = await quiet.facts()
    assert isinstance(facts, Arrivals)
    assert facts.probes == ()
    assert "names no url" in said(judge(quiet.workload, facts))


async def test_a_service_that_only_its_callers_may_invoke_is_private(quiet: Site, edge: Server) -> None:
    edge.answers["/"] = WALLS["the invoker check"][1].wire
    quiet.plant(uri=edge.url)
    assert (await quiet.judged()).waits_on == "runs"
    configured = await quiet.judged(smoke=(Smoke("/"),))
    assert (configured.status, codes(configured)) == (Status.FAIL, {"reachable/invoker"})
    assert (await quiet.judged(url=edge.url)).status is Status.FAIL


async def test_users_who_are_turned_away_since_the_last_change_are_a_fault(quiet: Site, edge: Server) -> None:
    edge.answers["/"] = WALLS["the invoker check"][1].wire
    quiet.plant(uri=edge.url, updateTime=stamp(100))
    quiet.log(200, ago=200, revision="old")
    quiet.log(403, ago=50, answered=False, agent="scanner/1")
    assert (await quiet.judged()).status is Status.WAITING
    quiet.log(403, ago=50, answered=False)
    judgement = await quiet.judged()
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/users-refused"})


async def test_a_front_page_that_is_no_success_is_proven_by_a_user(quiet: Site, edge: Server) -> None:
    edge.answers["/"] = answer("404 Not Found")
    quiet.plant(uri=edge.url)
    alone = await quiet.judged()
    assert (alone.status, codes(alone)) == (Status.UNKNOWN, {"reachable/not-configured"})
    quiet.log(200)
    assert (await quiet.judged()).status is Status.PASS


async def test_a_user_who_came_another_way_proves_nothing_of_the_public_address(quiet: Site, edge: Server) -> None:
    edge.answers["/"] = WALLS["IAP, a browser"][1].wire
    quiet.plant()
    quiet.log(200, host="web-x.a.run.app")
    judgement = await quiet.judged(url=edge.url)
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/iap"})
    quiet.log(200, host=f"127.0.0.1:{edge.port}")
    assert (await quiet.judged(url=edge.url)).status is Status.PASS


async def test_users_of_the_public_address_who_reach_another_revision_are_a_fault(quiet: Site, edge: Server) -> None:
    public = f"127.0.0.1:{edge.port}"
    edge.answers["/"] = answer("200 OK")
    quiet.plant(updateTime=stamp(1000))
    quiet.log(200, host=public)
    quiet.log(200, host=public, revision="old", ago=2000)
    quiet.log(200, host=public, revision="old", ago=990)
    assert (await quiet.judged(url=edge.url)).status is Status.PASS
    quiet.log(200, host=public, revision="old", ago=500)
    judgement = await quiet.judged(url=edge.url)
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/users-elsewhere"})


async def test_a_candidate_is_tried_at_its_own_address_and_has_to_answer_itself(site: Site) -> None:
    facts = await site.facts()
    assert isinstance(facts, Arrivals)
    (serving,) = facts.revisions
    right = await site.judged(candidate=Candidate(serving, site.url), url="http://127.0.0.1:1", smoke=(Smoke("/x"),))
    assert right.status is Status.PASS
    wrong = await site.judged(candidate=Candidate("web-99999-new", site.url))
    assert (wrong.status, codes(wrong)) == (Status.FAIL, {"reachable/other-revision"})


async def test_a_candidate_gets_no_request_that_is_about_the_edge_or_that_writes(site: Site) -> None:
    facts = await site.facts()
    assert isinstance(facts, Arrivals)
    (serving,) = facts.revisions
    routes = (Smoke("/admin", "blocked"), Smoke("/orders", method="POST", writes=True))
    tried = await site.facts(candidate=Candidate(serving, site.url), smoke=routes)
    assert isinstance(tried, Arrivals)
    assert [probe.sent.smoke.called for probe in tried.probes] == ["GET /"]
    judgement = judge(site.workload, tried)
    assert (judgement.status, codes(judgement)) == (Status.PASS, {"reachable/not-tried"})


async def test_a_candidate_that_nobody_outside_may_call_waits_for_runs(quiet: Site, edge: Server) -> None:
    edge.answers["/"] = WALLS["the invoker check"][1].wire
    quiet.plant()
    judgement = await quiet.judged(candidate=Candidate(quiet.revision, edge.url))
    assert (judgement.status, judgement.waits_on) == (Status.WAITING, "runs")
    quiet.plant(ingress="INGRESS_TRAFFIC_INTERNAL_ONLY")
    assert (await quiet.judged(candidate=Candidate(quiet.revision, edge.url))).waits_on == "runs"

"""Real requests to a service that runs in the sandbox, and to edges that answer in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from signoff.boundary import Fault, Policy
from signoff.checks.reachable import judge
from signoff.model.arrival import Arrivals
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Status
from signoff.model.smoke import BearerFrom, IdToken, JsonExpected, Smoke
from support.answering import Asked, Server, answer, answering
from support.edges import HTML, WALLS, given
from support.smoked import Site, codes, planted, said

API = Smoke("/api", content_type="application/json")


async def test_with_nothing_configured_the_front_page_is_asked_and_found_in_the_log(site: Site) -> None:
    facts = await site.facts()
    assert isinstance(facts, Arrivals)
    (probe,) = facts.probes
    judgement = judge(site.workload, facts)
    assert judgement.status is Status.PASS
    assert {evidence.system for evidence in judgement.evidence} == {"http", "logging"}
    (revision,) = facts.revisions
    assert f"GET / was answered by {revision} with 200" in said(judgement)
    assert probe.sent.url == f"{site.url}/"


async def test_the_nonce_goes_out_as_a_trace_and_in_the_user_agent(site: Site, edge: Server) -> None:
    edge.answers["/"] = answer("200 OK")
    facts = await site.facts(url=edge.url)
    assert isinstance(facts, Arrivals)
    nonce, headers = facts.probes[0].sent.nonce, edge.asked[0].headers
    assert headers["traceparent"].split("-")[1] == nonce
    assert headers["x-cloud-trace-context"].startswith(f"{nonce}/")
    assert nonce in headers["user-agent"]
    assert "authorization" not in headers


async def test_an_answer_is_judged_by_what_is_expected_of_it(site: Site) -> None:
    front = Smoke("/", content_type="application/json", json=(JsonExpected("service", "web"),))
    assert (await site.judged(smoke=(front, Smoke("/x")))).status is Status.PASS
    wrong = await site.judged(smoke=(replace(front, json=(JsonExpected("service", "api"),)),))
    assert (wrong.status, codes(wrong)) == (Status.FAIL, {"reachable/unexpected"})
    assert 'json service is "web", expected "api"' in said(wrong)


async def test_a_container_that_answers_with_an_error_fails(site: Site) -> None:
    broken = await site.judged(smoke=(Smoke("/report"),))
    assert (broken.status, codes(broken)) == (Status.FAIL, {"reachable/server-error"})
    assert "which answered 500" in said(broken)


@pytest.mark.parametrize("name", WALLS)
async def test_a_wall_is_named_and_nothing_passes(name: str, site: Site, edge: Server) -> None:
    kind, wall = WALLS[name]
    edge.answers["/api"] = wall.wire
    judgement = await site.judged(url=edge.url, smoke=(API,))
    quiet = kind in {"bot-challenge", "moved"}
    assert judgement.status is (Status.UNKNOWN if quiet else Status.FAIL)
    name_of = {"basic": "basic-auth", "google-404": "unknown-address", "login-redirect": "login", "login-page": "login"}
    assert codes(judgement) == {f"reachable/{name_of.get(kind, kind)}"}
    assert len(edge.asked) == 1


@pytest.mark.parametrize("name", [name for name in WALLS if WALLS[name][0] not in {"bot-challenge", "moved"}])
async def test_a_route_that_is_meant_to_be_blocked_is_proven_by_the_wall(name: str, site: Site, edge: Server) -> None:
    edge.answers["/api"] = WALLS[name][1].wire
    judgement = await site.judged(url=edge.url, smoke=(Smoke("/api", "blocked"),))
    assert judgement.status is Status.PASS
    assert "is blocked by" in said(judgement)


async def test_a_route_that_must_be_blocked_and_is_open_fails(site: Site) -> None:
    judgement = await site.judged(smoke=(Smoke("/admin", "blocked"),))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/open"})


async def test_a_bare_401_in_front_is_no_arrival(site: Site, edge: Server) -> None:
    edge.answers["/api"] = given("401 Unauthorized", "Content-Type: application/json", body='{"error": "no"}').wire
    judgement = await site.judged(url=edge.url, smoke=(API,))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/unexpected"})
    assert "something in front" in said(judgement)
    blocked = await site.judged(url=edge.url, smoke=(Smoke("/api", "blocked"),))
    assert blocked.status is Status.PASS


async def test_an_answer_as_expected_that_never_arrived_proves_nothing(site: Site, edge: Server) -> None:
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", body="{}")
    judgement = await site.judged(url=edge.url, smoke=(API,))
    assert (judgement.status, codes(judgement)) == (Status.UNKNOWN, set())
    assert "who answered is not known" in said(judgement)


async def test_a_page_for_an_api_is_the_single_page_app(site: Site, edge: Server) -> None:
    edge.answers["/api"] = given("200 OK", HTML, body="<div id=root></div>").wire
    judgement = await site.judged(url=edge.url, smoke=(API,))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/other-backend"})


async def test_inside_the_lag_a_missing_entry_is_waited_for(site: Site, edge: Server) -> None:
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", body="{}")
    site.sandbox.fault("google.logging.v2.LoggingServiceV2/ListLogEntries", latencySeconds=0.1)
    facts = await site.facts(timedelta(seconds=1), url=edge.url, smoke=(API,))
    assert isinstance(facts, Arrivals)
    early = replace(facts, lag=timedelta(hours=1))
    judgement = judge(replace(site.workload, url=edge.url, smoke=(API,)), early)
    assert (judgement.status, judgement.waits_on) == (Status.WAITING, "time")
    assert judgement.ask_again_at is not None


async def test_an_application_header_proves_where_that_is_configured(site: Site, edge: Server) -> None:
    facts = await site.facts()
    assert isinstance(facts, Arrivals)
    (revision,) = facts.revisions
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", f"X-Revision: {revision}", body="{}")
    site.systems.boundary.plant = lambda q: "denied" if q.operation == "entries.list landed" else None
    stated = await site.judged(url=edge.url, smoke=(API,), revision_header="X-Revision")
    assert stated.status is Status.PASS
    assert {evidence.strength for evidence in stated.evidence} == {"stated"}
    assert (await site.judged(url=edge.url, smoke=(API,))).status is Status.UNKNOWN


async def test_an_answer_out_of_a_cache_from_before_the_deploy_fails(site: Site, edge: Server) -> None:
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", "Age: 1000003", "X-Cache: HIT", body="{}")
    judgement = await site.judged(url=edge.url, smoke=(API,))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/cached"})
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", "X-Cache: HIT", body="{}")
    assert (await site.judged(url=edge.url, smoke=(API,))).status is Status.UNKNOWN


async def test_an_asset_that_caches_may_keep_is_quiet_and_proves_nothing_alone(site: Site, edge: Server) -> None:
    asset = Smoke("/app.3f2a9c.js")
    edge.answers[asset.path] = answer("200 OK", "Age: 1000003", "Cache-Control: public, max-age=31536000, immutable")
    assert (await site.judged(url=edge.url, smoke=(asset,))).status is Status.UNKNOWN


async def test_a_host_where_nobody_listens_is_named(site: Site) -> None:
    judgement = await site.judged(url="http://127.0.0.1:1")
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/refused"})


async def test_what_was_busy_is_asked_again_and_what_writes_is_not(site: Site, edge: Server) -> None:
    site.systems.boundary.policy = Policy(seconds=10.0, tries=3, pause=0.001)
    edge.answers["/api"] = answer("503 Busy")
    judgement = await site.judged(url=edge.url, smoke=(API,))
    assert (judgement.status, codes(judgement), len(edge.asked)) == (Status.FAIL, {"reachable/edge-error"}, 3)
    assert len({asked.headers["traceparent"] for asked in edge.asked}) == 3
    edge.asked.clear()
    await site.judged(url=edge.url, smoke=(Smoke("/api", method="POST", body="{}", writes=True),))
    assert len(edge.asked) == 1


async def test_what_writes_is_sent_once_a_revision(site: Site) -> None:
    seen: list[Asked] = []

    def created(asked: Asked) -> bytes:
        seen.append(asked)
        return answer("201 Created")

    async with answering({"/orders": created}) as edge:
        order = Smoke("/orders", method="POST", body="{}", writes=True)
        for _ in range(3):
            facts = await site.facts(url=edge.url, smoke=(order,))
            assert isinstance(facts, Arrivals)
            assert isinstance(facts.probes[0].sent.answer, Known)
    assert [asked.body for asked in seen] == [b"{}"]


async def test_what_writes_is_not_sent_where_nothing_may_be_changed(site: Site, edge: Server) -> None:
    site.systems.read_only = True
    judgement = await site.judged(url=edge.url, smoke=(Smoke("/orders", method="POST", writes=True),))
    assert (judgement.status, edge.asked) == (Status.UNKNOWN, [])
    assert "this only reads" in said(judgement)


async def test_what_a_wall_kept_away_may_be_sent_again(site: Site, edge: Server) -> None:
    edge.answers["/orders"] = WALLS["IAP, a program"][1].wire
    for _ in range(2):
        await site.judged(url=edge.url, smoke=(Smoke("/orders", method="POST", writes=True),))
    assert len(edge.asked) == 2


async def test_a_request_whose_entry_may_still_come_is_looked_for_again_and_not_repeated(
    site: Site, edge: Server
) -> None:
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", body="{}")
    planted(site, "timeout", ("logging", "entries.list landed"))
    assert (await site.judged(url=edge.url, smoke=(API,))).status is Status.UNKNOWN
    planted(site, "timeout")
    await site.judged(url=edge.url, smoke=(API,))
    assert len(edge.asked) == 1


async def test_an_identity_comes_from_the_environment_or_from_google(site: Site, edge: Server) -> None:
    edge.answers["/api"] = answer("200 OK", "Content-Type: application/json", body="{}")
    missing = await site.judged(url=edge.url, smoke=(replace(API, identity=BearerFrom("SMOKE_BEARER")),))
    assert (missing.status, edge.asked) == (Status.UNKNOWN, [])
    assert "SMOKE_BEARER" in said(missing)
    site.systems.environment = {"SMOKE_BEARER": "a-bearer-of-somebody"}
    for identity in (BearerFrom("SMOKE_BEARER"), IdToken("https://app.example.com")):
        await site.judged(url=edge.url, smoke=(replace(API, identity=identity),))
    assert [asked.headers["authorization"] for asked in edge.asked] == ["Bearer a-bearer-of-somebody", "Bearer sandbox"]


async def test_a_request_that_lands_at_another_revision_or_service_is_named(site: Site, edge: Server) -> None:
    """Incidents E3 and H6: the edge still names what was there before."""
    edge.answers["/"] = answer("200 OK")
    other = site.of(f"other-{uuid4().hex[:8]}")
    other.plant(uri=edge.url)

    def landing(asked: Asked) -> bytes:
        other.log(200, agent=asked.headers["user-agent"], revision="old", ago=0)
        return answer("200 OK")

    edge.answers["/"] = landing
    for workload, words in ((other, "was answered by old, not by"), (site, "was answered by old of service other-")):
        judgement = await workload.judged(url=edge.url)
        assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/other-revision"})
        assert words in said(judgement)


@pytest.mark.parametrize("fault", ["denied", "timeout", "malformed", "incomplete", "empty", "half"])
async def test_no_broken_call_lets_a_request_pass(fault: Fault, site: Site) -> None:
    assert (await site.judged(smoke=(Smoke("/x"),))).status is Status.PASS
    calls = set(site.systems.boundary.calls)
    assert ("http", "GET") in calls
    for number, call in enumerate(calls):
        planted(site, fault, call)
        facts = await site.facts(smoke=(Smoke(f"/x{number}"),))
        if isinstance(facts, Unknown):
            continue
        judgement = judge(site.workload, facts)
        # How old a cached answer may be, and what users did: this pass rests on neither.
        beside = call in {("logging", "entries.list visits"), ("run", "revisions.list")} and fault in {"empty", "half"}
        assert judgement.status is not Status.PASS or beside, call

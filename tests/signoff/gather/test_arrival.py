"""Real requests to a service that runs in the sandbox, and to edges that answer in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from signoff.boundary import Boundary, Fault, Policy
from signoff.checks.reachable import judge
from signoff.model.arrival import Arrivals
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Status
from signoff.model.smoke import BearerFrom, IdToken, JsonExpected, Smoke
from signoff.model.subject import Candidate, Workload, WorkloadName
from signoff.systems import Systems
from support.answering import Asked, Server, answer, answering
from support.edges import HTML, WALLS, given
from support.smoked import Site, codes, planted, said, stamp
from support.world import World, a_world

API = Smoke("/api", content_type="application/json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """The world, and the address of its service web."""
    with a_world(tmp_path_factory.mktemp("arrival"), "web") as world:
        yield world, str(world.service()["uri"])


@pytest.fixture
async def site(made: tuple[World, str]) -> AsyncIterator[Site]:
    world, url = made
    systems = Systems(Boundary(Policy(seconds=10.0, tries=1)), world.clone, sandbox=world.sandbox.grpc, environment={})
    yield Site(world.sandbox, systems, Workload(WorkloadName("web"), "service", "web", ("web/**",)), url)
    await systems.close()
    world.sandbox.clear_faults()


@pytest.fixture
async def edge() -> AsyncIterator[Server]:
    async with answering() as server:
        yield server


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

"""Services: what their serving revisions logged, read over the real wire."""

from __future__ import annotations

from dataclasses import replace

from signoff.checks.healthy import NEW_ERROR, NOT_EXERCISED, STILL_THERE, judge
from signoff.claims import claims
from signoff.gather.health import health
from signoff.model.facts import Unknown
from signoff.model.health import Health
from signoff.model.judgement import Status
from signoff.model.subject import WorkloadName
from support.logged import GONE, OLD, World, asked, broke, entry, service
from support.samples import WEB


async def test_an_answered_request_without_errors_is_healthy(world: World) -> None:
    world.plant(asked("/report", 200, 100))
    assert judge(WEB, await world.facts()).status is Status.PASS


async def test_a_request_that_no_instance_answered_is_silence(world: World) -> None:
    world.plant(asked("/report", 403, 100, answered=False), *OLD)
    judged = judge(WEB, await world.facts())
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)


async def test_the_old_revisions_errors_do_not_speak_of_the_new_one(world: World) -> None:
    world.plant(asked("/report", 200, 100), *OLD)
    facts = await world.facts(GONE)
    assert [error.says.outside for error in facts.earlier] == ["HTTP 500 GET /report", GONE]
    assert judge(WEB, facts).status is Status.PASS


async def test_the_same_error_on_the_new_revision_refutes_the_claim(world: World) -> None:
    world.plant(*broke(100, "web-00002-new"), asked("/report", 500, 100), *OLD)
    judged = judge(WEB, await world.facts(GONE))
    assert STILL_THERE in {finding.code for finding in judged.findings}
    async with world.survey(GONE) as survey:
        assert (await claims(survey))[0].status is Status.FAIL


async def test_an_error_that_took_anothers_place_is_new(world: World) -> None:
    world.plant(*broke(100, "web-00002-new", "KeyError: 'users'"), asked("/x", 200, 50), *OLD)
    judged = judge(WEB, await world.facts())
    assert [finding.code for finding in judged.findings] == [NEW_ERROR]


async def test_a_claim_is_proven_by_the_path_that_raised_it(world: World) -> None:
    world.plant(asked("/other", 200, 100), *OLD)
    async with world.survey(GONE) as survey:
        assert (await claims(survey))[0].status is Status.UNKNOWN
    world.plant(asked("/report", 200, 90))
    async with world.survey(GONE) as survey:
        assert (await claims(survey))[0].status is Status.PASS


async def test_a_busy_service_does_not_hide_the_requests_of_a_quiet_one(world: World) -> None:
    busy = [
        entry("requests", 10 + i / 1000, "busy-00001-x", "busy", httpRequest={"requestMethod": "GET", "status": 200})
        for i in range(1100)
    ]
    world.plant(*busy, asked("/report", 200, 300), services=[service("busy", "busy-00001-x")])
    both = (WEB, replace(WEB, name=WorkloadName("busy"), resource="busy"))
    async with world.survey(workloads=both) as survey:
        facts = await health(survey, WEB)
    assert isinstance(facts, Health)
    assert judge(WEB, facts).status is Status.PASS


async def test_denied_logs_are_not_known(world: World) -> None:
    world.sandbox.fault("google.logging.v2.LoggingServiceV2/ListLogEntries", code="PERMISSION_DENIED")
    async with world.survey() as survey:
        facts = await health(survey, WEB)
    assert isinstance(facts, Unknown)
    assert facts.why == "denied"


async def test_a_service_that_does_not_exist_has_nothing_that_serves(world: World) -> None:
    other = replace(WEB, resource="elsewhere")
    facts = await world.facts(workload=other)
    assert facts.units == ()
    assert judge(other, facts).status is Status.UNKNOWN

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from signoff.boundary import Boundary
from signoff.checks.healthy import NEW_ERROR, NOT_EXERCISED, STILL_THERE, judge
from signoff.claims import claims
from signoff.gather.health import health
from signoff.model.facts import Unknown
from signoff.model.health import Health
from signoff.model.judgement import Status
from signoff.model.subject import Claim, Target, Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems import Systems
from support.samples import WEB, subject
from support.sandbox import Sandbox, running_sandbox

NOW = datetime.now(UTC)
GONE = "KeyError: 'School'"


def service(name: str = "web", revision: str = "web-00002-new") -> dict[str, Any]:
    return {
        "name": f"services/{name}",
        "updateTime": stamp(600),
        "latestReadyRevision": f"services/{name}/revisions/{revision}",
        "latestCreatedRevision": f"services/{name}/revisions/{revision}",
        "template": {"containers": [{"image": f"us-central1-docker.pkg.dev/demo/app/{name}@sha256:{'a' * 64}"}]},
        "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "revision": revision, "percent": 100}],
        "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
    }


def stamp(ago: float) -> str:
    return (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(log: str, ago: float, revision: str = "web-00002-new", name: str = "web", **fields: Any) -> dict[str, Any]:
    return {
        "logName": f"logs/run.googleapis.com%2F{log}",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": name, "revision_name": revision, "location": "us-central1"},
        },
        "timestamp": stamp(ago),
        "receiveTimestamp": stamp(ago),
        "insertId": f"{log}-{revision}-{ago}-{len(str(fields))}",
        **fields,
    }


def asked(path: str, status: int, ago: float, revision: str = "web-00002-new", *, answered: bool = True) -> Any:
    request = {"requestMethod": "GET", "requestUrl": f"https://web.example.com{path}?q=1", "status": status}
    labels = {"instanceId": "0001"} if answered else {}
    return entry("requests", ago, revision, httpRequest=request, labels=labels)


def broke(ago: float, revision: str, last: str = GONE) -> list[Any]:
    said = ["Traceback (most recent call last):", '  File "/app/main.py", line 7', last]
    return [entry("stderr", ago - i / 1000, revision, textPayload=line) for i, line in enumerate(said)]


OLD = [*broke(900, "web-00001-old"), asked("/report", 500, 900, "web-00001-old")]


@dataclass(frozen=True)
class World:
    """A project of its own in a sandbox that the tests of this file share."""

    sandbox: Sandbox
    systems: Systems
    project: str

    def plant(self, *entries: dict[str, Any], services: Sequence[dict[str, Any]] = ()) -> None:
        place = f"projects/{self.project}/locations/us-central1/"
        revisions = ("latestReadyRevision", "latestCreatedRevision")
        named = [
            {key: place + value if key in {"name", *revisions} else value for key, value in one.items()}
            for one in services
        ]
        logs = [one | {"logName": f"projects/{self.project}/{one['logName']}"} for one in entries]
        self.sandbox.plant({"services": named, "logEntries": logs})

    def survey(self, *gone: str, workloads: tuple[Workload, ...] = (WEB,)) -> Survey:
        about = replace(
            subject(*workloads),
            target=Target("production", self.project, ("us-central1",), "main"),
            claims=tuple(Claim(None, text) for text in gone),
        )
        return Survey(about, self.systems, datetime.now(UTC))

    async def facts(self, *gone: str, workload: Workload = WEB) -> Health:
        async with self.survey(*gone, workloads=(workload,)) as survey:
            found = await health(survey, workload)
        assert isinstance(found, Health), found
        return found


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def world(sandbox: Sandbox) -> AsyncIterator[World]:
    systems = Systems(Boundary(), Path("/nowhere"), sandbox=sandbox.grpc)
    made = World(sandbox, systems, f"p-{uuid4().hex[:12]}")
    made.plant(services=[service()])
    yield made
    sandbox.clear_faults()
    await systems.close()


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

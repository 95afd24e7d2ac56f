"""The front of a service: who answers, who is refused, and what the logs say of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab, app, lab

LATEST, REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path, seed=7) as made:
        yield made


def short(name: str) -> str:
    return name.rpartition("/")[2]


async def two_revisions(cloud: Lab) -> tuple[run_v2.Service, str, str]:
    """A service with the revisions `one` and `two`, whose latest carries the traffic; their names."""
    await cloud.build(app("one"), f"{IMAGE}:one")
    first = await cloud.create(f"{IMAGE}:one")
    await cloud.build(app("two"), f"{IMAGE}:two")
    wanted = run_v2.Service(first)
    wanted.template.containers[0].image = f"{IMAGE}:two"
    second = await cloud.update(wanted)
    return second, short(first.latest_ready_revision), short(second.latest_ready_revision)


async def test_traffic_is_split_by_percent(cloud: Lab) -> None:
    service, old, new = await two_revisions(cloud)
    service.traffic = [
        {"type_": REVISION, "revision": old, "percent": 90},
        {"type_": REVISION, "revision": new, "percent": 10},
    ]
    service = await cloud.update(service, ["traffic"])
    assert [(s.revision, s.percent) for s in service.traffic_statuses] == [(old, 90), (new, 10)]
    answers = Counter([(await cloud.http.get(service.uri)).text.split()[1] for _ in range(200)])
    assert set(answers) == {old, new}
    assert 6 <= answers[new] <= 36  # four standard deviations around 20
    logged = Counter(entry.resource.labels["revision_name"] for entry in cloud.entries("requests"))
    assert logged == answers


async def test_the_same_seed_splits_the_same_way(tmp_path: Path) -> None:
    chosen = []
    for name in ("a", "b"):
        async with lab(tmp_path / name, seed=3) as cloud:
            service, old, _ = await two_revisions(cloud)
            service.traffic = [
                {"type_": REVISION, "revision": old, "percent": 50},
                {"type_": LATEST, "percent": 50},
            ]
            service = await cloud.update(service, ["traffic"])
            chosen.append([(await cloud.http.get(service.uri)).text.split()[0] for _ in range(12)])
    assert chosen[0] == chosen[1]
    assert set(chosen[0]) == {"one", "two"}


async def test_a_tag_has_its_own_url_and_no_traffic(cloud: Lab) -> None:
    service, old, new = await two_revisions(cloud)
    service.traffic = [
        {"type_": REVISION, "revision": old, "percent": 100},
        {"type_": REVISION, "revision": new, "tag": "candidate"},
    ]
    service = await cloud.update(service, ["traffic"])
    assert [(s.revision, s.percent, s.tag) for s in service.traffic_statuses] == [(old, 100, ""), (new, 0, "candidate")]
    tagged = service.traffic_statuses[1].uri
    assert tagged != service.uri
    assert (await cloud.http.get(tagged)).text.startswith("two ")
    assert {(await cloud.http.get(service.uri)).text.split()[0] for _ in range(5)} == {"one"}
    service.traffic = [{"type_": LATEST, "percent": 100}]
    await cloud.update(service, ["traffic"])
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", int(tagged.rpartition(":")[2]))


async def test_a_revision_without_traffic_sleeps_and_wakes_when_traffic_comes_back(cloud: Lab) -> None:
    service, old, _ = await two_revisions(cloud)
    assert not cloud.running(f"{service.name}/revisions/{old}")
    retired = await cloud.revisions.get_revision(name=f"{service.name}/revisions/{old}")
    active = {c.type_: c for c in retired.conditions}["Active"]
    assert active.revision_reason == run_v2.Condition.RevisionReason.RETIRED
    assert {c.type_: c.state for c in retired.conditions}["Ready"] == run_v2.Condition.State.CONDITION_SUCCEEDED
    service.traffic = [{"type_": REVISION, "revision": old, "percent": 100}]
    await cloud.update(service, ["traffic"])
    assert (await cloud.http.get(service.uri)).text.startswith("one ")
    assert cloud.running(f"{service.name}/revisions/{old}")


async def test_traffic_to_a_revision_that_does_not_exist_fails_and_changes_nothing(cloud: Lab) -> None:
    service, _, _ = await two_revisions(cloud)
    service.traffic = [{"type_": REVISION, "revision": "web-nowhere", "percent": 100}]
    with pytest.raises(exceptions.GoogleAPICallError, match="Revision 'web-nowhere' referenced in traffic not found"):
        await cloud.update(service, ["traffic"])
    service = await cloud.service()
    assert {c.type_: c.state.name for c in service.conditions}["RoutesReady"] == "CONDITION_FAILED"
    assert (await cloud.http.get(service.uri)).text.startswith("two ")


async def test_a_revision_with_traffic_cannot_be_deleted_and_another_can(cloud: Lab) -> None:
    service, old, new = await two_revisions(cloud)
    with pytest.raises(exceptions.FailedPrecondition):
        await cloud.revisions.delete_revision(name=f"{service.name}/revisions/{new}")
    await cloud.finish(await cloud.revisions.delete_revision(name=f"{service.name}/revisions/{old}"))
    listed = [short(r.name) async for r in await cloud.revisions.list_revisions(parent=service.name)]
    assert listed == [new]


async def test_a_request_is_logged_with_the_revision_that_answered(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    trace = "105445aa7843bc8bf206b12000100000"
    headers = {"x-cloud-trace-context": f"{trace}/1;o=1", "user-agent": "probe/1", "x-forwarded-for": "1.2.3.4"}
    await cloud.http.get(f"{service.uri}/a%20b?q=1", headers=headers)
    await cloud.http.get(f"{service.uri}/broken", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    first, second = cloud.entries("requests")
    assert first.resource.type == "cloud_run_revision"
    assert dict(first.resource.labels) == {
        "project_id": "demo",
        "location": "us-central1",
        "service_name": "web",
        "configuration_name": "web",
        "revision_name": short(service.latest_ready_revision),
    }
    request = first.http_request
    assert (request.request_method, request.status, request.user_agent) == ("GET", 200, "probe/1")
    assert request.request_url == f"{service.uri}/a%20b?q=1"
    assert request.remote_ip == "127.0.0.1"
    assert request.latency.ToTimedelta().total_seconds() > 0
    assert (first.trace, first.span_id, first.trace_sampled) == (f"projects/demo/traces/{trace}", "0" * 15 + "1", True)
    assert (second.trace, second.span_id) == (f"projects/demo/traces/{trace}", "00f067aa0ba902b7")
    assert (second.http_request.status, second.severity) == (500, 500)


async def test_bodies_go_both_ways(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    answer = await cloud.http.post(service.uri, content=b"abc" * 100_000)
    assert (answer.status_code, answer.content) == (201, b"cba" * 100_000)
    assert cloud.entries("requests")[0].http_request.response_size == 300_000


async def test_output_is_logged_line_by_line_with_its_severity(cloud: Lab) -> None:
    line = json.dumps({"severity": "warning", "message": "slow", "seconds": 3, "logging.googleapis.com/trace": "t"})
    only = json.dumps({"severity": "ERROR", "message": "just text"})
    prints = f"print({line!r}); print({only!r}); print('plain'); print('Traceback', file=sys.stderr, flush=True)\n"
    files = app("one")
    files["main.py"] = files["main.py"].replace("VERSION =", f"{prints}sys.stdout.flush()\nVERSION =", 1)
    await cloud.build(files)
    service = await cloud.create(f"{IMAGE}:latest")
    await cloud.until(lambda: len(cloud.entries("stdout")) == 3 and len(cloud.entries("stderr")) == 1)
    structured, lifted, plain = cloud.entries("stdout", revision_name=short(service.latest_ready_revision))
    assert (structured.severity, structured.trace) == (400, "t")
    assert dict(structured.json_payload.fields.items()).keys() == {"message", "seconds"}
    assert (lifted.severity, lifted.text_payload) == (500, "just text")
    assert (plain.severity, plain.text_payload) == (0, "plain")
    error = cloud.entries("stderr")[0]
    assert (error.severity, error.text_payload) == (0, "Traceback")


async def test_an_endless_response_is_passed_on_as_it_comes(cloud: Lab) -> None:
    files = app("one")
    endless = (
        "        self.send_response(200); self.end_headers()\n"
        "        while True: self.wfile.write(b'tick\\n'); self.wfile.flush(); __import__('time').sleep(0.01)\n"
        "        body = f"
    )
    files["main.py"] = files["main.py"].replace("        body = f", endless, 1)
    await cloud.build(files)
    service = await cloud.create(f"{IMAGE}:latest")
    async with cloud.http.stream("GET", service.uri) as response:
        async for chunk in response.aiter_raw():
            assert chunk.startswith(b"tick")
            break
    await cloud.sandbox.cloud.machine.listeners.close(service.name)  # waits for what is still open
    assert cloud.entries("requests")[0].http_request.status == 200


async def test_a_planted_fault_refuses_like_the_platform(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    cloud.cloud.faults.planter({"method": "sandbox.Ingress/web", "code": "RESOURCE_EXHAUSTED", "times": 1})()
    assert (await cloud.http.get(service.uri)).status_code == 429
    assert (await cloud.http.get(service.uri)).status_code == 200
    assert [e.http_request.status for e in cloud.entries("requests")] == [429, 200]


async def test_a_planted_service_listens_and_has_nobody_behind_it(cloud: Lab) -> None:
    name = f"{PLACE}/services/ghost"
    state = {
        "services": [
            {
                "name": name,
                "uri": "http://127.0.0.1:0",
                "urls": ["http://127.0.0.1:0"],
                "invokerIamDisabled": True,
                "latestReadyRevision": f"{name}/revisions/ghost-1",
                "trafficStatuses": [{"type": LATEST, "percent": 100}],
            }
        ],
        "revisions": [{"name": f"{name}/revisions/ghost-1", "containers": [{"image": f"{IMAGE}@sha256:{'0' * 64}"}]}],
        "dockerImages": [
            {
                "name": f"{PLACE}/repositories/apps/dockerImages/web@sha256:{'0' * 64}",
                "uri": f"{IMAGE}@sha256:{'0' * 64}",
            }
        ],
    }
    headers = {"authorization": f"Bearer {cloud.cloud.settings.token}"}
    planted = await cloud.http.post(f"http://{cloud.sandbox.http_address}/sandbox/state", json=state, headers=headers)
    assert planted.status_code == 200
    service = await cloud.service("ghost")
    assert list(service.urls) == [service.uri]
    assert (await cloud.http.get(service.uri)).status_code == 500
    entry = cloud.entries("requests", service_name="ghost")[0]
    assert (entry.http_request.status, entry.resource.labels["revision_name"]) == (500, "ghost-1")
    assert "could not start" in entry.text_payload


async def test_a_sidecar_runs_beside_the_container_that_listens(cloud: Lab) -> None:
    sidecar = {
        "Dockerfile": 'FROM scratch\nCOPY side.py /\nCMD ["python", "/side.py"]\n',
        "side.py": "print('beside')\n",
    }
    await cloud.build(sidecar, f"{IMAGE}:side")
    await cloud.build(app("one"))
    containers = [
        {"image": f"{IMAGE}:side", "name": "side"},
        {"image": f"{IMAGE}:latest", "name": "main", "ports": [{"container_port": 8080}]},
    ]
    service = await cloud.create("", template={"containers": containers})
    assert (await cloud.http.get(service.uri)).text.startswith("one ")
    await cloud.until(lambda: bool(cloud.entries("stdout")))  # nobody waits for a sidecar
    assert [(e.text_payload, e.labels["container_name"]) for e in cloud.entries("stdout")] == [("beside", "side")]

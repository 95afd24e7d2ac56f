"""`signoff smoke` and `signoff check reachable` over a service that really runs."""

from __future__ import annotations

import json

import pytest

from signoff.cli.main import main
from support.world import World

WRITES = """
[[workloads.web.smoke]]
path = "/orders"
method = "POST"
body = { day = 1 }
status = 501
writes = true
"""


def smoke(world: World, *arguments: str) -> int:
    return main(["-C", str(world.clone), *arguments])


def test_a_request_that_lands_is_proven_beside_the_traffic(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke(world, "smoke", "web", "--json") == 0
    said = json.loads(capsys.readouterr().out)["workloads"]["web"]["links"]["reachable"]["reason"]
    assert said.startswith("GET / was answered by web-0000")
    assert smoke(world, "check", "reachable", "--workload", "web", "--json") == 0
    links = json.loads(capsys.readouterr().out)["workloads"]["web"]["links"]
    assert {name: link["status"] for name, link in links.items()} == {"serving": "pass", "reachable": "pass"}


def test_a_request_is_held_back_while_what_it_requires_did_not_pass(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.service()["trafficStatuses"]
    world.change(trafficStatuses=[])
    try:
        assert smoke(world, "smoke", "web") == 3
    finally:
        world.change(trafficStatuses=before)
    assert "reachable runs once serving has passed" in capsys.readouterr().out


def test_a_job_takes_no_requests(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    smoke(world, "smoke", "extractor", "--json")
    link = json.loads(capsys.readouterr().out)["workloads"]["extractor"]["links"]["reachable"]
    assert (link["status"], link["reason"]) == ("skipped", "a job takes no requests")


def test_what_writes_goes_out_once_a_revision_whichever_process_asks(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = world.clone / "signoff.toml"
    toml.write_text(toml.read_text("utf-8").replace("critical = true\n", "critical = true\n" + WRITES, 1), "utf-8")
    for _ in range(2):
        assert smoke(world, "smoke", "web") == 0, capsys.readouterr().out
    entries = world.sandbox.state()["logEntries"]
    sent = [e for e in entries if e.get("httpRequest", {}).get("requestUrl", "").endswith("/orders")]
    assert [entry["httpRequest"]["requestMethod"] for entry in sent] == ["POST"]

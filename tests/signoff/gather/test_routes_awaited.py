"""A new route behind a wall stays a new one, over later deploys and in every process, until it is settled."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from signoff.cli.main import main
from signoff.gather.routes_awaited import with_awaited
from signoff.model.routes import Change, Found, Route
from support.edge import Edge, needs_nginx, running_edge
from support.world import World, a_world

from .test_new_routes import APP, LOGIN, NEW, OPEN


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    with a_world(tmp_path) as made, pytest.MonkeyPatch.context() as patched:
        for name, value in made.environment.items():
            patched.setenv(name, value)
        made.commit("web/main.py", APP)
        made.ship("web")
        made.commit("web/main.py", APP.replace("])", NEW, 1))
        made.ship("web")
        yield made


@pytest.fixture
def edge(world: World) -> Iterator[Edge]:
    with running_edge(world.sandbox, OPEN, LOGIN) as made:
        yield made


def reachable(world: World, edge: Edge, capsys: pytest.CaptureFixture[str], more: str = "") -> tuple[str, list[str]]:
    """The link's status and what its findings say, as another process has it."""
    toml = world.clone / "signoff.toml"
    before = toml.read_text("utf-8")
    way = f'critical = true\nurl = "http://{edge.http}"\n'
    toml.write_text(before.replace("critical = true\n", way, 1) + more, "utf-8")
    capsys.readouterr()
    try:
        main(["-C", str(world.clone), "smoke", "web", "--json"])
    finally:
        toml.write_text(before, "utf-8")
    report = json.loads(capsys.readouterr().out)
    link = report["workloads"]["web"]["links"]["reachable"]
    return link["status"], [report["findings"][at]["message"] for at in link["findings"]]


@needs_nginx
def test_a_wall_before_a_new_route_is_not_forgotten_by_the_next_deploy(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    """Incident H1."""
    status, said = reachable(world, edge, capsys)
    assert (status, "the new route GET /api/new was stopped by oauth2-proxy" in said[0]) == ("fail", True)
    world.commit("web/main.py", "VERSION = 2\n" + APP.replace("])", NEW, 1))
    world.ship("web")
    status, said = reachable(world, edge, capsys)
    assert (status, len(said)) == ("fail", 2)
    assert "the new route GET /api/new was stopped by oauth2-proxy" in said[0]
    assert "1 route that earlier deploys brought: DELETE “/api/orders/{order}”" in said[1]

    blocked = '\n[[workloads.web.smoke]]\npath = "/api/new"\nexpect = "blocked"\n'
    assert reachable(world, edge, capsys, blocked)[0] == "pass", "a person declared it"
    removed = '\n[workloads.web.routes]\nignore = [{ path = "/api/*", reason = "of a partner" }]\n'
    assert reachable(world, edge, capsys, removed) == ("pass", [])

    asked = urllib.request.Request(f"http://{edge.http}/api/orders/7", method="DELETE")
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.status == 200
    status, said = reachable(world, edge, capsys)
    assert (status, len(said)) == ("fail", 1), "a user came to the other one"

    edge.change(OPEN)
    assert reachable(world, edge, capsys) == ("pass", [])
    edge.change(OPEN, LOGIN)
    assert reachable(world, edge, capsys) == ("pass", []), "it is no new route any more: it was proven to arrive"


def test_awaited_routes_that_the_code_lost_are_no_changes_and_others_are_new_again() -> None:
    old, other = Route("GET", "/old", "a.py", 1, "x"), Route("GET", "/other", "a.py", 2, "y")
    found = Found((old, other))
    assert with_awaited(found, (), {("GET", "/gone")}) == ()
    assert with_awaited(found, (Change(old, "changed"),), {old.key}) == (Change(old, "new", earlier=True),)
    assert with_awaited(found, (Change(old, "new"),), {old.key}) == (Change(old, "new"),)

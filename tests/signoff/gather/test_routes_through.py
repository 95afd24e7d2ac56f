"""Routes that lead to something which changed, end to end: a helper's commit, its deploy, and who is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from signoff.cli.main import main
from support.world import World, a_world

APP = """\
import os
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from shared.prices import total

async def sums(request):
    return JSONResponse(total(request.query_params))

async def plain(request):
    return JSONResponse({})

app = Starlette(routes=[
    Route("/", plain),
    Route("/api/total", sums),
    Route("/api/orders/{order}", sums, methods=["DELETE"]),
])
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
HELPER = "def total(asked):\n    return {'total': 1}\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("through")
    with a_world(folder) as made, pytest.MonkeyPatch.context() as patched:
        for name, value in made.environment.items():
            patched.setenv(name, value)
        made.commit("shared/prices.py", HELPER)
        made.commit("web/main.py", APP)
        made.ship("web")
        yield made


def reachable(world: World, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    main(["-C", str(world.clone), "smoke", "web", "--json"])
    report = json.loads(capsys.readouterr().out)
    link: dict[str, Any] = report["workloads"]["web"]["links"]["reachable"]
    return link | {"findings": [report["findings"][at] for at in link["findings"]]}


def test_a_changed_helper_asks_for_its_routes_and_names_those_that_nobody_can_try(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("shared/prices.py", "# words\n" + HELPER)
    world.ship("web")
    assert reachable(world, capsys)["findings"] == [], "a comment changes nothing for users"
    world.commit("shared/prices.py", HELPER.replace("1", "2"))
    world.ship("web")
    link = reachable(world, capsys)
    [finding] = link["findings"]
    assert (link["status"], finding["code"], finding["severity"]) == ("pass", "reachable/new-route-untested", "warning")
    assert "1 route that leads to what changed (“total” in “shared/prices.py”): DELETE" in finding["message"]
    assert finding["location"] == {"path": "shared/prices.py", "line": 1}


def test_a_changed_helper_that_breaks_its_route_is_a_fault(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.commit("shared/prices.py", HELPER.replace("return {'total': 1}", "return asked['nothing']"))
    world.ship("web")
    link = reachable(world, capsys)
    assert link["status"] == "fail", link
    assert any("changed route GET /api/total" in one["message"] for one in link["findings"])

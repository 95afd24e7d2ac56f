"""New routes end to end: a commit, a deploy, and an edge that may not know of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from signoff.cli.main import main
from support.edge import Edge, needs_nginx, running_edge
from support.world import World, a_world

pytestmark = needs_nginx

APP = """\
import os
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    return JSONResponse({"path": request.url.path})

app = Starlette(routes=[
    Route("/", answer),
    Route("/api/reports", answer),
])
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
NEW = '    Route("/api/new", answer),\n    Route("/api/orders/{order}", answer, methods=["DELETE"]),\n])'
OPEN = {"path": "/*", "service": "web"}
LOGIN = {"path": "/api/new", "service": "web", "login": "oauth2-proxy"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application runs as it was; the commit that adds two routes is deployed."""
    folder = tmp_path_factory.mktemp("routes")
    with a_world(folder) as made, pytest.MonkeyPatch.context() as patched:
        for name, value in made.environment.items():
            patched.setenv(name, value)
        made.commit("web/main.py", APP)
        made.ship("web")
        made.commit("api.yaml", "openapi: 3.1.0\npaths:\n  /documented:\n    put: {}\n", push=False)
        made.commit("web/main.py", APP.replace("])", NEW, 1))
        made.ship("web")
        yield made


@pytest.fixture(scope="module")
def edge(world: World) -> Iterator[Edge]:
    with running_edge(world.sandbox, OPEN) as made:
        yield made


def reachable(world: World, edge: Edge, capsys: pytest.CaptureFixture[str], more: str = "") -> dict[str, Any]:
    """The link as signoff has it, with its findings."""
    toml = world.clone / "signoff.toml"
    if "url = " not in toml.read_text("utf-8"):
        way = f'critical = true\nurl = "http://{edge.http}"\n'
        toml.write_text(toml.read_text("utf-8").replace("critical = true\n", way, 1), "utf-8")
    before = toml.read_text("utf-8")
    toml.write_text(before + more, "utf-8")
    capsys.readouterr()
    try:
        main(["-C", str(world.clone), "smoke", "web", "--json"])
    finally:
        toml.write_text(before, "utf-8")
    report = json.loads(capsys.readouterr().out)
    link: dict[str, Any] = report["workloads"]["web"]["links"]["reachable"]
    return link | {"findings": [report["findings"][at] for at in link["findings"]]}


def found(link: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["code"]: finding for finding in link["findings"]}


def test_a_login_before_a_new_route_is_refused_and_named(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    """Incident H1."""
    edge.change(OPEN, LOGIN)
    link = reachable(world, edge, capsys)
    assert link["status"] == "fail", link
    wall = found(link)["reachable/oauth2-proxy"]
    assert "the new route GET /api/new was stopped by oauth2-proxy" in wall["message"]
    assert wall["location"] == {"path": "web/main.py", "line": 13}


def test_a_new_route_that_arrives_is_quiet_and_one_that_nobody_can_try_has_its_lines(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN)
    link = reachable(world, edge, capsys)
    assert link["status"] == "pass", link
    codes = found(link)
    assert codes.keys() == {"reachable/new-route-untested"}
    untested = codes["reachable/new-route-untested"]
    assert (untested["severity"], untested["location"]["line"]) == ("warning", 14)
    pasted = "\n".join(["", *untested["fix"]["paste"], ""])
    covered = reachable(world, edge, capsys, pasted.replace("{order}", "1"))
    assert (covered["status"], covered["findings"]) == ("pass", [])


def test_what_signoff_toml_says_of_new_routes_holds(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN, LOGIN)
    quiet = '\n[workloads.web.routes]\nignore = [{ path = "/api/*", reason = "of a partner" }]\n'
    link = reachable(world, edge, capsys, quiet)
    assert (link["status"], found(link).keys()) == ("pass", {"reachable/new-route-ignored"})
    assert "of a partner" in found(link)["reachable/new-route-ignored"]["message"]
    link = reachable(world, edge, capsys, "\n[workloads.web.routes]\nprobe = false\n")
    assert (link["status"], found(link).keys()) == ("pass", {"reachable/new-route-untested"})


def test_a_login_before_everything_is_no_fault_of_the_new_route(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change({"path": "/*", "service": "web", "login": "oauth2-proxy"})
    blocked = '\n[[workloads.web.smoke]]\npath = "/api/reports"\nexpect = "blocked"\n'
    link = reachable(world, edge, capsys, blocked)
    assert link["status"] == "pass", link
    edge.change(OPEN, {"path": "/api/reports", "service": "web", "login": "oauth2-proxy"})
    link = reachable(world, edge, capsys, blocked)
    assert (link["status"], "reachable/new-route-open" in found(link)) == ("pass", True)


def test_routes_that_a_document_or_a_command_names_are_compared_too(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN)
    routes = '\n[workloads.web.routes]\ncommand = ["python3", "-c", "print(\\"GET /api/new\\\\nPUT /printed\\")"]\n'
    link = reachable(world, edge, capsys, routes)
    assert link["status"] == "pass", link
    assert "/printed" not in str(link["findings"]), "it prints the same for both commits"
    link = reachable(world, edge, capsys, '\n[workloads.web.routes]\nopenapi = "api.yaml"\n')
    places = [(finding["location"]["path"], finding["location"]["line"]) for finding in link["findings"]]
    assert (link["status"], places) == ("pass", [("web/main.py", 14), ("api.yaml", 3)])
    link = reachable(world, edge, capsys, '\n[workloads.web.routes]\ncommand = ["false"]\n')
    assert link["status"] == "unknown"
    assert "false ended with exit code 1" in link["reason"]
    link = reachable(world, edge, capsys, '\n[workloads.web.routes]\nopenapi = "lost.yaml"\n')
    assert link["status"] == "unknown", "a document that is not there tells nothing"
    assert "lost.yaml, which signoff.toml names as openapi, is not there" in link["reason"]


def test_a_deploy_of_the_same_content_still_looks_at_what_was_there_before(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN, LOGIN)
    world.commit("README.md", "words\n")
    world.ship("web")
    link = reachable(world, edge, capsys)
    assert "reachable/oauth2-proxy" in found(link)


def test_a_new_route_that_the_application_does_not_have_is_a_fault(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN)
    text = APP.replace("])", NEW, 1).replace("if __name__", "app.add_route('/api/lost', answer)\nif __name__")
    world.commit("web/main.py", text.replace("uvicorn.run(app", "app.routes.pop()\n    uvicorn.run(app"))
    world.ship("web")
    link = reachable(world, edge, capsys)
    assert link["status"] == "fail", link
    assert "the new route GET “/api/lost” was answered by web-" in found(link)["reachable/new-route-missing"]["message"]


def test_of_a_service_whose_framework_is_not_read_it_is_said_how_to_tell_its_routes(
    world: World, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.change(OPEN)
    plain = """\
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
    world.commit("web/main.py", plain)
    world.ship("web")
    link = reachable(world, edge, capsys)
    [note] = link["findings"]
    assert (link["status"], note["code"], note["severity"]) == ("pass", "reachable/routes-not-found", "note")
    assert "no route was found in the code of web (Python)" in note["message"]
    document = "openapi: 3.1.0\npaths:\n  /told:\n    get: {}\n  /told/{one}:\n    put: {}\n"
    world.commit("openapi.yaml", document)
    world.commit("web/main.py", plain + "# again\n")
    world.ship("web")
    link = reachable(world, edge, capsys, "\n" + "\n".join(note["fix"]["paste"]) + "\n")
    assert link["status"] == "pass", link
    assert [one["code"] for one in link["findings"]] == ["reachable/new-route-untested"]
    assert "/told/{one}" in link["findings"][0]["message"]

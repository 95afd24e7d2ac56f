"""Starlette applications: what the reader reads is what Starlette's own routing tree has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.routing import Mount, Route

from support.applications import imported, pairs, read, unread

SITE = {
    "site/app.py": """\
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from more import inner

async def home(request): return PlainTextResponse("home")
async def socket(websocket): ...

class Reports(HTTPEndpoint):
    async def get(self, request): ...
    async def delete(self, request): ...

users = [Route("/", home, name="users"), Route("/{user_id:int}", home, methods=["PUT", "GET"])]
routes = [
    Route("/", endpoint=home),
    Route("/reports/{report}", Reports),
    Mount("/users", routes=users),
    Mount("/inner", app=inner),
    Mount("/static", StaticFiles(directory="."), name="static"),
    WebSocketRoute("/ws", socket),
]
routes.append(Route("/late", home, methods=["POST"]))
app = Starlette(debug=True, routes=[*routes, Route("/files/{name:path}", home)])
app.mount("/router", Router([Route("/deep", home), Mount("/deeper", routes=[Route("/deepest", home)])]))
app.add_route("/added", home, methods=["PATCH"])
""",
    "site/more.py": """\
from starlette.applications import Starlette
from starlette.routing import Route
async def x(request): ...
inner = Starlette(routes=[Route("/x", x)])
""",
}


def of(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from of(route.routes or [], prefix + route.path)
        elif isinstance(route, Route):
            path = re.sub(r"\{(\w+):path\}", r"{\1...}", prefix + route.path)
            methods = route.methods if route.methods is not None else {"GET", "DELETE"}
            for method in methods - {"HEAD"}:
                yield method, re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def test_nested_mounts_routers_and_endpoints_are_read_as_starlette_builds_them(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    flat = {path.removeprefix("site/"): text for path, text in SITE.items()}
    with imported(tmp_path / "site", flat, "app") as module:
        wanted = set(of(module.app.routes))
    found = read(SITE)
    assert len(wanted) == 12
    assert pairs(found) == wanted
    assert unread(found) == []


def test_a_list_of_routes_that_is_computed_is_said_and_the_rest_is_read() -> None:
    text = """\
from starlette.applications import Starlette
from starlette.routing import Host, Route
async def x(request): ...
app = Starlette(routes=[Route("/x", x), Host("api.example.com", x), *more()])
sub = Starlette(routes=make())
app.mount("/sub", sub)
"""
    found = read({"app.py": text})
    assert pairs(found) == {("GET", "/x")}
    assert [line for _, line in unread(found)] == [4, 4, 5]

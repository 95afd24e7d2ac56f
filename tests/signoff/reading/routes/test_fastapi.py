"""FastAPI applications: what the reader reads is what FastAPI itself answers to."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from support.applications import Pairs, imported, pairs, read, unread

NESTED = {
    "shop/__init__.py": "",
    "shop/constants.py": 'VERSION = "/v1"\nclass Prefix:\n    ITEMS = "/items"\n',
    "shop/routers/__init__.py": "from .orders import router as orders_router\n",
    "shop/routers/items.py": """\
from fastapi import APIRouter, Depends
from shop.constants import Prefix

router = APIRouter(prefix=Prefix.ITEMS, tags=["items"])

@router.get("")
async def every(): return []

@router.get("/{item_id}")
async def one(item_id: int): return item_id

@router.post("/", status_code=201)
async def add(): return {}

@router.api_route("/{item_id}/stock", methods=["PUT", "DELETE"])
def stock(item_id: int): ...
""",
    "shop/routers/orders.py": """\
import fastapi
from . import details
router = fastapi.APIRouter()
router.include_router(details.router, prefix="/{order_id}/details")

@router.get("/")
def orders(): return []

class Orders:
    def cancel(self): ...

router.add_api_route("/cancel", Orders().cancel, methods=["POST"])
""",
    "shop/routers/details.py": """\
from fastapi import APIRouter
router = APIRouter(prefix="/lines")
@router.get("/{line:path}")
def line(order_id: str, line: str): return line
""",
    "shop/admin.py": """\
from fastapi import FastAPI
admin = FastAPI()
@admin.get("/users")
def users(): return []
""",
    "shop/main.py": """\
from fastapi import FastAPI
from shop import admin as administration
from shop.constants import VERSION
from shop.routers import items, orders_router

def create_app() -> FastAPI:
    app = FastAPI(title="shop")
    for prefix, router in (("", items.router), ("/again", items.router)):
        app.include_router(router, prefix=f"{VERSION}{prefix}")
    app.include_router(orders_router, prefix=VERSION + "/orders")
    app.mount("/admin", administration.admin)

    @app.get("/health")
    def health(): return "ok"

    return app

app = create_app()
""",
}


def of(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """What the application's own description says, and the same of what is mounted in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a router that is included twice has each operation id twice
        described = app.openapi()["paths"]
    for path, methods in described.items():
        for method in methods:
            yield method.upper(), prefix + path
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from of(route.app, prefix + route.path)


def own(app: Any) -> Pairs:
    return set(of(app))


def test_nested_routers_factories_loops_and_mounted_applications_are_read_as_fastapi_builds_them(
    tmp_path: Path,
) -> None:
    with imported(tmp_path, NESTED, "shop.main") as module:
        wanted = own(module.app)
    for folder in ("", "services/web/"):
        found = read(NESTED, folder)
        assert {(method, path.replace("...", "")) for method, path in pairs(found)} == wanted
        assert unread(found) == []
        assert found.by == {"FastAPI"}
    assert ("GET", "/v1/orders/{order_id}/details/lines/{line...}") in pairs(read(NESTED))


def test_lists_of_routers_that_a_package_collects_of_its_own_modules_are_gone_through(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/routers/__init__.py": "from . import a, b\nROUTERS = [a.router, b.router]\nMORE = {'/more': a.router}\n",
        "shop/routers/a.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/a')\ndef a(): ...\n",
        "shop/routers/b.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.put('/b')\ndef b(): ...\n",
        "shop/main.py": """\
from fastapi import FastAPI
from shop.routers import MORE, ROUTERS
app = FastAPI()
[app.include_router(one, prefix="/each") for one in ROUTERS]
for prefix, router in MORE.items():
    app.include_router(router, prefix=prefix)
for router in MORE.values():
    app.include_router(router)
""",
    }
    with imported(tmp_path, files, "shop.main") as module:
        wanted = own(module.app)
    found = read(files)
    assert (pairs(found), unread(found)) == (wanted, [])
    assert len(wanted) == 4


def test_a_factory_that_nobody_calls_hands_its_application_to_what_stands_above_it() -> None:
    text = """\
from fastapi import APIRouter, FastAPI
router = APIRouter()
@router.get("/x")
def x(): ...
class Feature:
    def __init__(self, routers): self.routers = routers
    def install(self, app, prefix="/feature"):
        for one in self.routers:
            app.include_router(one, prefix=prefix)
def create_app(features=(Feature([router]),)):
    app = FastAPI()
    for feature in features:
        feature.install(app)
    return app
"""
    found = read({"shop.py": text})
    assert (pairs(found), unread(found)) == ({("GET", "/feature/x")}, [])


def test_a_route_knows_its_file_and_line() -> None:
    places = {(route.path, route.file, route.line) for route in read(NESTED).routes}
    assert ("/v1/items/{item_id}", "shop/routers/items.py", 9) in places
    assert ("/v1/orders/cancel", "shop/routers/orders.py", 12) in places


def test_what_only_a_run_tells_is_said_with_its_line_and_never_assumed() -> None:
    found = read(
        {
            "main.py": """\
import os
from fastapi import APIRouter, FastAPI
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    API: str = "/api"

settings = Settings()
router, other = APIRouter(prefix=settings.API), APIRouter()
app = FastAPI()

@router.get("/reports")
def reports(): ...

@other.get("/others")
def others(): ...

@app.get(os.environ["ROUTE"])
def computed(): ...

@app.get("/plain")
def plain(): ...

app.include_router(router)
app.include_router(other, prefix=os.environ["PREFIX"])
for name in os.listdir("plugins"):
    app.include_router(__import__(name).router)
for one in plugins():
    @app.get(f"/plugins/{one}")
    def plugin(): ...
"""
        }
    )
    assert pairs(found) == {("GET", "/plain")}
    assert [line for _, line in unread(found)] == [12, 15, 18, 27, 29]


def test_routes_on_a_router_of_another_package_are_said_one_by_one() -> None:
    text = """\
from acme_web import Router, resource
from fastapi import FastAPI
app, router = FastAPI(), Router(prefix="/acme")
@router.get("/x")
def x(): ...
@resource.route("/y")
class Y: ...
@router.get("setting")
def setting(): ...
app.include_router(router)
"""
    found = read({"main.py": text})
    assert (pairs(found), [line for _, line in unread(found)]) == (set(), [4, 6, 10])


def test_a_router_that_no_application_includes_answers_nothing_and_that_is_said() -> None:
    found = read({"main.py": "from fastapi import *\nr = APIRouter()\napp = FastAPI()\n@r.get('/x')\ndef x(): ...\n"})
    assert (pairs(found), unread(found)) == (set(), [("main.py", 4)])


def test_what_an_if_decides_is_not_certain() -> None:
    text = "from fastapi import FastAPI\napp = FastAPI()\nif DEBUG:\n    @app.get('/x')\n    def x(): ...\n"
    [route] = read({"main.py": text}).routes
    assert not route.certain


def test_the_fingerprint_follows_the_handler_and_not_its_comments_or_its_place() -> None:
    before = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x():\n    return 1\n"
    [old] = read({"main.py": before}).routes
    [moved] = read(
        {"main.py": before.replace("app = ", "import os\n\napp = ").replace("return", "# one\n    return")}
    ).routes
    [changed] = read({"main.py": before.replace("return 1", "return 2")}).routes
    assert old.line != moved.line
    assert old.source == moved.source != changed.source


def test_applications_of_tests_are_no_routes_of_the_workload() -> None:
    text = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): ...\n"
    assert read({"tests/app.py": text, "test_x.py": text, "conftest.py": text}).routes == ()

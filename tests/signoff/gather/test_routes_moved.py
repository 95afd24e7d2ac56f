"""A route is changed by what handles it, what that leads to and what is asked before it, not by where it is written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from signoff.gather.routes import _changes
from signoff.gather.routes_through import through
from signoff.model.routes import ANY
from signoff.reading.reached.changed import changed
from signoff.reading.routes import readers
from support.applications import raw


def compared(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str]]:
    """What is new or changed: by method and path how, and what changed that it leads to."""
    files, before = raw(new), raw(old)
    found, earlier = readers.routes(files), readers.routes(before)
    assert not found.unread
    own = _changes(found, [earlier])
    by = changed(files, [before], found.routes).by
    led, _ = through(found, by, {one.route.key for one in own}, [earlier])
    return {f"{one.route.method} {one.route.path}": [one.kind, *(h.name for h in one.through)] for one in (*own, *led)}


GUARDS = {"guards.py": "def user(): return 1\ndef tenant(): return 2\n", "more.py": "def first(): return 1\n"}
ON_APP = """\
from fastapi import APIRouter, Depends, FastAPI
from guards import user
from more import first
app = FastAPI({app})
@app.get("/users/me", tags=["a"])
def me(): return first()
@app.post("/plain")
def plain(): return 0
"""
ON_ROUTER = """\
from fastapi import APIRouter, Depends, FastAPI
from guards import user
from more import first
app = FastAPI({app})
router = APIRouter({router})
@router.get("/me", tags=["a"])
def me(): return first()
@app.post("/plain")
def plain(): return 0
app.include_router(router, prefix="/users"{include})
"""
ASKS = "dependencies=[Depends(user)]"


def app(given: str = "", text: str = ON_APP) -> dict[str, str]:
    return {**GUARDS, "main.py": text.replace("{app}", given)}


def router(given: str = "", include: str = "", of_app: str = "") -> dict[str, str]:
    made = ON_ROUTER.replace("{app}", of_app).replace("{router}", given).replace("{include}", include)
    return {**GUARDS, "main.py": made}


def test_a_route_that_moves_to_another_router_with_the_same_path_and_handler_is_not_changed() -> None:
    assert compared(app(), router()) == compared(router(), app()) == {}
    assert compared(app(ASKS), router(of_app=ASKS)) == {}
    assert compared(router(ASKS), router(include=f", {ASKS}")) == {}, "asked all the same"
    elsewhere = router()
    elsewhere["users.py"] = (
        "from fastapi import APIRouter\nfrom more import first\nusers = APIRouter()\n"
        "@users.get('/me', tags=['a'])\ndef me(): return first()\n"
    )
    elsewhere["main.py"] = (
        "from fastapi import FastAPI\nfrom users import users\napp = FastAPI()\n"
        "app.include_router(users, prefix='/users')\n@app.post('/plain')\ndef plain(): return 0\n"
    )
    assert compared(app(), elsewhere) == {}


def test_a_route_that_moves_and_is_handled_otherwise_is_changed() -> None:
    other = router()
    other["main.py"] = other["main.py"].replace("return first()", "return [first()]")
    assert compared(app(), other) == {"GET /users/me": ["changed"]}
    other = {**router(), "more.py": "def first(): return 9\n"}
    assert compared(app(), other) == {"GET /users/me": ["changed", "first"]}
    given = router()
    given["main.py"] = given["main.py"].replace('tags=["a"]', "status_code=201")
    assert compared(app(), given) == {"GET /users/me": ["changed"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (app(), router(ASKS)),
        (router(ASKS), app()),
        (router(), router(include=f", {ASKS}")),
        (router(include=f", {ASKS}"), router()),
        (router(ASKS), router("dependencies=[Depends(first)]")),
    ],
)
def test_dependencies_that_are_newly_asked_or_not_any_more_change_the_routes_below_them_alone(
    old: dict[str, str], new: dict[str, str]
) -> None:
    assert compared(old, new) == {"GET /users/me": ["changed", "dependencies"]}


def test_what_the_application_asks_before_every_route_changes_all_of_them() -> None:
    every = {"GET /users/me": ["changed", "dependencies"], "POST /plain": ["changed", "dependencies"]}
    assert compared(app(), app(ASKS)) == compared(app(ASKS), app()) == every
    mounted = ON_APP + "inner = FastAPI()\n@inner.get('/x')\ndef x(): ...\napp.mount('/inner', inner)\n"
    assert compared(app(text=mounted), app(ASKS, mounted)) == every, "a mounted application has its own"


FLASK = """\
from flask import Blueprint, Flask
from more import first
app = Flask(__name__)
pages = Blueprint("pages", __name__)
@app.get("/plain")
def plain(): return ""
@pages.get("/page")
def page(): return ""
{more}
app.register_blueprint(pages)
"""
CHECK = "@{}.before_request\ndef check(): return first()\n"


def test_what_flask_runs_before_a_request_belongs_to_the_routes_of_its_blueprint_or_application() -> None:
    def flask(more: str = "", helper: str = "1") -> dict[str, str]:
        return {"main.py": FLASK.replace("{more}", more), "more.py": f"def first(): return {helper}\n"}

    own, all_of_them = CHECK.format("pages"), CHECK.format("app")
    page = {"GET /page": ["changed", "check"]}
    every = {**page, "GET /plain": ["changed", "check"]}
    assert compared(flask(), flask(own)) == compared(flask(own), flask()) == page
    assert compared(flask(), flask(all_of_them)) == every
    assert compared(flask(own), flask(own.replace("first()", "None"))) == page
    assert compared(flask(own), flask(own, "2")) == {"GET /page": ["changed", "first"]}
    called = "def check(): return first()\napp.before_request(check)\n"
    assert compared(flask(), flask(called)) == every
    assert compared(flask(own), flask(own.replace("def check():", 'def check():\n    """Words."""\n   '))) == {}


DJANGO = """\
from django.urls import path
from views import one, two
urlpatterns = [path("one/", one), path("two/", two), path("three/", lambda r: third()), path("x/", lambda r: fourth())]
def third(): return {third}
def fourth(): return 4
"""


def test_calls_that_stand_in_one_line_each_lead_to_what_is_their_own() -> None:
    views = "def a(): return 1\ndef b(): return 2\ndef one(r): return a()\ndef two(r): return b()\n"
    old = {"urls.py": DJANGO.replace("{third}", "3"), "views.py": views}
    assert compared(old, {**old, "views.py": views.replace("1", "9")}) == {f"{ANY} /one/": ["changed", "a"]}
    other = {**old, "urls.py": DJANGO.replace("{third}", "9")}
    assert compared(old, other) == {f"{ANY} /three/": ["changed", "third"]}

    script = {
        "app.js": "const app = require('express')(); const { a, b } = require('./more');\n"
        "app.get('/a', (q, r) => r.json(a())); app.get('/b', (q, r) => r.json(b()));\n"
        "app.route('/c').get((q, r) => r.json(a())).post((q, r) => r.json(b()));\n",
        "more.js": "exports.a = () => 1;\nexports.b = () => 2;\n",
    }
    other = {**script, "more.js": script["more.js"].replace("1", "9")}
    assert compared(script, other) == {"GET /a": ["changed", "a"], "GET /c": ["changed", "a"]}


EXPRESS = """\
const express = require('express');
const app = express();
const api = express.Router();
function asks(req, res, next) { next(); }
{before}
{routes}
app.get('/plain', (req, res) => res.json(0));
app.use('/api', api);
"""
ON_API = "api.get('/me', (req, res) => res.json(1));"


def express(before: str = "", routes: str = ON_API) -> dict[str, str]:
    return {"app.js": EXPRESS.replace("{before}", before).replace("{routes}", routes)}


def test_a_middleware_that_is_written_where_it_is_used_changes_the_routes_after_it() -> None:
    inline = "api.use((req, res, next) => { if (!req.user) return res.sendStatus(401); next(); });"
    mine = {"GET /api/me": ["changed", "middleware"]}
    assert compared(express(inline), express(inline.replace("401", "403"))) == mine
    assert compared(express(), express(inline)) == compared(express(inline), express()) == mine
    spaced = inline.replace("{ if", "{\n  // words\n  if")
    assert compared(express(inline), express(spaced)) == {}
    assert compared(express(), express("api.use(asks);")) == {"GET /api/me": ["changed", "asks"]}


def test_a_route_of_express_that_moves_between_routers_is_not_changed_unless_less_is_asked_before_it() -> None:
    direct = "app.get('/api/me', (req, res) => res.json(1));"
    assert compared(express(), express(routes=direct)) == compared(express(routes=direct), express()) == {}
    asked = express("api.use(asks);")
    assert compared(asked, express("api.use(asks);", direct)) == {"GET /api/me": ["changed", "asks"]}
    assert compared(express(), express(routes=direct.replace("1", "2"))) == {"GET /api/me": ["changed"]}


def test_a_route_beside_another_of_the_same_handler_that_can_not_be_told_is_a_new_place() -> None:
    lost = "from fastapi import FastAPI\nimport os\napp = FastAPI(root_path=os.environ['R'])\ndef x(): ...\n"
    one, two = (readers.routes(raw({"a.py": lost + f"app.add_api_route('/{path}', x)\n"})) for path in "ab")
    assert {place.source for place in one.unread}.isdisjoint(place.source for place in two.unread)

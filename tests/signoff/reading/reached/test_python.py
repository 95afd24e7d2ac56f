"""What Python handlers lead to: the closure of the names that their code uses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from signoff.reading.reached.changed import changed
from signoff.reading.routes.readers import routes
from support.applications import raw

SITE = {
    "app/main.py": """\
from fastapi import Depends, FastAPI
from app import prices
from .deep.text import shout as loud
from .users import current

app = FastAPI(title="one")

@app.get("/total")
def total():
    return prices.total()

@app.get("/me")
def me(user=Depends(current)):
    def inner():
        return loud(user)
    return inner()

@app.get("/plain")
def plain():
    total = 1
    return total
""",
    "app/prices.py": """\
from . import rates
from .rates import RATE as current_rate

LIMIT = 3

class Money:
    def __init__(self, amount): self.amount = amount
    def rounded(self): return round(self.amount, LIMIT)

def total():
    return Money(rates.today() * current_rate).rounded()

def unused():
    return 0
""",
    "app/rates.py": "RATE = 2\ndef today(): return 1\ndef tomorrow(): return 2\n",
    "app/deep/__init__.py": "",
    "app/deep/text.py": "from .more import *\ndef shout(text): return louder(text)\n",
    "app/deep/more.py": "def louder(text): return str(text).upper()\n",
    "app/users.py": "def current(): return 'ada'\n",
}


def led(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str]]:
    """Path of a route → what it leads to that changed."""
    found = routes(raw(new)).routes
    by = changed(raw(new), [raw(old)], found).by
    return {route.path: [one.name for one in by[route.places]] for route in found if route.places in by}


def edited(path: str, before: str, after: str, site: Mapping[str, str] = SITE) -> dict[str, str]:
    assert before in site[path]
    return {**site, path: site[path].replace(before, after)}


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("app/rates.py", "return 1", "return 9", {"/total": ["today"]}),
        ("app/rates.py", "RATE = 2", "RATE = 9", {"/total": ["RATE"]}),
        ("app/rates.py", "return 2", "return 9", {}),
        ("app/prices.py", "LIMIT = 3", "LIMIT = 9", {"/total": ["LIMIT"]}),
        ("app/prices.py", "round(self.amount", "int(self.amount", {"/total": ["Money"]}),
        ("app/prices.py", "return 0", "return 9", {}),
        ("app/deep/more.py", "upper", "lower", {"/me": ["louder"]}),
        ("app/users.py", "'ada'", "'eve'", {"/me": ["current"]}),
        ("app/main.py", 'title="one"', 'title="two"', {}),
    ],
)
def test_a_route_leads_to_what_its_handler_names_however_far(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert led(SITE, edited(path, before, after)) == wanted


def test_comments_docstrings_and_layout_are_no_change() -> None:
    after = 'def today():\n    """Of today."""\n    # a comment\n    return 1'
    assert led(SITE, edited("app/rates.py", "def today(): return 1", after)) == {}


def test_what_moved_to_another_file_is_the_same_and_what_an_import_means_now_is_not() -> None:
    moved = {**SITE, "app/people.py": SITE["app/users.py"], "app/users.py": ""}
    moved["app/main.py"] = moved["app/main.py"].replace("from .users", "from .people")
    assert led(SITE, moved) == {}
    other = {**SITE, "app/others.py": "def current(): return 'eve'\n"}
    assert led(other, edited("app/main.py", "from .users", "from .others", other)) == {"/me": ["current"]}


def test_handlers_in_a_factory_lead_to_what_stands_beside_them() -> None:
    site = {
        "web.py": """\
from flask import Flask
def create_app(config):
    app = Flask(__name__)
    limit = 3
    def helper():
        return limit
    @app.route("/a")
    def a():
        return helper()
    @app.route("/b")
    def b():
        return "b"
    return app
"""
    }
    assert led(site, edited("web.py", "limit = 3", "limit = 9", site)) == {"/a": ["limit"]}
    assert led(site, edited("web.py", "return limit", "return -limit", site)) == {"/a": ["helper"]}


GUARDED = {
    "app/main.py": """\
from fastapi import Depends, FastAPI
from app import items
from app.guards import counted, tenant
from app.others import router as others

def create_app():
    app = FastAPI(title="one", dependencies=[Depends(tenant)])
    app.include_router(items.router, prefix="/items")
    app.include_router(
        others,
        dependencies=[
            Depends(counted),
        ],
    )
    return app
""",
    "app/items.py": "from fastapi import APIRouter, Depends\nfrom .guards import user\n"
    "router = APIRouter(tags=['items'], dependencies=[Depends(user)])\n@router.get('/')\ndef items(): return []\n",
    "app/others.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/others')\ndef others(): ...\n",
    "app/guards.py": "def token(): return 1\ndef user(): return token()\n"
    "def counted(): return 2\ndef tenant(): return 3\n",
    "app/__init__.py": "",
}


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("app/guards.py", "1", "9", {"/items/": ["token"]}),
        ("app/guards.py", "2", "9", {"/others": ["counted"]}),
        ("app/guards.py", "3", "9", {"/items/": ["tenant"], "/others": ["tenant"]}),
        ("app/main.py", "one", "two", {}),
        ("app/items.py", "tags=['items']", "tags=['all']", {}),
    ],
)
def test_a_route_leads_to_the_dependencies_of_the_routers_and_applications_that_it_hangs_on(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert led(GUARDED, edited(path, before, after, GUARDED)) == wanted


HELD = {
    "app.py": """\
from fastapi import APIRouter, FastAPI
from services import Base, Mailer, Service

class Users(Base):
    limit = 1
    def __init__(self, service: Service):
        self.service = service
        self.mailer = Mailer()
        self.router = APIRouter()
        self.router.add_api_route("/", self.list)
        self.router.add_api_route("/mail", self.mail)
        self.router.add_api_route("/base", self.based)
    def list(self): return self.shaped(self.service.all())
    def mail(self): return self.mailer.send(self.limit)
    def based(self): return self.common()
    def shaped(self, found): return [found]

app = FastAPI()
app.include_router(Users(Service()).router)
""",
    "services.py": "class Service:\n    def all(self): return 2\nclass Mailer:\n    def send(self, limit): return 3\n"
    "class Base:\n    def common(self): return 4\n",
}


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("services.py", "2", "9", {"/": ["Service"]}),
        ("services.py", "3", "9", {"/mail": ["Mailer"]}),
        ("services.py", "4", "9", {"/base": ["Base"]}),
        ("app.py", "[found]", "[found, found]", {"/": ["shaped"]}),
        ("app.py", "limit = 1", "limit = 9", {"/mail": ["limit"]}),
    ],
)
def test_a_method_leads_to_what_it_uses_of_its_class_and_to_the_classes_it_is_handed(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert led(HELD, edited(path, before, after, HELD)) == wanted


def test_a_view_that_a_function_registers_for_others_is_followed() -> None:
    site = {
        "app.py": """\
from flask import Flask
from views import Report
app = Flask(__name__)
def add(path, view):
    app.add_url_rule(path, view_func=view)
add("/report", Report.as_view("report"))
""",
        "views.py": """\
from flask.views import MethodView
import data
class Report(MethodView):
    def get(self):
        return data.rows()
""",
        "data.py": "def rows(): return [1]\n",
    }
    assert led(site, edited("data.py", "[1]", "[2]", site)) == {"/report": ["rows"]}


def test_an_object_with_the_name_of_a_client_is_followed_to_its_class() -> None:
    site = {
        "app.py": "from flask import Flask\nfrom client import api\napp = Flask(__name__)\n"
        "@app.get('/a')\ndef a(): return api.rows()\n",
        "client.py": "class Client:\n    def rows(self): return [1]\napi = Client()\n",
    }
    assert led(site, edited("client.py", "[1]", "[2]", site)) == {"/a": ["Client"]}


def test_modules_that_import_each_other_in_a_circle_are_followed() -> None:
    site = {
        "ring/main.py": "from flask import Flask\nfrom ring.a import a\napp = Flask(__name__)\n"
        "@app.get('/a')\ndef handler(): return a()\n",
        "ring/a.py": "from ring import b\ndef a(): return b.b(a)\n",
        "ring/b.py": "from ring.a import a\ndef b(f): return 1 if f is a else 2\n",
        "ring/__init__.py": "",
    }
    assert led(site, edited("ring/b.py", "else 2", "else 3", site)) == {"/a": ["b"]}


def test_where_only_a_run_tells_what_is_called_that_is_said_once_something_changed_unseen() -> None:
    site = {
        "app.py": """\
from importlib import import_module
from flask import Flask
app = Flask(__name__)
@app.get("/plugin/<name>")
def plugin(name):
    return import_module("plugins." + name).answer()
""",
        "plugins/one.py": "def answer(): return 1\n",
    }
    new = edited("plugins/one.py", "return 1", "return 2", site)
    assert led(site, new) == {}
    assert [(one.file, one.line) for one in changed(raw(new), [raw(site)], routes(raw(new)).routes).blind] == [
        ("app.py", 6)
    ]
    quiet = {**site, "README.py": "# words\n"}
    assert changed(raw(quiet), [raw(site)], routes(raw(quiet)).routes).blind == ()


def test_files_that_can_not_be_read_lead_nowhere_and_break_nothing() -> None:
    new = {**SITE, "app/rates.py": "def today(: return\n", "app/users.py": "\0"}
    assert set(led(SITE, new)) <= {"/total", "/me"}

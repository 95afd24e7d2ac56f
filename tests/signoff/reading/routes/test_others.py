"""OpenAPI documents, the output of commands, paths, and whatever bytes there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.errors import Unreadable
from signoff.reading.routes import express, fastapi, flask, nextjs, openapi, printed, python_web, readers
from signoff.reading.routes.languages import languages
from signoff.reading.routes.paths import covers
from support.applications import pairs, unread

YAML = b"""\
openapi: 3.1.0
servers: [{url: https://api.example.com/v2/}]
paths:
  /items:
    get: {summary: all}
    parameters: []
  /items/{id}:
    put: {}
    delete: {}
  /other:
    $ref: other.yaml#/x
"""
WANTED = {("GET", "/v2/items"), ("PUT", "/v2/items/{id}"), ("DELETE", "/v2/items/{id}")}


def test_an_openapi_document_has_its_operations_under_the_path_of_its_server() -> None:
    found = openapi.read("api.yaml", YAML)
    assert pairs(found) == WANTED
    assert {(route.path, route.line) for route in found.routes} == {("/v2/items", 4), ("/v2/items/{id}", 7)}
    assert unread(found) == [("api.yaml", 10)]
    assert pairs(openapi.read("a.json", b'{"swagger": "2.0", "basePath": "/b", "paths": {"/x": {"post": {}}}}')) == {
        ("POST", "/b/x")
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NestJS", "import { Controller, Get } from '@nestjs/common';\n\n@Controller('cats')\nexport class Cats {}\n"),
        ("Fastify", "const fastify = require('fastify')();\nconst x = 1;\nfastify.get('/cats', async () => []);\n"),
        ("Koa", "import Router from '@koa/router';\nconst r = new Router();\nr.get('/cats', cats);\n"),
        ("tsoa", "import { Get, Route } from 'tsoa';\n\n@Route('cats')\nexport class Cats {}\n"),
        (
            "routing-controllers",
            "import { Get } from 'routing-controllers';\n\n@JsonController('/c')\nclass C {}\n",
        ),
        (
            "InversifyJS",
            "import { controller } from 'inversify-express-utils';\n\n@controller('/c')\nclass C {}\n",
        ),
        ("Hono", "import { Hono } from 'hono';\nconst app = new Hono();\napp.get('/cats', cats);\n"),
        ("Restify", "const restify = require('restify');\nconst s = restify.createServer();\ns.del('/cats', cats);\n"),
        ("Polka", "import polka from 'polka';\nconst app = polka();\napp.get('/cats', cats);\n"),
        ("Elysia", "import { Elysia } from 'elysia';\nnew Elysia()\n  .get('/cats', cats);\n"),
        ("AdonisJS", "import router from '@adonisjs/core/services/router';\n\nrouter.get('/cats', cats);\n"),
    ],
)
def test_frameworks_whose_routes_are_not_read_are_named_with_their_place(name: str, text: str) -> None:
    found = readers.routes({"src/cats.ts": text.encode(), "test/cats.test.ts": text.encode()})
    assert (pairs(found), unread(found)) == (set(), [("src/cats.ts", 3)])
    assert name in str(found.unread[0].why.parts)
    asked = b"import { Injectable } from '@nestjs/common';\nfetch.get('/x');\n"
    assert unread(readers.routes({"src/service.ts": asked, "src/client.ts": b"axios.get('/cats');"})) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "aiohttp",
            "from aiohttp import web\nr = web.RouteTableDef()\n@r.get('/cats')\nasync def cats(request): ...\n",
        ),
        ("aiohttp", "import aiohttp.web\napp = aiohttp.web.Application()\napp.router.add_get('/cats', cats)\n"),
        ("aiohttp", "from aiohttp import web\napp = web.Application()\napp.add_routes([web.get('/', cats)])\n"),
        ("BlackSheep", "from blacksheep import get\n\n@get('/cats')\ndef cats(): ...\n"),
        ("Bottle", "import bottle\napp = bottle.Bottle()\napp.route('/cats', 'GET', cats)\n"),
        ("CherryPy", "import cherrypy\nclass Cats:\n    @cherrypy.expose\n    def index(self): ...\n"),
        ("Connexion", "import connexion\napp = connexion.AsyncApp(__name__)\napp.add_api('cats.yaml')\n"),
        ("Litestar", "import litestar\n\n@litestar.get()\nasync def cats() -> list: ...\n"),
        ("Tornado", "from tornado.web import url\nroutes = [\n    url(r'/cats', Cats),\n]\n"),
        ("Bottle", "from bottle import route\n\n@route('/cats')\ndef cats(): ...\n"),
        ("Django Ninja", "from ninja import Router\nr = Router()\n@r.get('/cats')\ndef cats(request): ...\n"),
        ("Falcon", "import falcon\napp = falcon.App()\napp.add_route('/cats', Cats())\n"),
        ("Flask-RESTX", "from flask_restx import Namespace\nn = Namespace('x')\n@n.route('/cats')\nclass Cats: ...\n"),
        ("flask-smorest", "from flask_smorest import Blueprint\nb = Blueprint('x')\n@b.route('/cats')\nclass C: ...\n"),
        ("Litestar", "from litestar import get\n\n@get('/cats')\nasync def cats() -> list: ...\n"),
        ("Pyramid", "from pyramid.config import Configurator\nc = Configurator()\nc.add_route('cats', '/cats')\n"),
        ("Sanic", "from sanic import Sanic\napp = Sanic('x')\n@app.get('/cats')\nasync def cats(request): ...\n"),
        ("Tornado", "import tornado.web\nroutes = [\n    (r'/cats', CatsHandler),\n]\n"),
    ],
)
def test_frameworks_of_python_whose_routes_are_not_read_are_named_with_their_place(name: str, text: str) -> None:
    found = readers.routes({"src/cats.py": text.encode(), "tests/test_cats.py": text.encode()})
    assert (pairs(found), unread(found)) == (set(), [("src/cats.py", 3)])
    assert name in str(found.unread[0].why.parts)


def test_routes_on_an_application_that_another_file_makes_are_named_too() -> None:
    table = "from app import routes\n\n@routes.get('/cats')\ndef cats(r): ...\n@routes.post('/cats')\ndef add(r): ...\n"
    handed = "from views import index\n\ndef set_up(app): app.router.add_get('/', index)\n"
    made = "from aiohttp import web\nroutes = web.RouteTableDef()\n"
    files = {"web/app.py": made.encode(), "web/cats.py": table.encode(), "web/urls.py": handed.encode()}
    found = readers.routes(files)
    assert unread(found) == [("web/cats.py", 3), ("web/urls.py", 3)], "one place a file"
    assert all("aiohttp" in str(one.why.parts) for one in found.unread)
    plugin = b"module.exports = async (fastify) => {\n  fastify.get('/cats', cats);\n};\n"
    server = b"const app = require('fastify')();\napp.register(require('./cats'));\n"
    assert unread(readers.routes({"cats.js": plugin, "server.js": server})) == [("cats.js", 2)]
    assert unread(readers.routes({"cats.js": plugin})) == []


@pytest.mark.parametrize(
    ("name", "package", "routes", "others"),
    [
        (
            "SvelteKit", "@sveltejs/kit",
            ["src/routes/+page.svelte", "src/routes/(app)/cats/[id]/+server.ts", "src/routes/x/+page.server.js"],
            ["src/routes/+layout.svelte", "src/routes/Cat.svelte", "src/lib/+page.svelte", "src/routes/+page.ts"],
        ),
        ("Remix", "@remix-run/node", ["app/routes/cats.$id.tsx", "app/routes/cats/route.tsx"], ["app/root.tsx"]),
        ("React Router", "@react-router/dev", ["app/routes.ts", "app/routes/cats.tsx"], ["app/cats.tsx"]),
        ("Nuxt", "nuxt", ["pages/cats/[id].vue", "app/pages/x.vue", "server/api/cats.get.ts"], ["components/Cat.vue"]),
        ("Astro", "astro", ["src/pages/cats/[id].astro", "src/pages/api.ts"], ["src/pages/_part.astro", "src/x.astro"]),
    ],
)  # fmt: skip
def test_files_that_are_routes_of_a_framework_that_is_not_read_are_named(
    name: str, package: str, routes: list[str], others: list[str]
) -> None:
    manifest = f'{{"dependencies": {{"{package}": "1"}}}}'.encode()
    files = {f"site/{path}": b"export default 1;\n" for path in (*routes, *others)}
    found = readers.routes({**files, "site/package.json": manifest})
    assert (pairs(found), unread(found)) == (set(), sorted((f"site/{path}", 1) for path in routes))
    assert all(one.why.parts == (f"routes of {name} are not read",) for one in found.unread)
    assert unread(readers.routes({**files, "site/package.json": b'{"dependencies": {"x": "1"}}'})) == []


def test_a_tree_is_in_the_languages_of_what_is_deployed_of_it() -> None:
    assert languages(["main.go", "x/a.go", "tools/x.rb", "tests/test_a.py", "web/index.html"]) == ("Go", "Ruby")
    assert languages(["index.html", "style.css", "nginx.conf"]) == ()


def test_what_uses_such_a_framework_and_makes_no_route_is_quiet() -> None:
    client = "import aiohttp\nasync def cats(session):\n    return await session.get('/cats')\n"
    fast = "import aiohttp\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/cats')\ndef cats(): ...\n"
    assert unread(readers.routes({"src/client.py": client.encode(), "src/main.py": fast.encode()})) == []


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"paths": 1}', b"\xff"])
def test_what_is_no_openapi_document_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        openapi.read("api.json", raw)


def test_a_command_may_print_lines_or_json() -> None:
    lines = "Routes:\nGET /items   items#index\n  PUT|PATCH  /items/:id(.:format)\nANY /x/<int:id>\n"
    assert pairs(printed.read(lines)) == {
        ("GET", "/items"),
        ("PUT", "/items/{id}"),
        ("PATCH", "/items/{id}"),
        ("*", "/x/{id}"),
    }
    assert pairs(printed.read('[{"method": "get", "path": "/a"}, {"methods": ["POST"], "path": "/b"}]')) == {
        ("GET", "/a"),
        ("POST", "/b"),
    }
    assert pairs(printed.read('{"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}')) == {("GET", "/a")}


@pytest.mark.parametrize("output", ["", "nothing", "{", '[{"path": "x"}]', '{"a": 1}', "[1]"])
def test_output_without_routes_is_refused(output: str) -> None:
    with pytest.raises(Unreadable):
        printed.read(output)


@pytest.mark.parametrize(
    ("template", "path", "wanted"),
    [
        ("/a/{id}", "/a/1", True),
        ("/a/{id}", "/a/{other}", True),
        ("/a/{id}", "/a/1/b", False),
        ("/a/{id}", "/a", False),
        ("/a/{id}", "/a/1?day=2", True),
        ("/a/{rest...}", "/a/1/2", True),
        ("/a/{rest...}", "/a", False),
        ("/a", "/a/", False),
        ("/f/{name}.json", "/f/x.json", True),
        ("/f/{name}.json", "/f/x.xml", False),
    ],
)
def test_a_path_is_covered_by_the_template_that_it_fits(template: str, path: str, wanted: bool) -> None:
    assert covers(template, path) is wanted


WORDS = """\
from fastapi import FastAPI|app = FastAPI()|@app.get('/x')|def x(): pass|urlpatterns|from flask import *|app = Flask(x)
app.register_blueprint(app)| = [path('', include(|)|const e = require('express');|const app = e();|app.use(app);|.get(
app.route('/x')|import a from './a';|export default |for (const x of y) {|}|(|[|`${|basePath: |lambda: |async |'|"|  |*
= app|import a|from . import b"""
PIECES = st.sampled_from([b"\x00", b"\xff", b"\n", *(word.encode() for word in WORDS.replace("\n", "|").split("|"))])
SOURCES = st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=60)
NAMES = st.sampled_from(
    ["a.py", "b.py", "x/__init__.py", "a.js", "b.ts", "next.config.js", "package.json", "app/route.ts", "pages/[x.js"]
)


@given(st.dictionaries(NAMES, SOURCES, max_size=4))
def test_whatever_the_files_are_nothing_breaks_and_every_route_has_a_path_and_a_place(files: dict[str, bytes]) -> None:
    found = readers.routes(files)
    assert all(route.path.startswith("/") and route.file in files and route.line > 0 for route in found.routes)
    assert all(one.file in files for one in found.unread)


def test_what_is_nested_without_end_breaks_nothing() -> None:
    deep = b"import fastapi\nx = " + b"(" * 5000 + b")" * 5000
    python_web.read({"a.py": deep})
    python_web.read({"a.py": b"import flask\nx = " + b"1 + " * 20000 + b"1"})
    express.read({"a.js": b"const e = require('express'); x = " + b"(" * 20000})
    nextjs.read({"package.json": b"[" * 100000, "app/route.ts": b"{" * 20000})


def test_a_program_that_calls_itself_is_read_to_an_end() -> None:
    text = (
        b"from fastapi import FastAPI\ndef f(x): return g(x)\ndef g(x): return f(x) + f(x)\napp = FastAPI()\nf(app)\n"
    )
    loops = b"from fastapi import FastAPI\napp = FastAPI()\n" + b"".join(
        b"    " * depth + b"for a%d in [1, 2, 3, 4, 5, 6, 7, 8, 9]:\n" % depth for depth in range(9)
    ) + b"    " * 9 + b"app.mount('/x', app)\n"  # fmt: skip
    assert python_web.read({"a.py": text}).routes == ()
    assert python_web.read({"a.py": loops}).unread
    calls = "".join(
        f"function f{n}(app) {{ f{(n + 1) % 9}(app); f{(n + 2) % 9}(app); f{(n + 3) % 9}(app); }}\n" for n in range(9)
    )
    assert express.read({"a.js": f"const app = require('express')();\n{calls}f0(app);\n".encode()}).unread


def test_the_frameworks_are_all_known_to_the_readers() -> None:
    assert {*fastapi.EXPORTS, *flask.EXPORTS} <= python_web._EXPORTS.keys()
    assert all(map(readers.wants, ("a.py", "b/a.ts", "a.js", "web/package.json", "tsconfig.base.json")))
    assert not any(map(readers.wants, ("package-lock.json", "data.json", "README.md")))

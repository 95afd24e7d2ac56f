"""What applications are wrapped in: paths stay as they are, or that they do not is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.applications import Pairs, imported, pairs, read, unread

FASTAPI = "from fastapi import FastAPI\napp = FastAPI({})\n@app.get('/x')\ndef x(): ...\n"
FLASK = "from flask import Flask, Response\napp = Flask(__name__)\n@app.get('/x')\ndef x(): return ''\n"
PREFIXED = """\
class Prefixed:
    def __init__(self, app, prefix): self.app, self.prefix = app, prefix
    def __call__(self, environ, start):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(self.prefix)
        return self.app(environ, start)
app.wsgi_app = Prefixed(app.wsgi_app, "/p")
"""
STRIPPED = """\
class Strip:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        scope["path"] = scope["path"].removeprefix("/p")
        await self.app(scope, receive, send)
"""
QUIET = {
    "Mangum": FASTAPI.format("") + "from mangum import Mangum\nhandler = Mangum(app, lifespan='off')\n",
    "WsgiToAsgi": FLASK + "from asgiref.wsgi import WsgiToAsgi\nserved = WsgiToAsgi(app)\n",
    "ProxyFix": FLASK + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app)\n",
    "CORS": FASTAPI.format("") + "from starlette.middleware.cors import CORSMiddleware as C\napp.add_middleware(C)\n",
    "an empty root_path": FASTAPI.format("root_path=''"),
    "headers": FASTAPI.format("") + "@app.middleware('http')\nasync def m(r, n):\n    a = await n(r)\n"
    "    a.headers['x'] = r.scope['path']\n    return a\n",
}
MOVING = {
    "VersionedFastAPI": FASTAPI.format("")
    + "from fastapi_versioning import VersionedFastAPI as V\napp = V(app, version_format='{major}')\n",
    "root_path": FASTAPI.format("root_path='/api'"),
    "a root_path of the environment": "import os\n" + FASTAPI.format("root_path=os.environ.get('ROOT', '')"),
    "Mangum with a base path": FASTAPI.format("")
    + "from mangum import Mangum\nhandler = Mangum(app, api_gateway_base_path='/v1')\n",
    "an own class of WSGI": FLASK + PREFIXED,
    "an own middleware": FASTAPI.format("") + STRIPPED + "app.add_middleware(Strip)\n",
    "an own middleware of the constructor": STRIPPED
    + "from starlette.middleware import Middleware\n"
    + FASTAPI.format("middleware=[Middleware(Strip)]"),
    "a function": FASTAPI.format("") + "@app.middleware('http')\nasync def m(request, ahead):\n"
    "    request.scope['path'] = '/y'\n    return await ahead(request)\n",
}


@pytest.mark.parametrize("name", QUIET)
def test_a_wrapper_that_leaves_paths_as_they_are_is_quiet(name: str) -> None:
    found = read({"app.py": QUIET[name]})
    assert (pairs(found), unread(found)) == ({("GET", "/x")}, [])


@pytest.mark.parametrize("name", MOVING)
def test_of_a_wrapper_that_changes_paths_at_run_time_it_is_said_and_no_path_is_assumed(name: str) -> None:
    found = read({"app.py": MOVING[name]})
    assert (pairs(found), len(found.unread)) == (set(), 1)


@pytest.mark.parametrize(
    ("wrapped", "wanted"),
    [
        ("served = D(Response('no', status=404), {'/api': app})", {("GET", "/api/x")}),
        ("app.wsgi_app = D(Response('no', status=404), {'/api': app.wsgi_app})", {("GET", "/api/x")}),
        ("served = D(app, {'/more': other})", {("GET", "/x"), ("GET", "/more/y")}),
        ("served = D(app, {'/again': app})", {("GET", "/x"), ("GET", "/again/x")}),
    ],
)
def test_applications_that_a_dispatcher_mounts_answer_below_their_prefix(
    wrapped: str, wanted: Pairs, tmp_path: Path
) -> None:
    text = (
        FLASK
        + "other = Flask('other')\n@other.get('/y')\ndef y(): return ''\n"
        + f"from werkzeug.middleware.dispatcher import DispatcherMiddleware as D\n{wrapped}\n"
    )
    found = read({"app.py": text})
    beside = {("GET", "/y")} if "other}" not in wrapped else set()
    assert (pairs(found), unread(found)) == (wanted | beside, [])
    from werkzeug.test import Client

    with imported(tmp_path, {"dispatched.py": text}, "dispatched") as module:
        client = Client(getattr(module, "served", module.app))
        assert {path for _, path in wanted} == {
            path for path in ("/x", "/api/x", "/more/y", "/again/x") if client.get(path).status_code == 200
        }

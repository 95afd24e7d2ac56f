"""What applications are wrapped in. Most wrappers change no path; of those that do, that is said."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from signoff.reading.routes.flask import Blueprint
from signoff.reading.routes.moving import move
from signoff.reading.routes.tree import Tree
from signoff.reading.routes.values import Call, Function, Instance, Made, Native, Value


def same(call: Call) -> Value:
    """What is handed to an adapter or a middleware answers as before."""
    return call.get(0, "app")


def moved(call: Call) -> Value:
    """Each route of it has another path."""
    app = same(call)
    move([app], f"{ast.unparse(call.node.func)} gives it another path" if isinstance(call.node, ast.Call) else "")
    return app


def _mangum(call: Call) -> Value:
    """https://mangum.fastapiexpert.com/http/: it takes a base path away."""
    app = same(call)
    if call.kwargs.get("api_gateway_base_path", "/") not in {"/", None}:
        move([app], "Mangum takes a base path away")
    return app


def _dispatched(call: Call) -> Value:
    """`DispatcherMiddleware(app, {"/prefix": other})`; `app` is often a bare 404.

    https://werkzeug.palletsprojects.com/en/stable/middleware/dispatcher/
    """
    app, mounts = call.get(0, "app"), call.get(1, "mounts")
    answers = isinstance(app, Tree)
    if not answers and not isinstance(app, Made | Function | Instance | None):
        call.unread("what answers beside the mounts can not be told")
    top = Blueprint(call, root=True) if not answers or app in _values(mounts) else app
    if answers and top is not app:
        top.hold(call, "", app)
    for prefix, other in mounts.items() if isinstance(mounts, dict) else ():
        if isinstance(other, Tree):
            top.hold(call, prefix, other)
        else:
            call.unread("what is mounted here can not be told")
    if mounts is not None and not isinstance(mounts, dict):
        call.unread("what is mounted here can not be told")
    return top


def _values(mounts: Value) -> list[Value]:
    return list(mounts.values()) if isinstance(mounts, dict) else []


EXPORTS: Mapping[str, Native] = {
    "starlette.middleware.wsgi.WSGIMiddleware": same,
    "fastapi.middleware.wsgi.WSGIMiddleware": same,
    "a2wsgi.WSGIMiddleware": same,
    "a2wsgi.ASGIMiddleware": same,
    "asgiref.wsgi.WsgiToAsgi": same,
    "werkzeug.middleware.proxy_fix.ProxyFix": same,
    "werkzeug.middleware.dispatcher.DispatcherMiddleware": _dispatched,
    "mangum.Mangum": _mangum,
    "fastapi_versioning.VersionedFastAPI": moved,
    "fastapi_versioning.versioning.VersionedFastAPI": moved,
    "fastapi_versionizer.Versionizer": moved,
    "fastapi_versionizer.versionizer.Versionizer": moved,
    "fastapi_versionizer.versionizer.versionize": moved,
}

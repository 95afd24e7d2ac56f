"""REST: every method of the table that has an HTTP binding, with Google's JSON and Google's error JSON.

The same port is a plain-HTTP proxy for `gcloud`: requests in absolute form (`GET http://run.googleapis.com/v2/…`) are
answered here, and CONNECT is refused, so that nothing that was not redirected leaves the machine.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from signoff_sandbox.wire.dispatch import HANDLERS, ConnectionDropped, dispatch, strike
from signoff_sandbox.wire.grpc_server import check_token
from signoff_sandbox.wire.paths import PathMethod, Visit
from signoff_sandbox.wire.permissions import refuse
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.templates import Route, routes
from signoff_sandbox.wire.transcode import read_request, write_response
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, bug_of_sandbox, unimplemented

log = logging.getLogger(__name__)


_ABSOLUTE = re.compile(r"https?://[^/]+")


class RestApp:
    """The ASGI application. `paths` are looked at before the table, in their order."""

    def __init__(self, cloud: Cloud, paths: Sequence[PathMethod] = ()) -> None:
        self._cloud = cloud
        self._paths = tuple(paths)
        self._routes = routes(rpcs().values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = await self._answer(Request(scope, receive))
        except ApiError as error:
            response = json_response(error.rest(), error.http_status)
        except ConnectionDropped:
            # A promised body that never comes: the server closes the connection, and the client sees it break off.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            return
        except Exception as bug:  # of a path that is no method: those are caught in dispatch
            log.exception("%s %s", scope["method"], scope["path"])
            internal = bug_of_sandbox(bug)
            response = json_response(internal.rest(), internal.http_status)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "CONNECT":
            return Response("the sandbox does not tunnel: override this endpoint to plain http\n", 403)
        raw = request.scope.get("raw_path", request.scope["path"].encode()).decode("ascii", "replace")
        path = _ABSOLUTE.sub("", raw, count=1).partition("?")[0]
        host = request.headers.get("host", "")
        check_token(self._cloud, bearer(request.headers.get("authorization", "")))
        for method in self._paths:
            groups = method.match(request.method, host, path)
            if groups is not None:
                return await self._visit(method, Visit(self._cloud, request, groups))
        for route in self._routes.get(request.method, ()):
            fields = route.match(path)
            if fields is not None:
                return await self._call(route, fields, request)
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"{request.method} {unquote(path)} is no method of the sandbox.")

    async def _visit(self, method: PathMethod, visit: Visit) -> Response:
        if method.name:
            await strike(self._cloud, method.name)
        if method.permission is not None:
            refuse(self._cloud, method.permission, f"projects/{self._cloud.settings.project}")
        return await method.answer(visit)

    async def _call(self, route: Route, fields: dict[str, str], request: Request) -> Response:
        method = route.rpc.method
        if method not in HANDLERS:
            self._cloud.calls[method] += 1
            raise unimplemented(method)
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        message = read_request(route.rpc.request_class(), fields, query, await request.body(), route.binding.body)
        answer = await dispatch(self._cloud, method, message)
        return Response(write_response(answer), media_type="application/json")


def bearer(header: str) -> str:
    """The header, where Docker's `Basic oauth2accesstoken:TOKEN` counts as the bearer token that it carries."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return header
    try:
        user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return header
    return f"Bearer {token}" if user == "oauth2accesstoken" else header


def json_response(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=2), status, media_type="application/json")

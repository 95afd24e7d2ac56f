"""REST: every method of the table that has an HTTP binding, with Google's JSON and Google's error JSON.

The same port is a plain-HTTP proxy for `gcloud`: requests in absolute form (`GET http://run.googleapis.com/v2/…`) are
answered here, and CONNECT is refused, so that nothing that was not redirected leaves the machine.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from signoff_sandbox.wire.authentication import caller_of
from signoff_sandbox.wire.discovery import declared
from signoff_sandbox.wire.dispatch import HANDLERS, dispatch, strike
from signoff_sandbox.wire.effects.json_values import spoiled
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response, may_mean
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.templates import Route, routes
from signoff_sandbox.wire.transcode import read_alt, read_request, written
from signoff_sandbox.wire.visits import visited
from signoff_sandbox.world.callers import Caller
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, ConnectionDropped, bug_of_sandbox, unimplemented
from signoff_sandbox.world.planted import break_off

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
            response = _refused(error)
        except ConnectionDropped:
            await break_off(send)
            return
        except Exception as bug:  # of a path that is no method: those are caught in dispatch
            log.exception("%s %s", scope["method"], scope["path"])
            response = _refused(bug_of_sandbox(bug))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "CONNECT":
            return Response("the sandbox does not tunnel: override this endpoint to plain http\n", 403)
        raw = request.scope.get("raw_path", request.scope["path"].encode()).decode("ascii", "replace")
        path = _ABSOLUTE.sub("", raw, count=1).partition("?")[0]
        host = request.headers.get("host", "")
        caller = caller_of(self._cloud, request.headers)
        for method in self._paths:
            groups = method.match(request.method, host, path)
            if groups is not None:
                return await visited(method, Visit(self._cloud, request, groups), caller)
        for route in self._routes.get(request.method, ()):
            fields = route.match(path) if may_mean(host, route.binding.host) else None
            if fields is not None:
                return await self._call(route, fields, request, caller)
        name = declared(request.method, host, path)
        if name is not None:
            await strike(self._cloud, name, caller)
            raise unimplemented(name)
        raise ApiError(
            grpc.StatusCode.NOT_FOUND, f"{request.method} {unquote(path)} is no method that the signoff sandbox knows."
        )

    async def _call(self, route: Route, fields: dict[str, str], request: Request, caller: Caller) -> Response:
        method = route.rpc.method
        if method not in HANDLERS:
            await strike(self._cloud, method, caller)
            raise unimplemented(method)
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        message = read_request(route.rpc.request_class(), fields, query, await request.body(), route.binding.body)
        answer, met = await dispatch(self._cloud, method, message, caller)
        content = written(answer, enums_as_integers=read_alt(query))
        return json_response(spoiled(content, met))


def _refused(error: ApiError) -> Response:
    response = json_response(error.rest(), error.http_status)
    if error.retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(error.retry_after))
    return response

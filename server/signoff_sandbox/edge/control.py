"""The control of a running edge over HTTP, on an address and with a token of its own beside nginx."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from signoff_sandbox.edge.config import ConfigError, EdgeConfig, parse_config
from signoff_sandbox.edge.nginx import NginxFailed
from signoff_sandbox.edge.running import Edge

Answer = Callable[[Request], Awaitable[Response]]


def routes(edge: Edge, token: str, read: Callable[[], EdgeConfig]) -> list[Route]:
    """`read` reads the configuration again from where it came."""

    async def put_config(request: Request) -> Response:
        await edge.change(parse_config(await _json(request), "request"))
        return JSONResponse({})

    async def reload(request: Request) -> Response:  # noqa: ARG001 - starlette's signature
        await edge.change(read())
        return JSONResponse({})

    async def purge(request: Request) -> Response:
        """{"path": "/x"} or {"path": "/x/*"}; without one, everything."""
        return JSONResponse({"purged": edge.cache.purge(str((await _json(request)).get("path", "/*")))})

    async def make_older(request: Request) -> Response:
        """{"seconds": 600}: every cached answer came that much earlier."""
        seconds = (await _json(request)).get("seconds")
        if not isinstance(seconds, int | float):
            raise ConfigError("request: seconds: must be a number")
        return JSONResponse({"aged": edge.cache.make_older(seconds)})

    return [
        Route("/edge/config", _guarded(put_config, token), methods=["PUT"]),
        Route("/edge/reload", _guarded(reload, token), methods=["POST"]),
        Route("/edge/cache:purge", _guarded(purge, token), methods=["POST"]),
        Route("/edge/cache:age", _guarded(make_older, token), methods=["POST"]),
    ]


def _guarded(answer: Answer, token: str) -> Answer:
    async def guarded(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return JSONResponse({"error": "the token is missing or wrong"}, 401)
        try:
            return await answer(request)
        except ConfigError as error:
            return JSONResponse({"error": str(error)}, 400)
        except NginxFailed as error:
            return JSONResponse({"error": str(error)}, 500)

    return guarded


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise ConfigError(f"request: is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError("request: must be a JSON object")
    return content

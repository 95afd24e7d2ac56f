"""What was asked and answered over HTTP, one JSON object a line: `up --http-log FILE`.

    {"method": "GET", "url": "http://run.googleapis.com/v2/…", "status": 200, "body": …, "request": …}

`request` and `body` (the answer) are JSON where they were JSON, else null. Headers and the token in them stay out, and
so does what secrets hold: `payload.data` of Secret Manager is the base64 of `***`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECRET = re.compile(r"/secrets/[^?]*:(?:addVersion|access)(?:\?|$)|/sandbox/state(?:\?|$)")


class HttpLog:
    """An ASGI application around another that gives every exchange, as a line, to `write`."""

    def __init__(self, app: ASGIApp, write: Callable[[str], object]) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, asked, answered = 0, bytearray(), bytearray()

        async def read() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answered.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, read, answer)
        finally:
            exchange: dict[str, Any] = {
                "method": scope["method"],
                "url": _url(scope),
                "status": status,
                "request": _json(asked),
                "body": _json(answered),
            }
            if _SECRET.search(exchange["url"]):
                _mask(exchange["request"])
                _mask(exchange["body"])
            self._write(json.dumps(exchange, ensure_ascii=False) + "\n")


def _url(scope: Scope) -> str:
    """As the client wrote it: in absolute form where the sandbox was its proxy, else with the host that it named."""
    path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
    query = scope["query_string"].decode("latin-1")
    if path.startswith("/"):
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        path = f"http://{host}{path}"
    return f"{path}?{query}" if query and "?" not in path else path


def _mask(body: Any) -> None:
    if not isinstance(body, dict):
        return
    held = body.get("secretPayloads")  # of a state
    for entry in (body, *(held if isinstance(held, list) else ())):
        payload = entry.get("payload") if isinstance(entry, dict) else None
        if isinstance(payload, dict) and "data" in payload:
            payload["data"] = "Kioq"


def _json(body: bytearray) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None

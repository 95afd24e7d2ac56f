"""Requests for a run.app host: they come to the port where the sandbox speaks HTTP, which is their proxy.

curl --proxy http://127.0.0.1:9201 http://web-123456789012.us-central1.run.app/
curl --header "Host: web-123456789012.us-central1.run.app" http://127.0.0.1:9201/
"""

from __future__ import annotations

import re
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from signoff_sandbox.world import frontend, refusals, run_urls
from signoff_sandbox.world.cloud import Cloud

_ABSOLUTE = re.compile(rb"https?://([^/?]+)")


class ByHost:
    """An ASGI application: services by the hosts of their URLs, and `others` for every other host."""

    def __init__(self, cloud: Cloud, others: ASGIApp) -> None:
        self._cloud = cloud
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = _host(scope) if scope["type"] == "http" else ""
        if not run_urls.is_run_app(host) or scope["method"] == "CONNECT":
            await self._others(scope, receive, send)
            return
        found = run_urls.find(self._cloud, host)
        if found is None:
            await refusals.not_found().send(send)
        else:
            await frontend.application(self._cloud, *found)(_origin_form(scope), receive, send)


def _host(scope: Scope) -> str:
    """The host that is asked for, without a port. https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2"""
    absolute = _ABSOLUTE.match(scope.get("raw_path", b""))
    host = absolute[1] if absolute else next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host.decode("latin-1").partition(":")[0]


def _origin_form(scope: Scope) -> dict[str, Any]:
    raw = _ABSOLUTE.sub(b"", scope["raw_path"], count=1).partition(b"?")[0] or b"/"
    path = _ABSOLUTE.sub(b"", scope["path"].encode(), count=1).partition(b"?")[0].decode() or "/"
    return {**scope, "raw_path": raw, "path": path}

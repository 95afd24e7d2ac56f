"""What a team's own command prints of its routes: lines `METHOD /path`, a JSON list, or an OpenAPI document."""

from __future__ import annotations

import json
import re
from typing import Any, TypeGuard

from signoff.model.routes import ANY, Found, Route
from signoff.reading.errors import Unreadable
from signoff.reading.routes import openapi
from signoff.reading.routes.paths import fingerprint

_LINE = re.compile(r"^\s*(?P<methods>[A-Za-z*]+(?:[,|][A-Za-z*]+)*)\s+(?P<path>/\S*)")
_COLON = re.compile(r"(?<=/):(\w+)")
_ANGLES = re.compile(r"<(?:\w+:)?(\w+)>")
BY = "command"


def read(output: str) -> Found:
    """The routes that were printed; parameters may be `{id}`, `:id` or `<id>`. Raises Unreadable without any."""
    whole = output.strip()
    if whole[:1] in {"{", "["}:
        return _json(whole)
    routes = []
    for number, line in enumerate(output.splitlines(), 1):
        found = _LINE.match(line)
        if found:
            routes += _routes(re.split(r"[,|]", found["methods"]), found["path"], "", number)
    if not routes:
        raise Unreadable("no line of the output is a route, as in: GET /api/reports")
    return Found(tuple(routes), (), frozenset({BY}))


def _json(written: str) -> Found:
    try:
        document = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the output is not JSON") from error
    if isinstance(document, dict) and isinstance(document.get("paths"), dict):
        return openapi.of(document, "", written)
    entries = document.get("routes") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise Unreadable("the output is neither a list of routes nor an OpenAPI document")
    routes = []
    for number, entry in enumerate(entries, 1):
        path = entry.get("path") if isinstance(entry, dict) else None
        methods = entry.get("methods", entry.get("method", ANY)) if isinstance(entry, dict) else None
        named = [methods] if isinstance(methods, str) else methods
        if not isinstance(path, str) or not path.startswith("/") or not _are_texts(named):
            raise Unreadable(f"entry {number} has no method and path")
        routes += _routes(named, path, json.dumps(entry, sort_keys=True), number)
    return Found(tuple(routes), (), frozenset({BY}))


def _are_texts(named: Any) -> TypeGuard[list[str]]:
    return isinstance(named, list) and all(isinstance(one, str) for one in named)


def _routes(methods: list[str], path: str, said: str, number: int) -> list[Route]:
    normal = _ANGLES.sub(r"{\1}", _COLON.sub(r"{\1}", path.removesuffix("(.:format)")))  # as Rails prints them
    named = [ANY if method.upper() in {"ANY", "ALL", ANY} else method.upper() for method in methods]
    return [Route(method, normal, "", number, fingerprint(said)) for method in dict.fromkeys(named)]

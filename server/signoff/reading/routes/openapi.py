"""Routes of an OpenAPI document, as JSON or YAML. https://spec.openapis.org/oas/latest.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from signoff.model.quoted import Quoted
from signoff.model.routes import Found, Route, Unread
from signoff.model.text import text
from signoff.reading.errors import Unreadable, as_text
from signoff.reading.routes.paths import fingerprint, joined
from signoff.reading.yaml_text import read_yaml

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def read(path: str, raw: bytes) -> Found:
    """Every operation of the document. Raises Unreadable where it is none."""
    written = as_text(raw)
    document = _loaded(path, written)
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise Unreadable("is no OpenAPI document: it has no paths")
    return of(document, path, written)


def of(document: Mapping[str, Any], path: str, written: str = "") -> Found:
    """The same of a document that was loaded already."""
    routes: list[Route] = []
    unread: list[Unread] = []
    prefix = _prefix(document)
    if prefix is None:
        return Found((), (Unread(path, 1, text("the address of its server can not be told")),), frozenset({"OpenAPI"}))
    for template, item in document["paths"].items():
        if not isinstance(template, str) or not template.startswith("/") or not isinstance(item, Mapping):
            continue
        at = _line(written, template)
        if "$ref" in item:
            unread.append(Unread(path, at, text("{} stands in another document", Quoted(template))))
        for method, operation in item.items():
            if isinstance(method, str) and method.lower() in _METHODS:
                said = fingerprint(json.dumps(operation, sort_keys=True, default=str))
                routes.append(Route(method.upper(), joined(prefix, template) if prefix else template, path, at, said))
    return Found(tuple(routes), tuple(unread), frozenset({"OpenAPI"}))


def _loaded(path: str, written: str) -> Any:
    if not path.endswith(".json"):
        return read_yaml(written)
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not JSON") from error


def _prefix(document: Mapping[str, Any]) -> str | None:
    """The path of the first server (OpenAPI 3), or `basePath` (Swagger 2); None where it has a variable."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, Mapping) else document.get("basePath", "")
    if not isinstance(url, str) or "{" in url:
        return None
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return None


def _line(written: str, template: str) -> int:
    at = written.find(template)
    return written.count("\n", 0, at) + 1 if at >= 0 else 1

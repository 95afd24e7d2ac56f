"""Frameworks of Node.js whose routes are not read: each place where one makes some is named, and nothing is assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from signoff.model.routes import Found, Unread
from signoff.model.text import text
from signoff.reading.routes.paths import fingerprint
from signoff.reading.source.shipped import is_shipped

_IMPORT = r"""(?:from\s+|require\(\s*|import\(\s*)['"]{}['"]"""
_MARKS = {
    "NestJS": (_IMPORT.format(r"@nestjs/common"), r"^[ \t]*@Controller\("),
    "Fastify": (_IMPORT.format(r"fastify"), r"\.(?:get|post|put|patch|delete|all|route)\(\s*['\"`{]"),
    "Koa": (_IMPORT.format(r"(?:@koa/router|koa-router)"), r"\.(?:get|post|put|patch|del|delete|all)\(\s*['\"`]/"),
    "Hono": (_IMPORT.format(r"hono"), r"\.(?:get|post|put|patch|delete|all|on)\(\s*['\"`]/"),
}
"""By its name: how a file imports it, and how a file that does makes routes."""
_FOUND = {name: (re.compile(one.encode()), re.compile(two.encode(), re.M)) for name, (one, two) in _MARKS.items()}


def read(files: Mapping[str, bytes]) -> Found:
    """One place a file: where its first route or controller is made. `source` is the whole file's."""
    unread: list[Unread] = []
    for path, raw in sorted(files.items()):
        for name, (imports, makes) in _FOUND.items() if is_shipped(path) else ():
            first = makes.search(raw) if imports.search(raw) else None
            if first is not None:
                at = raw.count(b"\n", 0, first.start()) + 1
                unread.append(Unread(path, at, text("routes of {} are not read", name), fingerprint(raw)))
    return Found(unread=tuple(unread))

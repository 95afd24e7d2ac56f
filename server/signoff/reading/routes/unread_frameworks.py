"""Frameworks whose routes are not read: each place where one makes some is named, and nothing is assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from signoff.model.routes import Found, Unread
from signoff.model.text import text
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.script import SUFFIXES as SCRIPTS
from signoff.reading.source.shipped import is_shipped

_IMPORT = r"""(?:from\s+|require\(\s*|import\(\s*)['"]{}['"]"""
_SCRIPTS = {
    "NestJS": (_IMPORT.format(r"@nestjs/common"), r"^[ \t]*@Controller\("),
    "Fastify": (_IMPORT.format(r"fastify"), r"\.(?:get|post|put|patch|delete|all|route)\(\s*['\"`{]"),
    "Koa": (_IMPORT.format(r"(?:@koa/router|koa-router)"), r"\.(?:get|post|put|patch|del|delete|all)\(\s*['\"`]/"),
    "Hono": (_IMPORT.format(r"hono"), r"\.(?:get|post|put|patch|delete|all|on)\(\s*['\"`]/"),
    "routing-controllers": (_IMPORT.format(r"routing-controllers"), r"^[ \t]*@(?:Json)?Controller\("),
    "tsoa": (_IMPORT.format(r"(?:@tsoa/runtime|tsoa)"), r"^[ \t]*@Route\("),
    "InversifyJS": (_IMPORT.format(r"inversify-express-utils"), r"^[ \t]*@controller\("),
    "hapi": (_IMPORT.format(r"@hapi/hapi"), r"\.route\(\s*[\[{]"),
}
"""By its name: how a file imports it, and how a file that does makes routes."""
_FROM = r"^[ \t]*(?:from|import)[ \t]+{}\b"
_SERVER = r"^[ \t]*from[ \t]+aiohttp[ \t]+import[^\n]*\bweb\b|\baiohttp\.web\b"
_DECORATED = r"^[ \t]*@\w+(?:\.\w+)*\.(?:route|get|post|put|patch|delete|view)\(\s*[rf]?['\"]"
_PYTHON = {
    "aiohttp": (_SERVER, rf"{_DECORATED}|\.add_(?:get|post|put|patch|delete|route|routes|view)\("),
    "Bottle": (_FROM.format(r"bottle"), rf"{_DECORATED}|^[ \t]*@(?:route|get|post|put|delete)\(\s*['\"]"),
    "Django Ninja": (_FROM.format(r"(?:ninja|ninja_extra)"), rf"{_DECORATED}|^[ \t]*@api_controller\("),
    "Falcon": (_FROM.format(r"falcon"), r"\.add_route\("),
    "Flask-RESTX": (_FROM.format(r"(?:flask_restx|flask_restplus)"), _DECORATED),
    "flask-smorest": (_FROM.format(r"flask_smorest"), _DECORATED),
    "Litestar": (_FROM.format(r"litestar"), r"^[ \t]*@(?:get|post|put|patch|delete|route)\("),
    "Pyramid": (_FROM.format(r"pyramid"), r"\.add_route\(|^[ \t]*@view_config\("),
    "Sanic": (_FROM.format(r"sanic"), rf"{_DECORATED}|\.add_route\("),
    "Tornado": (_FROM.format(r"tornado"), r"\bApplication\(|^[ \t]*\(\s*r?['\"]/[^\n]*Handler"),
}
PACKAGES = frozenset(
    {"aiohttp", "bottle", "falcon", "flask_restplus", "flask_restx", "flask_smorest", "litestar", "ninja",
     "ninja_extra", "pyramid", "sanic", "tornado"}
)  # fmt: skip
"""Those of Python, as they are imported."""


def _compiled(marks: Mapping[str, tuple[str, str]]) -> dict[str, tuple[re.Pattern[bytes], re.Pattern[bytes]]]:
    return {name: (re.compile(i.encode(), re.M), re.compile(m.encode(), re.M)) for name, (i, m) in marks.items()}


_KINDS = ((SCRIPTS, _compiled(_SCRIPTS)), ((".py",), _compiled(_PYTHON)))


def read(files: Mapping[str, bytes]) -> Found:
    """One place a file: where its first route or controller is made. `source` is the whole file's."""
    unread: list[Unread] = []
    for path, raw in sorted(files.items()):
        known = next((marks for suffixes, marks in _KINDS if path.endswith(suffixes)), {}) if is_shipped(path) else {}
        for name, (imports, makes) in known.items():
            first = makes.search(raw) if imports.search(raw) else None
            if first is not None:
                at = raw.count(b"\n", 0, first.start()) + 1
                unread.append(Unread(path, at, text("routes of {} are not read", name), fingerprint(raw)))
    return Found(unread=tuple(unread))

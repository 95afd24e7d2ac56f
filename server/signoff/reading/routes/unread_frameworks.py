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
    "Restify": (_IMPORT.format(r"restify"), r"\.(?:get|post|put|patch|del|opts|head)\(\s*['\"`]/"),
    "Polka": (_IMPORT.format(r"polka"), r"\.(?:get|post|put|patch|delete|all)\(\s*['\"`]/"),
    "Elysia": (_IMPORT.format(r"elysia"), r"\.(?:get|post|put|patch|delete|all)\(\s*['\"`]/"),
    "AdonisJS": (_IMPORT.format(r"@adonisjs/core/services/router"), r"\b[rR]ou(?:ter|te)\.\w+\(\s*['\"`]"),
}
"""By its name: how a file imports it, and how a file that does makes routes."""
_FROM = r"^[ \t]*(?:from|import)[ \t]+{}\b"
_SERVER = r"^[ \t]*from[ \t]+aiohttp[ \t]+import[^\n]*\bweb\b|\baiohttp\.web\b"
_DECORATED = r"^[ \t]*@\w+(?:\.\w+)*\.(?:route|get|post|put|patch|delete|view)\(\s*[rf]?['\"]"
_PYTHON = {
    "aiohttp": (
        _SERVER,
        rf"{_DECORATED}|(?:\bweb\.|\.add_)(?:get|post|put|patch|delete|routes?|view)\(",
    ),
    "Bottle": (
        _FROM.format(r"bottle"),
        rf"{_DECORATED}|^[ \t]*@(?:route|get|post|put|delete)\(\s*['\"]|\.route\(\s*['\"]/",
    ),
    "BlackSheep": (_FROM.format(r"blacksheep"), rf"{_DECORATED}|^[ \t]*@(?:route|get|post|put|patch|delete)\("),
    "CherryPy": (_FROM.format(r"cherrypy"), r"@(?:cherrypy\.)?expose\b|\.exposed\s*=\s*True"),
    "Connexion": (_FROM.format(r"connexion"), r"\.add_api\("),
    "Django Ninja": (_FROM.format(r"(?:ninja|ninja_extra)"), rf"{_DECORATED}|^[ \t]*@api_controller\("),
    "Falcon": (_FROM.format(r"falcon"), r"\.add_route\("),
    "Flask-RESTX": (_FROM.format(r"(?:flask_restx|flask_restplus)"), _DECORATED),
    "flask-smorest": (_FROM.format(r"flask_smorest"), _DECORATED),
    "Litestar": (_FROM.format(r"litestar"), r"^[ \t]*@(?:litestar\.)?(?:get|post|put|patch|delete|route)\("),
    "Pyramid": (_FROM.format(r"pyramid"), r"\.add_route\(|^[ \t]*@view_config\("),
    "Sanic": (_FROM.format(r"sanic"), rf"{_DECORATED}|\.add_route\("),
    "Tornado": (
        _FROM.format(r"tornado"),
        r"\bApplication\(|\b(?:url|URLSpec)\(\s*r?['\"]/|^[ \t]*\(\s*r?['\"]/[^\n]*Handler",
    ),
}
PACKAGES = {
    "aiohttp": "aiohttp", "blacksheep": "BlackSheep", "bottle": "Bottle", "cherrypy": "CherryPy",
    "connexion": "Connexion", "falcon": "Falcon", "flask_restplus": "Flask-RESTX", "flask_restx": "Flask-RESTX",
    "flask_smorest": "flask-smorest", "litestar": "Litestar", "ninja": "Django Ninja", "ninja_extra": "Django Ninja",
    "pyramid": "Pyramid", "sanic": "Sanic", "tornado": "Tornado",
}  # fmt: skip
"""Those of Python, as they are imported."""
_BY_NAME = {
    "aiohttp": r"\.router\.add_(?:get|post|put|patch|delete|route|routes|view)\(",
    "Fastify": r"\bfastify\.(?:get|post|put|patch|delete|all|route)\(\s*['\"`{]",
}
"""How files make routes on an application that another file hands them, once any file imports the framework."""


def _compiled(marks: Mapping[str, tuple[str, str]]) -> dict[str, tuple[re.Pattern[bytes], re.Pattern[bytes]]]:
    return {name: (re.compile(i.encode(), re.M), re.compile(m.encode(), re.M)) for name, (i, m) in marks.items()}


_KINDS = ((SCRIPTS, _compiled(_SCRIPTS)), ((".py",), _compiled(_PYTHON)))
_HANDED = {name: re.compile(pattern.encode()) for name, pattern in _BY_NAME.items()}


def read(files: Mapping[str, bytes]) -> Found:
    """One place a file: where its first route or controller is made. `source` is the whole file's."""
    unread: list[Unread] = []
    for suffixes, marks in _KINDS:
        own = {path: raw for path, raw in sorted(files.items()) if path.endswith(suffixes) and is_shipped(path)}
        for name, (imports, makes) in marks.items():
            users = {path for path, raw in own.items() if imports.search(raw)}
            handed = _HANDED.get(name) if users else None
            for path, raw in own.items():
                by = makes if path in users else handed
                first = by.search(raw) if by is not None else None
                if first is not None:
                    at = raw.count(b"\n", 0, first.start()) + 1
                    unread.append(Unread(path, at, text("routes of {} are not read", name), fingerprint(raw)))
    return Found(unread=tuple(sorted(unread, key=lambda one: (one.file, one.line))))


def names(path: str, raw: bytes) -> bool:
    """Whether a file is one of those places by itself."""
    return bool(read({path: raw}).unread)

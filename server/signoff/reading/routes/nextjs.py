"""Next.js: the app router (`app/**/route.ts`, `page.tsx`) and the pages router, out of the names of files.

https://nextjs.org/docs/app/getting-started/project-structure
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.model.routes import ANY, Found, Place, Route, Unread
from signoff.model.text import text
from signoff.reading.routes.next_files import Settings, exported_methods, settings
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.script import SUFFIXES, parsed, tokens

if TYPE_CHECKING:
    from tree_sitter import Node

_SOURCE = re.compile(r"^(?P<name>.+?)\.(?:tsx|ts|jsx|js|mdx?)$")
_CONFIG = re.compile(r"(^|/)next\.config\.(js|mjs|cjs|ts|mts)$")
_INTERCEPTING = re.compile(r"^\((\.{1,3})\)")
_METADATA = {"sitemap": "sitemap.xml", "robots": "robots.txt", "manifest": "manifest.webmanifest"}
_NO_PAGES = {"_app", "_document", "_error", "404", "500", "_middleware"}


@dataclass(frozen=True, slots=True)
class _Site:
    """`root`: its folder, empty or with a slash at the end."""

    root: str
    settings: Settings


def read(files: Mapping[str, bytes]) -> Found:
    """The routes of every Next.js application of a tree."""
    found = Found()
    for site in _sites(files):
        routes = [*_app(site, files), *_pages(site, files)]
        own = tuple(one for one in routes if isinstance(one, Route))
        unread = tuple(one for one in routes if isinstance(one, Unread))
        found = found.with_more(Found(own, (*site.settings.unread, *unread), frozenset({"Next.js"})))
    return found


def _sites(files: Mapping[str, bytes]) -> Iterator[_Site]:
    """Folders with a configuration of Next.js, or whose package.json names it."""
    roots: dict[str, str | None] = {}
    for path, raw in sorted(files.items()):
        root = path[: path.rfind("/") + 1]
        if _CONFIG.search(path):
            roots[root] = path
        elif posixpath.basename(path) == "package.json" and _depends(raw):
            roots.setdefault(root, None)
    for root, config in roots.items():
        given = settings(config, parsed(config, files[config])) if config else Settings()
        yield _Site(root, given)


def _depends(raw: bytes) -> bool:
    try:
        package = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    tables = [package.get(key) for key in ("dependencies", "devDependencies")] if isinstance(package, dict) else []
    return any(isinstance(table, dict) and "next" in table for table in tables)


def _folder(site: _Site, name: str, files: Mapping[str, bytes]) -> str:
    """`app/` or `src/app/`: the second one is looked at where the root has neither `app` nor `pages`."""
    top = any(path.startswith((f"{site.root}app/", f"{site.root}pages/")) for path in files)
    return f"{site.root}{name}/" if top else f"{site.root}src/{name}/"


def _below(folder: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str], str]]:
    """Each source file: its path, the folders above it, and its name without the suffix."""
    for path in sorted(files):
        if path.startswith(folder):
            *above, last = path.removeprefix(folder).split("/")
            named = _SOURCE.match(last)
            if named:
                yield path, above, named["name"]


def _app(site: _Site, files: Mapping[str, bytes]) -> Iterator[Route | Unread]:
    folder = _folder(site, "app", files)
    around = _around(folder, files)
    for path, above, name in _below(folder, files):
        metadata = _METADATA.get(name) if not above or name == "sitemap" else None
        if name not in {"route", "page"} and metadata is None:
            continue
        if any(part.startswith("_") or _INTERCEPTING.match(part) for part in above):
            continue  # private folders, and what only shows inside of another page
        segments = [part for part in above if not part.startswith(("(", "@"))]
        if metadata:
            segments.append(metadata)
        methods: tuple[str, ...] = ("GET",)
        source = _fingerprint(path, files[path])
        if name == "route":
            told = exported_methods(parsed(path, files[path]))
            if told is None:
                yield Unread(path, 1, text("which methods this file exports can not be told"), source)
                continue
            methods = told
        shown_in = [around.get(tuple(above[:depth]), ()) for depth in range(len(above) + 1)] if name == "page" else []
        places = (Place(path, 0), *(place for places in shown_in for place in places))
        for route in _paths(site, segments):
            for method in methods:
                yield Route(method, route, path, 1, source, handlers=places)


def _pages(site: _Site, files: Mapping[str, bytes]) -> Iterator[Route | Unread]:
    own = list(_below(_folder(site, "pages", files), files))
    shown_in = tuple(Place(path, 0) for path, above, name in own if not above and name in {"_app", "_document"})
    for path, above, name in own:
        segments = [*above, name] if name != "index" else above
        if (not above and name in _NO_PAGES) or name.endswith(".d"):
            continue
        method = ANY if segments[:1] == ["api"] else "GET"
        source = _fingerprint(path, files[path])
        for route in _paths(site, segments):
            yield Route(method, route, path, 1, source, handlers=(Place(path, 0), *(shown_in if method != ANY else ())))


def _fingerprint(path: str, raw: bytes) -> str:
    """Of Markdown the whole text; of code what it says, but for the imports: what their names mean is followed."""
    if not path.endswith(SUFFIXES):
        return fingerprint(raw)
    return tokens(*(one for one in parsed(path, raw).named_children if not _names_imports(one)))


def _names_imports(node: Node) -> bool:
    return node.type == "import_statement" and any(child.type == "import_clause" for child in node.named_children)


def _around(folder: str, files: Mapping[str, bytes]) -> Mapping[tuple[str, ...], tuple[Place, ...]]:
    """Layouts and templates, by the folders that they stand in: pages below are shown inside of them."""
    found: dict[tuple[str, ...], tuple[Place, ...]] = {}
    for path, above, name in _below(folder, files):
        if name in {"layout", "template"}:
            found[tuple(above)] = (*found.get(tuple(above), ()), Place(path, 0))
    return found


def _paths(site: _Site, segments: list[str]) -> Iterator[str]:
    """The path of a file; an optional catch-all is also there without its segments."""
    if site.settings.base_path is None:
        return  # said once, with the configuration
    parts = [_segment(part) for part in segments]
    if segments and segments[-1].startswith("[[..."):
        yield _joined(site, parts[:-1])
    yield _joined(site, parts)


def _joined(site: _Site, parts: list[str]) -> str:
    path = f"{site.settings.base_path}/" + "/".join(parts)
    if site.settings.trailing_slash and parts and "." not in parts[-1].replace("...", ""):
        return f"{path}/"
    return path if parts else (site.settings.base_path or "/")


def _segment(part: str) -> str:
    if part.startswith("[[...") and part.endswith("]]"):
        return f"{{{part[5:-2]}...}}"
    if part.startswith("[...") and part.endswith("]"):
        return f"{{{part[4:-1]}...}}"
    if part.startswith("[") and part.endswith("]"):
        return f"{{{part[1:-1]}}}"
    return part.replace("%5F", "_")

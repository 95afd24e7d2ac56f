"""Frameworks whose routes are the names of files, and are not read: each such file is named."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from signoff.model.routes import Found, Unread
from signoff.model.text import text
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.script import SUFFIXES as SCRIPTS
from signoff.reading.source.script_resolution import read_json

SUFFIXES = (*SCRIPTS, ".vue", ".svelte", ".astro", ".mdx", "package.json")
_SCRIPT = r"\.[cm]?[jt]sx?"
_MODULES = rf"app/(?:routes/.+|routes)(?:{_SCRIPT}|\.mdx)"
_KINDS = {
    "SvelteKit": (
        r"@sveltejs/kit",
        rf"src/routes/(?:.+/)?\+(?:page(?:@[^/]*)?\.svelte|(?:server|page\.server){_SCRIPT})",
    ),
    "Remix": (r"@remix-run/(?:node|react|serve|server-runtime|express)", _MODULES),
    "React Router": (r"@react-router/(?:dev|serve|node)", _MODULES),
    "Nuxt": (r"nuxt3?", rf"(?:(?:src/|app/)?pages/.+\.vue|(?:src/)?server/(?:api|routes)/.+{_SCRIPT})"),
    "Astro": (r"astro", rf"src/pages/(?:[^_/][^/]*/)*[^_/][^/]*(?:\.astro|\.mdx|{_SCRIPT})"),
}
"""By its name: the package that it comes in, and which files below its package.json are routes.

https://svelte.dev/docs/kit/routing, https://reactrouter.com/how-to/file-route-conventions,
https://nuxt.com/docs/guide/directory-structure, https://docs.astro.build/en/guides/routing/
"""
_TESTS = re.compile(rf"\.(?:test|spec|stories|d){_SCRIPT}\Z")


def read(files: Mapping[str, bytes]) -> Found:
    """One place a file that is a route; `source` is the whole file's."""
    unread: dict[str, Unread] = {}
    for root, name, pattern in _sites(files):
        for path, raw in sorted(files.items()):
            own = path.startswith(root) and pattern.fullmatch(path, len(root)) is not None
            if own and _TESTS.search(path) is None:
                said = Unread(path, 1, text("routes of {} are not read", name), fingerprint(raw))
                unread.setdefault(path, said)
    return Found(unread=tuple(unread.values()))


def _sites(files: Mapping[str, bytes]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """The folder of each package.json that depends on one, which one, and what its routes are called."""
    for path, raw in sorted(files.items()):
        if posixpath.basename(path) == "package.json":
            depends = _dependencies(raw)
            for name, (package, pattern) in _KINDS.items():
                if any(re.fullmatch(package, one) for one in depends):
                    yield path.removesuffix("package.json"), name, re.compile(pattern)


def _dependencies(raw: bytes) -> list[str]:
    package = read_json(raw)
    tables = [package.get(key) for key in ("dependencies", "devDependencies")]
    return [name for table in tables if isinstance(table, dict) for name in table]

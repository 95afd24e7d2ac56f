"""Names that bundlers replace with their value at build time, in code that browsers get: empty then, empty for good.

https://nextjs.org/docs/app/guides/environment-variables#bundling-environment-variables-for-the-browser ·
https://vite.dev/guide/env-and-mode · https://create-react-app.dev/docs/adding-custom-environment-variables/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from signoff.reading.env_reads.model import BakedRead, Entry, Place
from signoff.reading.env_reads.script_modules import SUFFIXES
from signoff.reading.source.script_resolution import Resolution

_PUBLIC = r"(?:NEXT_PUBLIC|REACT_APP|GATSBY|NUXT_PUBLIC|EXPO_PUBLIC|VUE_APP|VITE|PUBLIC)_\w+"
_READ = re.compile(
    rb"\b(process\.env|import\.meta\.env)(?:\.|\?\.|\[[\"'])("
    + _PUBLIC.encode()
    + rb")\b([\"']\])?!?(\s*(?:\|\||\?\?))?"
)
_OF = {"process.env": re.compile(r"(?:NEXT_PUBLIC|REACT_APP|GATSBY|EXPO_PUBLIC|VUE_APP)_"),
       "import.meta.env": re.compile(r"(?:VITE|PUBLIC|NUXT_PUBLIC)_")}  # fmt: skip
_IMPORTED = re.compile(rb"(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*[\"']([^\"'\n]+)[\"']")
_TYPES = re.compile(rb"^\s*(?:import|export)\s+type\b[^;\n]*", re.MULTILINE)
_CLIENT = re.compile(rb"\A(?:\s|//[^\n]*\n|/\*.*?\*/)*[\"']use client[\"']", re.DOTALL)
_COMMENT = re.compile(rb"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
_TEST = re.compile(r"(?:^|/)(?:tests?|__tests__|e2e|cypress)/|\.(?:test|spec|stories)\.")


def baked(files: Mapping[str, bytes], entries: Iterable[Entry], resolution: Resolution) -> tuple[BakedRead, ...]:
    """By place. Next.js: what `use client` files and pages reach; others: what is beside their configuration."""
    listed = list(entries)
    given = {name for entry in listed for name in entry.sets}
    seen: dict[tuple[str, str, int], BakedRead] = {}
    for path in _reached(files, list(_starts(files, listed)), resolution):
        for one in _reads(path, files[path]):
            if one.name in given:
                continue
            seen[one.name, path, one.place.line] = one
    return tuple(seen[key] for key in sorted(seen, key=lambda key: (key[1], key[2], key[0])))


def _starts(files: Mapping[str, bytes], entries: list[Entry]) -> Iterator[str]:
    evaluated = {entry.path for entry in entries if entry.language == "script"}
    folders = {posixpath.dirname(path) for path in evaluated if posixpath.basename(path).startswith("next.config")}
    folders |= {
        _root(path) for path in evaluated if "Next.js" in {entry.how[:7] for entry in entries if entry.path == path}
    }
    others = {
        posixpath.dirname(entry.path)
        for entry in entries
        if entry.how.endswith("configuration") and entry.how[0].islower()
    }
    for path in sorted(files):
        if not path.endswith((*SUFFIXES, ".svelte", ".vue", ".astro")) or "node_modules/" in path or _TEST.search(path):
            continue
        if any(_below(path, folder) for folder in folders):
            page = re.search(r"(?:^|/)pages/", path) is not None and path in evaluated and "/api/" not in path
            if page or _CLIENT.match(files[path][:2000]):
                yield path
        elif any(_below(path, folder) for folder in others):
            yield path


def _root(path: str) -> str:
    return re.split(r"(?:^|/)(?:src/)?(?:app|pages)/", path)[0]


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _reached(files: Mapping[str, bytes], waiting: list[str], resolution: Resolution) -> list[str]:
    seen = dict.fromkeys(waiting)
    while waiting:
        path = waiting.pop()
        for found in _IMPORTED.finditer(_TYPES.sub(b"", files[path])):
            target = resolution.find(path, found[1].decode("utf-8", "replace"))
            if target is not None and target not in seen:
                seen[target] = None
                waiting.append(target)
    return list(seen)


def _reads(path: str, data: bytes) -> Iterator[BakedRead]:
    text = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
    for found in _READ.finditer(text):
        name = found[2].decode()
        if _OF[found[1].decode()].match(name):
            place = Place(path, text.count(b"\n", 0, found.start()) + 1, f"reads {name}")
            yield BakedRead(name, place, found[4] is not None)

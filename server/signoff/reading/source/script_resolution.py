"""Which file of the tree an import means: relative ones, tsconfig's paths, packages of the same workspace.

https://www.typescriptlang.org/tsconfig/#paths · https://nodejs.org/api/packages.html#package-entry-points
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff.reading.source.js_module import SUFFIXES

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
_CONDITIONS = ("source", "development", "import", "module", "node", "require", "default", "types")
_INSTEAD = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript's own files are imported by the name of what they become."""


def says_where_imports_lead(path: str) -> bool:
    """Whether it is one of the files that a Resolution looks into besides the code itself."""
    name = posixpath.basename(path)
    return name == "package.json" or (name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json"))


def read_json(data: bytes) -> Mapping[str, Any]:
    """JSON with comments and trailing commas, as tsconfig.json has; an empty mapping for anything else."""
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(_COMMENT.sub(lambda match: match[1] or "", text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Resolution:
    files: Mapping[str, bytes]
    _packages: dict[str, str] | None = None
    _paths: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    _known: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def find(self, importer: str, written: str) -> str | None:
        """The path of the tree, or None for what is not of the tree."""
        folder = posixpath.dirname(importer)
        key = (folder, written)
        if key not in self._known:
            self._known[key] = self._find(folder, written.partition("?")[0])
        return self._known[key]

    def _find(self, folder: str, written: str) -> str | None:
        if written.startswith((".", "/")):
            return self._file(posixpath.normpath(posixpath.join(folder, written)))
        for candidate in self._aliased(folder, written):
            found = self._file(candidate)
            if found is not None:
                return found
        if written.startswith("#"):
            return self._imports_field(folder, written)
        return self._workspace(written)

    def _file(self, path: str) -> str | None:
        """As bundlers try it: the name itself, with a suffix, as a folder's index."""
        path = "" if path == "." else path
        if path in self.files and path.endswith(SUFFIXES):
            return path
        stem, dot, suffix = path.rpartition(".")
        for instead in _INSTEAD.get(dot + suffix, ()):
            if stem + instead in self.files:
                return stem + instead
        for suffix in SUFFIXES:
            if path + suffix in self.files:
                return path + suffix
        below = f"{path}/package.json".lstrip("/")
        if below in self.files and (found := self._main(path, read_json(self.files[below]))):
            return found
        for suffix in SUFFIXES:
            index = f"{path}/index{suffix}".lstrip("/")
            if index in self.files:
                return index
        return None

    def _aliased(self, folder: str, written: str) -> Iterator[str]:
        for pattern, targets in self._paths_for(folder):
            before, star, after = pattern.partition("*")
            if star and written.startswith(before) and written.endswith(after):
                held = written[len(before) : len(written) - len(after)]
                yield from (target.replace("*", held, 1) for target in targets)
            elif pattern == written:
                yield from targets

    def _paths_for(self, folder: str) -> list[tuple[str, list[str]]]:
        """Of the nearest tsconfig.json or jsconfig.json."""
        if folder not in self._paths:
            self._paths[folder] = []
            for name in ("tsconfig.json", "jsconfig.json"):
                path = posixpath.join(folder, name)
                if path in self.files:
                    found = list(self._options(path, 0))
                    found.sort(key=lambda one: -len(one[0].partition("*")[0]))
                    self._paths[folder] = found
                    return found
            if folder:
                self._paths[folder] = self._paths_for(posixpath.dirname(folder))
        return self._paths[folder]

    def _options(self, path: str, depth: int) -> Iterator[tuple[str, list[str]]]:
        config = read_json(self.files[path])
        folder = posixpath.dirname(path)
        options = config.get("compilerOptions")
        options = options if isinstance(options, dict) else {}
        base = options.get("baseUrl")
        root = posixpath.normpath(posixpath.join(folder, base)) if isinstance(base, str) else folder
        paths = options.get("paths")
        if isinstance(paths, dict):
            for pattern, targets in paths.items():
                if isinstance(targets, list):
                    texts = [posixpath.normpath(posixpath.join(root, one)) for one in targets if isinstance(one, str)]
                    yield pattern, texts
        if isinstance(base, str):
            yield "*", [posixpath.join("" if root == "." else root, "*")]
        extends = config.get("extends")
        further = [one for one in (extends if isinstance(extends, list) else [extends]) if isinstance(one, str)]
        further += [
            one["path"] for one in config.get("references") or [] if isinstance(one, dict) and _text(one, "path")
        ]
        for other in further if depth < 4 else []:
            at = self._package_path(other) if not other.startswith(".") else posixpath.join(folder, other)
            at = posixpath.normpath(at) if at is not None else ""
            for candidate in (at, f"{at}.json", f"{at}/tsconfig.json"):
                if candidate in self.files:
                    yield from self._options(candidate, depth + 1)
                    break

    def _named(self, written: str) -> tuple[str, str | None]:
        """The package that an import names, and the folder of the same repository that is it."""
        if self._packages is None:
            self._packages = {}
            for path in self.files:
                if posixpath.basename(path) == "package.json":
                    name = read_json(self.files[path]).get("name")
                    if isinstance(name, str):
                        self._packages.setdefault(name, posixpath.dirname(path))
        parts = written.split("/")
        name = "/".join(parts[:2]) if written.startswith("@") else parts[0]
        return name, self._packages.get(name)

    def _package_path(self, written: str) -> str | None:
        """`@acme/tsconfig/base.json` as a path of the tree."""
        name, folder = self._named(written)
        return posixpath.join(folder, written[len(name) :].lstrip("/")) if folder is not None else None

    def _workspace(self, written: str) -> str | None:
        """A package of the same repository, by its name."""
        name, folder = self._named(written)
        if folder is None:
            return None
        package = read_json(self.files[posixpath.join(folder, "package.json")])
        below = written[len(name) :].lstrip("/")
        if not below:
            return self._main(folder, package)
        exported = _exported(package.get("exports"), f"./{below}")
        for candidate in (exported, below, f"src/{below}"):
            found = self._file(posixpath.normpath(posixpath.join(folder, candidate))) if candidate else None
            if found is not None:
                return found
        return None

    def _main(self, folder: str, package: Mapping[str, Any]) -> str | None:
        """What is built is often not in the tree: then its source, by the usual names."""
        written = [
            _exported(package.get("exports"), "."),
            *(_text(package, key) for key in ("source", "module", "main", "types")),
        ]
        for one in [*written, "src/index", "index"]:
            if one:
                at = posixpath.normpath(posixpath.join(folder, one))
                found = self._file(at) if at != (folder or ".") else None
                if found is not None:
                    return found
        return None

    def _imports_field(self, folder: str, written: str) -> str | None:
        while True:
            path = posixpath.join(folder, "package.json")
            if path in self.files:
                target = _exported(read_json(self.files[path]).get("imports"), written)
                return self._file(posixpath.normpath(posixpath.join(folder, target))) if target else None
            if not folder:
                return None
            folder = posixpath.dirname(folder)


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""


def _exported(exports: Any, name: str) -> str:
    """The target of one entry of `exports` or `imports`; with conditions, the one nearest to source."""
    if isinstance(exports, str):
        return exports if name == "." else ""
    if not isinstance(exports, dict):
        return ""
    if not any(key.startswith((".", "#")) for key in exports):
        return _target(exports) if name == "." else ""
    if name in exports:
        return _target(exports[name])
    for pattern, target in exports.items():
        before, star, after = pattern.partition("*")
        if star and name.startswith(before) and name.endswith(after) and len(name) >= len(before) + len(after):
            return _target(target).replace("*", name[len(before) : len(name) - len(after) or None], 1)
    return ""


def _target(target: Any) -> str:
    if isinstance(target, str):
        return target
    if isinstance(target, list):
        return next((found for one in target if (found := _target(one))), "")
    if isinstance(target, dict):
        ordered = [*(key for key in _CONDITIONS if key in target), *target]
        return next((found for key in ordered if (found := _target(target[key]))), "")
    return ""

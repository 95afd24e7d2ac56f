"""JavaScript and TypeScript files of a repository, and what a name in one means in another."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from signoff.reading.source.js_module import SUFFIXES, JsImport, JsModule, bare, pairs, read_js, text
from signoff.reading.source.project import shared_folders

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEP = 12
Found = tuple[JsModule, "Node"]


class JsProject:
    """`files`: path with `/` from the root → bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self._modules: dict[str, JsModule] = {}

    def module(self, path: str) -> JsModule:
        if path not in self._modules:
            self._modules[path] = read_js(path, self.files[path])
        return self._modules[path]

    @cached_property
    def _by_stem(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.files:
            if path.endswith(SUFFIXES):
                stem = posixpath.splitext(path)[0].removesuffix("/index")
                found[stem.rpartition("/")[2]].append(path)
        return found

    def imported(self, importer: str, source: str) -> JsModule | None:
        """The file that `source` means there: relative, or through an alias such as `@/db/schema`."""
        wanted = re.sub(r"\.[cm]?[jt]sx?\Z", "", source)
        relative = wanted.startswith(".")
        if relative:
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(importer), wanted))
        else:
            wanted = re.sub(r"\A[@~#$]?(?:src)?/", "", wanted).removesuffix("/index")
        candidates = [path for path in self._by_stem.get(wanted.rpartition("/")[2], ()) if _is(path, wanted, relative)]
        if not candidates:
            return None
        return self.module(max(candidates, key=lambda path: (shared_folders(path, importer), -len(path), path)))

    def definition(self, module: JsModule, node: Node | None) -> Found | None:
        """What a name, or a member of a module or of an object literal, stands for: where it is written."""
        node = bare(node)
        if node is None:
            return None
        if node.type in {"identifier", "shorthand_property_identifier"}:
            return self._named(module, text(node), 0)
        if node.type != "member_expression":
            return None
        on, name = bare(node.child_by_field_name("object")), text(node.child_by_field_name("property"))
        if on is None:
            return None
        said = module.imports.get(text(on)) if on.type == "identifier" else None
        if said is not None and said.name in {"*", "default"}:
            home = self.imported(module.path, said.source)
            found = None if home is None else self._named(home, name, 0)
            if found is not None:
                return found
        owner = self.definition(module, on)
        if owner is None:
            return None
        value = pairs(owner[1]).get(name)
        return None if value is None else (owner[0], value)

    def _named(self, module: JsModule, name: str, depth: int) -> Found | None:
        if depth > _DEEP:
            return None
        if name in module.given:
            value = module.find(name)
            if value is not None and value.type == "identifier" and text(value) != name:
                return self._named(module, text(value), depth + 1)
            return None if value is None else (module, value)
        said = module.imports.get(name)
        if said is not None:
            return self._passed(module, said, said.name, depth)
        for called, onward in module.passed_on:
            if called in {name, "*"}:
                found = self._passed(module, onward, name if called == "*" else onward.name, depth)
                if found is not None:
                    return found
        return None

    def _passed(self, module: JsModule, said: JsImport, name: str, depth: int) -> Found | None:
        home = self.imported(module.path, said.source)
        return None if home is None else self._named(home, name, depth + 1)


def _is(path: str, wanted: str, relative: bool) -> bool:
    stem = posixpath.splitext(path)[0]
    return any(
        one == wanted or (not relative and one.endswith("/" + wanted)) for one in (stem, stem.removesuffix("/index"))
    )

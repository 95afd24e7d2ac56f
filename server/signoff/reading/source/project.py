"""The files of a repository as the readers see them: parsed when first asked for, found by what imports them."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from signoff.reading.errors import Unreadable
from signoff.reading.source.python_module import Imported, PythonModule, read_module


class Project:
    """`files`: path with `/` from the root → bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self._modules: dict[str, PythonModule | None] = {}

    def python(self, path: str) -> PythonModule | None:
        """The module of this file, or None when it cannot be read."""
        if path not in self._modules:
            try:
                self._modules[path] = read_module(path, self.files[path])
            except Unreadable:
                self._modules[path] = None
        return self._modules[path]

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """Python files by the last part of their module's name."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.files:
            if path.endswith(".py"):
                stem = path.removesuffix(".py").removesuffix("/__init__")
                found[stem.rpartition("/")[2]].append(path)
        return found

    def imported(self, importer: PythonModule, name: str) -> tuple[PythonModule, str | None] | None:
        """The module that a name comes from, and what it is called there (None: it is the module)."""
        said = importer.imports.get(name)
        if said is None:
            return None
        if said.name is not None:
            whole = ".".join(filter(None, [said.module, said.name]))
            module = self._module(importer.path, Imported(whole, None, said.level))
            if module is not None:
                return module, None
        module = self._module(importer.path, said)
        return None if module is None else (module, said.name)

    def _module(self, importer: str, said: Imported) -> PythonModule | None:
        parts = [part for part in said.module.split(".") if part]
        if said.level:
            base = posixpath.dirname(importer)
            for _ in range(said.level - 1):
                base = posixpath.dirname(base)
            stem = "/".join(filter(None, [base, *parts]))
            candidates = [path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self.files]
        else:
            tail = "/".join(parts)
            candidates = [path for path in self._by_name.get(parts[-1] if parts else "", ()) if _ends(path, tail)]
        if not candidates:
            return None
        return self.python(max(candidates, key=lambda path: (shared_folders(path, importer), -len(path))))


def _ends(path: str, tail: str) -> bool:
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return stem == tail or stem.endswith("/" + tail)


def shared_folders(one: str, other: str) -> int:
    """How many folders two paths have in common, from the root."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), 0)

"""Python files of a tree: parsed once by content, and found by the dotted names that import them."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from signoff.reading.env_reads.values import Scope, Value

_PARSED: dict[bytes, ast.Module | None] = {}
_KEPT = 4000


def parsed(data: bytes) -> ast.Module | None:
    """None where it is no Python of the version that signoff runs on. Kept by content, over scans."""
    if data not in _PARSED:
        if len(_PARSED) >= _KEPT:
            _PARSED.clear()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SyntaxWarnings of the code that is read
                _PARSED[data] = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            _PARSED[data] = None
    return _PARSED[data]


@dataclass(slots=True, eq=False)
class PythonModule(Value):
    """`path` None: a folder without `__init__.py`. `name` is `__main__` for what is run."""

    name: str
    path: str | None
    folder: str
    """Where its submodules are, for a package."""
    package: str
    """What a relative import starts from."""
    scope: Scope = field(default_factory=lambda: Scope({}))
    begun: bool = False


@dataclass(slots=True)
class PythonFiles:
    """`roots`: the folders of sys.path within the tree, first first."""

    files: Mapping[str, bytes]
    roots: tuple[str, ...]
    folders: frozenset[str]
    loaded: dict[str, PythonModule] = field(default_factory=dict)

    def find(self, name: str) -> PythonModule | None:
        """The module of the tree by its dotted name; not yet evaluated. None: not of the tree."""
        if name not in self.loaded:
            found = self._look_up(name)
            if found is None:
                return None
            self.loaded[name] = found
        return self.loaded[name]

    def _look_up(self, name: str) -> PythonModule | None:
        below = name.replace(".", "/")
        bare: str | None = None
        for root in self.roots:
            at = posixpath.normpath(posixpath.join(root, below))
            if f"{at}/__init__.py" in self.files:
                return PythonModule(name, f"{at}/__init__.py", at, name)
            if f"{at}.py" in self.files:
                return PythonModule(name, f"{at}.py", "", name.rpartition(".")[0])
            if bare is None and at in self.folders:
                bare = at
        return PythonModule(name, None, bare, name) if bare is not None else None


def folders_of(files: Mapping[str, bytes]) -> frozenset[str]:
    """Every folder that holds Python somewhere below."""
    found: set[str] = set()
    for path in files:
        if path.endswith(".py"):
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
    return frozenset(found)

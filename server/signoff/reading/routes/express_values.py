"""What names stand for in the files of an Express application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Node

Value = Any
"""A str, Router, Routed, Function, Class, dict (an object, a module), list, `<express>`, or None: unclear."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """`handlers`: the functions that it names, where they were found. `node`: the call; `given`: what it is handed but
    for the path. `before`: see Router.
    """

    method: str
    path: str
    file: str
    line: int
    node: Node
    given: tuple[Node, ...]
    handlers: tuple[Function, ...]
    certain: bool
    before: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """`lost`: its prefix can not be told. `before`: see Router."""

    prefix: str
    to: Router
    lost: bool = False
    before: tuple[Guard, ...] = ()


@dataclass(slots=True, eq=False)
class Router:
    """`root`: an application. `before`: middleware that is asked before what is registered after it."""

    root: bool
    held: bool = False
    before: list[Guard] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Routed:
    """`router.route("/x")`, on which methods are called."""

    router: Router
    path: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    node: Node
    scope: Scope


Guard = tuple[str, Function]
"""Middleware: the path that it is asked below, empty for every one, and its function."""


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """`statics`: what belongs to the class itself."""

    node: Node
    scope: Scope
    base: Value
    statics: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a file or a function; `exports` are the file's."""

    path: str
    names: dict[str, Value] = field(default_factory=dict)
    exports: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None
    certain: bool = True
    looping: bool = False

    def find(self, name: str) -> Value:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


def default(module: Value) -> Value:
    """What `import x from` gives: the module itself where it has no default."""
    return module["default"] if isinstance(module, dict) and "default" in module else module

"""What names stand for while a Python module is read: constants, functions, and a framework's things.

Strings, numbers, lists and dictionaries stand for themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from signoff.model.quoted import Quoted
from signoff.model.routes import Place, Unread
from signoff.model.text import text
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.plain import plain, registered

Value = Any
"""One of the types below, or a plain str, int, bool, None, list or dict."""


class Unclear:
    """What only running the code would tell."""


UNCLEAR = Unclear()


@dataclass(frozen=True, slots=True)
class External:
    """A name of a package that is not in the repository, for instance `fastapi.FastAPI`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What calling something external gave."""

    name: str
    call: Call


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, a class or a call of a function. `path`: the file."""

    path: str
    parent: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """External modules of which everything was imported."""
    certain: bool = True
    """Whether what runs here runs in any case."""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    node: ast.ClassDef
    scope: Scope
    bases: tuple[Value, ...]

    def member(self, name: str) -> Value:
        """An attribute of the class or of a base of it; UNCLEAR where a base is not known, None where there is none."""
        if name in self.scope.names:
            return self.scope.names[name]
        inherited = [base.member(name) if isinstance(base, Class) else None for base in self.bases]
        return next((one for one in inherited if one is not None), None)


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """What calling a class of the repository gave."""

    of: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModuleOf:
    """A module or package of the repository, by its dotted path parts."""

    parts: tuple[str, ...]


class Thing:
    """Something of a framework that routes hang on."""

    framework: str = ""
    lost: str = ""
    """Why the text does not tell where its routes are."""

    def attribute(self, name: str) -> Value:
        """A method as a callable that takes a Call; UNCLEAR for what has nothing to do with routes."""
        del name
        return UNCLEAR

    def is_like(self, other: Value) -> bool:
        """Whether it makes no difference for routes which of the two they hang on."""
        return self is other


class Reading(Protocol):
    """What is filled while a project is read."""

    unread: list[Unread]
    things: list[Thing]


@dataclass(slots=True, eq=False)
class Call:
    """One call as it was read. `whole`: no argument is hidden behind a `*` or `**` that can not be told."""

    project: Reading
    file: str
    line: int
    args: list[Value]
    kwargs: dict[str, Value]
    whole: bool
    certain: bool
    node: ast.expr

    @property
    def column(self) -> int:
        """Counted from 1."""
        return self.node.col_offset + 1

    @property
    def source(self) -> str:
        """The fingerprint of the call as it is written."""
        return fingerprint(ast.dump(self.node))

    def get(self, position: int | None, name: str, default: Value = None) -> Value:
        """An argument by its position or its name."""
        if name in self.kwargs:
            return self.kwargs[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return default if self.whole else UNCLEAR

    def unread(self, why: str, *named: str) -> None:
        """Say that routes are made here which the text does not tell."""
        says = text(why, *(Quoted(one) for one in named))
        self.project.unread.append(Unread(self.file, self.line, says, self.source))


Native = Callable[[Call], Value]
"""A call of a framework's function, class or method."""


def source_of(handler: Value, call: Call) -> str:
    """The fingerprint of what handles a route: its own text where that can be found, and how it is registered."""
    return fingerprint(call.source, *_texts(handler, 0))


def handled_by(handler: Value, call: Call) -> str:
    """The same without the path and what it hangs on: a route may move from one router to another."""
    return fingerprint(registered(call.node), *_texts(handler, 0))


def places_of(handler: Value, depth: int = 0) -> tuple[Place, ...]:
    """Where what handles a route begins, as far as that can be found."""
    if isinstance(handler, Instance):
        handler = handler.of
    if isinstance(handler, Function | Class):
        return (Place(handler.scope.path, handler.node.lineno, handler.node.col_offset + 1),)
    if isinstance(handler, Made) and depth < 5:
        inner = (*handler.call.args, *handler.call.kwargs.values())
        return tuple(place for one in inner for place in places_of(one, depth + 1))
    return ()


def _texts(handler: Value, depth: int) -> list[str]:
    if isinstance(handler, Function | Class):
        return [plain(handler.node)]
    if isinstance(handler, Instance):
        return [plain(handler.of.node)]
    if isinstance(handler, Made) and depth < 5:
        inner = (*handler.call.args, *handler.call.kwargs.values())
        return [handler.call.source, *(found for one in inner for found in _texts(one, depth + 1))]
    return []

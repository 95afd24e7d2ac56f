"""Values as far as a text tells them, for code that is followed and never run.

What hangs on the environment is a `Choice`: one value where the name is missing, another where it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from signoff.reading.env_reads.model import Need, Place


class Value:
    """Anything; by itself: not known."""

    __slots__ = ()


class _Present(Value):
    """Not known, and surely neither false nor nothing: a name's value where the name is set."""

    __slots__ = ()


UNKNOWN = Value()
PRESENT = _Present()


@dataclass(frozen=True, slots=True)
class Const(Value):
    """A text, number, truth value, or None (JavaScript's null and undefined as well)."""

    value: str | int | float | bool | None


NOTHING = Const(None)
TRUE = Const(True)
FALSE = Const(False)


@dataclass(slots=True, eq=False)
class Read:
    """One place that reads one name. It changes while code is followed; `model.EnvRead` is what becomes of it."""

    name: str
    place: Place
    chain: tuple[Place, ...]
    rank: tuple[bool, int]
    given: frozenset[str]
    unless: frozenset[str]
    need: Need
    why: str
    tripped: tuple[bool, int] | None = None
    empty_serves: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Value):
    read: Read
    absent: Value
    present: Value


@dataclass(slots=True, eq=False)
class Listed(Value):
    """A list, tuple or array. `more`: it may hold further items, so that its length is not known.

    `hanging`: names that put an item into it where they are missing, as of `[k for k in names if k not in environ]`.
    """

    items: list[Value]
    more: bool = False
    hanging: list[Read] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Keyed(Value):
    """A dict or object. `more`: it may hold further keys."""

    items: dict[str, Value]
    more: bool = False


@dataclass(slots=True, eq=False)
class Environment(Value):
    """os.environ, process.env, import.meta.env, and copies of them."""

    written: str


@dataclass(frozen=True, slots=True)
class External(Value):
    """What comes from a package or the language itself, by its dotted name: `os.environ`, `zod.z.string`."""

    name: str


@dataclass(slots=True, eq=False)
class Made(Value):
    """What a call of an External gave, where that is modelled: `kind` is its name, `parts` what it was made from."""

    kind: str
    parts: dict[str, Value] = field(default_factory=dict)
    place: Place | None = None


@dataclass(slots=True, eq=False)
class Scope:
    names: dict[str, Value]
    parent: Scope | None = None

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def holder(self, name: str) -> Scope | None:
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope


@dataclass(slots=True, eq=False)
class Function(Value):
    """`node`: its syntax, of the language's own parser; `module`: whose text it is."""

    name: str
    node: Any
    scope: Scope
    module: Any
    bound: Value | None = None
    lazy: bool = False
    """Calling it runs nothing yet: a generator or a coroutine."""
    defaults: dict[str, Value] = field(default_factory=dict)
    """Of its parameters, where they are evaluated with the definition."""


@dataclass(slots=True, eq=False)
class Class(Value):
    name: str
    node: Any
    scope: Scope
    module: Any
    bases: tuple[Value, ...]
    attributes: dict[str, Value] = field(default_factory=dict)

    def lineage(self) -> list[Value]:
        """Itself and what it builds on, nearest first; a base that is External comes as that."""
        found: list[Value] = [self]
        for base in self.bases:
            found += [one for one in (base.lineage() if isinstance(base, Class) else [base]) if one not in found]
        return found

    def find(self, name: str) -> Value | None:
        for one in self.lineage():
            if isinstance(one, Class) and name in one.attributes:
                return one.attributes[name]
        return None


@dataclass(slots=True, eq=False)
class Instance(Value):
    of: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Pending(Value):
    """A coroutine that was made and not yet awaited."""

    run: Callable[[], Value]


def truth(value: Value) -> bool | None:
    """None where it is not known. A Choice is to be taken apart first."""
    match value:
        case Const(value=held):
            return bool(held)
        case Listed(items=items, more=more):
            return True if items else (None if more else False)
        case Keyed() | Function() | Class() | Instance() | External() | Made() | Environment() | _Present():
            return True
        case _:
            return None


def settled(value: Value) -> Value:
    """A list that is filled by what is missing, as the Choice of full and empty that it is."""
    if isinstance(value, Listed) and value.hanging and not value.items:
        result: Value = Listed([], value.more)
        for read in reversed(value.hanging):
            result = Choice(read, Listed([PRESENT], more=True), result)
        return result
    return value


def either(one: Value, other: Value) -> Value:
    """What a name holds after two ways that the text does not tell apart."""
    if one is other or one == other:
        return one
    if one in (NOTHING, UNKNOWN) and isinstance(other, Function | Class | External | Environment | Instance):
        return other
    if other in (NOTHING, UNKNOWN) and isinstance(one, Function | Class | External | Environment | Instance):
        return one
    return UNKNOWN


def choice(read: Read, absent: Value, present: Value) -> Value:
    return present if absent is present or absent == present else Choice(read, absent, present)


def mark(value: Value) -> object:
    """What tells one argument of a call from another, so that a call is followed once for the same ones."""
    match value:
        case Const(value=held):
            return (type(held).__name__, held)
        case Listed(items=items):
            return ("list", id(value), len(items))
        case Keyed(items=items):
            return ("keyed", id(value), len(items))
        case External(name=name):
            return name
        case _:
            return id(value)

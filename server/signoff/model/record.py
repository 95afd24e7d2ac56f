"""`dataclass` for frozen values with slots, made in a tenth of the time that the standard library takes for one.

A process loads hundreds of them, and `dataclasses` compiles six methods of each as soon as its module is loaded: about
half a millisecond a class, and most of the time of loading signoff's own modules. Here the fields are the standard
library's (`fields`, `replace`, `asdict` and `match` know them); `__init__` is compiled when a class first makes a
value, and what compares, hashes, shows and protects values is the same few functions for all classes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, **more: bool) -> Callable[[type], type]:
        """As `dataclasses.dataclass`, which makes what is not frozen, has no slots, or asks for more than is known."""
        if not frozen or not slots or more.keys() - {"eq", "repr"}:
            return dataclasses.dataclass(frozen=frozen, slots=slots, **more)
        return lambda cls: _record(cls, eq=more.get("eq", True), shown=more.get("repr", True))


def _record(cls: type, *, eq: bool, shown: bool) -> type:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    own = vars(made)
    if any(not field.init or field.kw_only for field in dataclasses.fields(made)):
        raise TypeError(f"{made.__qualname__}: fields that are no plain arguments need dataclasses.dataclass")
    if "__init__" not in own:
        made.__init__ = _Init(made)
    if shown and "__repr__" not in own:
        made.__repr__ = _repr
    if eq:
        equal, hashed = _compared([field.name for field in dataclasses.fields(made) if field.compare])
        # A class that compares by itself has `__hash__ = None` unless it hashes by itself too.
        if own.get("__hash__") is None:
            made.__hash__ = hashed
        if "__eq__" not in own:
            made.__eq__ = equal
    made.__setattr__, made.__delattr__ = _refuse_to_set, _refuse_to_delete
    made.__getstate__, made.__setstate__ = _getstate, _setstate
    return made  # type: ignore[no-any-return]


class _Init:
    """The `__init__` of a class until somebody asks for it: then it is compiled, and takes this one's place."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls

    def __get__(self, value: object, owner: type | None = None) -> Any:
        init = _init_of(self._cls)
        self._cls.__init__ = init
        return init if value is None else init.__get__(value, owner)


def _init_of(cls: Any) -> Any:
    """`__init__` with the fields as its parameters, their defaults and annotations, in the namespace of its module."""
    fields = dataclasses.fields(cls)
    outer: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    for field in fields:
        outer[f"_default_{field.name}"] = field.default
        outer[f"_factory_{field.name}"] = field.default_factory
    body = [f"  _set(self, {field.name!r}, {_value(field)})" for field in fields]
    if hasattr(cls, "__post_init__"):
        body.append("  self.__post_init__()")
    lines = [
        f"def _outer({', '.join(outer)}):",
        f" def __init__({', '.join(['self', *map(_parameter, fields)])}):",
        *(body or ["  pass"]),
        " return __init__",
    ]
    found: dict[str, Any] = {}
    exec("\n".join(lines), vars(sys.modules[cls.__module__]), found)  # noqa: S102  names of fields are identifiers
    init = found["_outer"](**outer)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {**{field.name: field.type for field in fields}, "return": None}
    return init


def _parameter(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=_MISSING"
    return field.name if field.default is MISSING else f"{field.name}=_default_{field.name}"


def _value(field: Field[Any]) -> str:
    if field.default_factory is MISSING:
        return field.name
    return f"_factory_{field.name}() if {field.name} is _MISSING else {field.name}"


def _compared(names: list[str]) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    values: Callable[[Any], Any]
    values = attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    return equal, hashed


@recursive_repr("...")
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(_self: object, name: str, _value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)

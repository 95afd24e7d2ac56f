"""Arrays and what goes over them: `forEach`, `filter`, `some`, `Object.entries`; each calls back at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.values import (
    NOTHING,
    UNKNOWN,
    Choice,
    Const,
    External,
    Function,
    Keyed,
    Listed,
    Value,
    settled,
    truth,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from signoff.reading.env_reads.script_machine import Machine

_ONCE = frozenset({"forEach", "map", "filter", "some", "every", "find", "findIndex", "flatMap", "reduce", "sort"})
_MOST = 300


def of_object(value: Value, kind: str) -> Value:
    if not isinstance(value, Keyed):
        return UNKNOWN
    match kind:
        case "keys":
            return Listed([Const(name) for name in value.items], value.more)
        case "values":
            return Listed(list(value.items.values()), value.more)
        case _:
            return Listed([Listed([Const(name), held]) for name, held in value.items.items()], value.more)


def method(m: Machine, this: Listed, name: str, args: list[Value], place: Place) -> Value:
    first = args[0] if args else UNKNOWN
    if name in _ONCE and isinstance(first, Function | External):
        return _each(m, this, name, first, args, place)
    match name:
        case "push" | "unshift":
            if m.world.missing is not None and not this.items:
                this.hanging.append(m.world.missing)
            elif m.world.surely():
                this.items += args
            else:
                this.more = True
        case "includes" if not this.more and isinstance(first, Const):
            if all(isinstance(item, Const) for item in this.items):
                return Const(any(isinstance(item, Const) and item.value == first.value for item in this.items))
        case "concat" if isinstance(first, Listed):
            return Listed([*this.items, *first.items], this.more or first.more, [*this.hanging, *first.hanging])
        case "slice" | "flat" | "reverse" | "sort":
            return this if name != "slice" or not args else UNKNOWN
        case _:
            pass
    return UNKNOWN


def _each(m: Machine, this: Listed, name: str, function: Function | External, args: list[Value], place: Place) -> Value:
    if name == "reduce":
        if isinstance(function, Function):
            held = args[1] if len(args) > 1 else UNKNOWN
            for item in this.items[:_MOST]:
                held = m.call(function, [held, item], place)
            return held
        return UNKNOWN
    results: list[Value] = []
    for item in this.items[:_MOST]:
        if isinstance(function, Function):
            results.append(m.call(function, [item], place))
        else:
            results.append(item if function.name == "Boolean" else UNKNOWN)
    if this.more and isinstance(function, Function):
        with m.world.perhaps():
            try:
                m.call(function, [UNKNOWN], place)
            except Thrown:
                return UNKNOWN
    match name:
        case "map":
            return Listed(results, this.more)
        case "filter":
            return _filtered(this, results)
        case "some" | "every":
            return _some(m, results, name == "some", this.more)
        case "forEach":
            return NOTHING
        case _:
            return UNKNOWN


def _filtered(this: Listed, results: list[Value]) -> Value:
    made = Listed([], this.more)
    for item, result in zip(this.items, results, strict=False):
        known = truth(result)
        if isinstance(result, Choice):
            if truth(result.absent) is True:
                made.hanging.append(result.read)
            if truth(result.present) is not False:
                made.more = True
        elif known is None:
            made.more = True
        elif known:
            made.items.append(item)
    return made


def _some(m: Machine, results: list[Value], wanted: bool, more: bool) -> Value:
    if not results:
        return UNKNOWN if more else Const(not wanted)

    def one(held: Value) -> Value:
        known = truth(held)
        if known is None:
            return UNKNOWN
        return Const(wanted) if known is wanted else _some(m, results[1:], wanted, more)

    return m.world.lift(settled(results[0]), one)

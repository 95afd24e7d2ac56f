"""Python's expressions as values; what raises on None ends the code where a name is missing."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from signoff.reading.env_reads import python_calls, python_loops
from signoff.reading.env_reads.flow import Frame, conditional
from signoff.reading.env_reads.python_modules import PythonModule
from signoff.reading.env_reads.values import (
    FALSE,
    NOTHING,
    PRESENT,
    TRUE,
    UNKNOWN,
    Class,
    Const,
    Environment,
    External,
    Function,
    Instance,
    Keyed,
    Listed,
    Made,
    Value,
    settled,
    truth,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.eq, ast.IsNot: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_KNOWN_CONSTANTS = {"TYPE_CHECKING": FALSE, "typing.TYPE_CHECKING": FALSE, "typing_extensions.TYPE_CHECKING": FALSE}
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)


def external(name: str) -> Value:
    if name in {"os.environ", "os.environb"}:
        return Environment(name)
    return _KNOWN_CONSTANTS.get(name, External(name))


def evaluate(m: Machine, node: ast.expr, frame: Frame) -> Value:
    match node:
        case ast.Constant(value=value):
            return Const(value) if value is None or isinstance(value, str | int | float | bool) else UNKNOWN
        case ast.Name(id=name):
            return _name(name, frame)
        case ast.Attribute(value=of, attr=name):
            return m.world.lift(m.evaluate(of, frame), lambda held: attribute(m, held, name, node, frame))
        case ast.Call():
            return python_calls.call(m, node, frame)
        case ast.Subscript(value=of, slice=index):
            key = UNKNOWN if isinstance(index, ast.Slice) else m.evaluate(index, frame)
            return m.world.lift(m.evaluate(of, frame), lambda held: _item(m, held, key, node, frame))
        case ast.BoolOp(op=op, values=values):
            return _either_or(m, isinstance(op, ast.Or), list(values), frame)
        case ast.UnaryOp(op=op, operand=operand):
            held = settled(m.evaluate(operand, frame))
            return m.world.lift(held, negated) if isinstance(op, ast.Not) else UNKNOWN
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(m, m.evaluate(left, frame), op, m.evaluate(right, frame))
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compared(m, node, left, ops, others, frame)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return conditional(
                m.world,
                settled(m.evaluate(test, frame)),
                lambda: m.evaluate(body, frame),
                lambda: m.evaluate(orelse, frame),
            )
        case ast.JoinedStr(values=values):
            return _joined([m.evaluate(value, frame) for value in values])
        case ast.FormattedValue(value=value):
            return m.evaluate(value, frame)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return _listed(m, parts, frame)
        case ast.Dict(keys=keys, values=values):
            return _keyed(m, keys, values, frame)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return python_loops.comprehension(m, node, frame)
        case ast.Lambda():
            from signoff.reading.env_reads.python_definitions import function

            return function(m, node, frame)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            frame.scope.names[name] = held = m.evaluate(value, frame)
            return held
        case ast.Await(value=value):
            return m.awaited(m.evaluate(value, frame))
        case ast.Starred(value=value) | ast.YieldFrom(value=value):
            return m.evaluate(value, frame)
        case ast.Yield(value=value) if value is not None:
            m.evaluate(value, frame)
            return UNKNOWN
        case _:
            return UNKNOWN


def _name(name: str, frame: Frame) -> Value:
    found = frame.scope.find(name)
    if found is not None:
        return found
    if name in _KNOWN_CONSTANTS:
        return _KNOWN_CONSTANTS[name]
    return External(f"builtins.{name}") if name in _BUILTINS else UNKNOWN


def attribute(m: Machine, held: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    match held:
        case Const(value=None):
            raise Thrown(f"{m.place(frame, node)} takes .{name} of it", "AttributeError")
        case External(name=dotted):
            return external(f"{dotted}.{name}")
        case PythonModule():
            return m.member(held, name, m.place(frame, node))
        case Instance():
            if name in held.attributes:
                return held.attributes[name]
            found = held.of.find(name)
            return UNKNOWN if found is None else _of_instance(m, held, found, node, frame)
        case Class():
            if name in {"__name__", "__qualname__"}:
                return Const(held.name)
            found = held.find(name)
            if isinstance(found, Made) and found.kind == "classmethod":
                return _bound(found, held)
            return _bound(found, None) if isinstance(found, Made) else (found or UNKNOWN)
        case Made(kind="super", parts={"class": Class() as of, "self": this}):
            for one in of.lineage()[1:]:
                if isinstance(one, Class) and name in one.attributes:
                    found = one.attributes[name]
                    return replace(found, bound=this) if isinstance(found, Function) else found
            return UNKNOWN
        case Const() | Listed() | Keyed() | Environment() | Made():
            return Made("method", {"self": held, "name": Const(name)})
        case _:
            return UNKNOWN


def _of_instance(m: Machine, this: Instance, found: Value, node: ast.AST, frame: Frame) -> Value:
    if isinstance(found, Function):
        return replace(found, bound=this)
    if isinstance(found, Made) and isinstance(found.parts.get("function"), Function):
        if found.kind in {"property", "cached_property"}:
            function = found.parts["function"]
            assert isinstance(function, Function)
            return m.call(replace(function, bound=this), [], {}, m.place(frame, node))
        return _bound(found, this.of if found.kind == "classmethod" else None)
    return found


def _bound(found: Made, to: Value | None) -> Value:
    function = found.parts.get("function")
    return replace(function, bound=to) if isinstance(function, Function) else found


def _item(m: Machine, held: Value, key: Value, node: ast.Subscript, frame: Frame) -> Value:
    match held, key:
        case Const(value=None), _:
            raise Thrown(f"{m.place(frame, node)} takes an item of it", "TypeError")
        case Environment(), Const(value=str() as name):
            return m.world.demand(name, m.place(frame, node), f"{held.written}[…] raises without it", "KeyError")
        case Environment(), _ if isinstance(node.ctx, ast.Load):
            m.world.tell(m.place(frame, node), f"{ast.unparse(node)} reads a name that is computed")
            return UNKNOWN
        case Keyed(), Const(value=str() as name):
            return held.items.get(name, UNKNOWN)
        case Listed(more=False), Const(value=int() as at) if -len(held.items) <= at < len(held.items):
            return held.items[at]
        case _:
            return UNKNOWN


def negated(value: Value) -> Value:
    known = truth(value)
    return UNKNOWN if known is None else Const(not known)


def _either_or(m: Machine, or_: bool, values: list[ast.expr], frame: Frame) -> Value:
    """`a or b`, `a and b`: the second is evaluated in the world in which it is asked for."""

    def rest(held: Value) -> Value:
        known = truth(held)
        if len(values) == 1 or (known is not None and known is or_):
            return held
        if known is not None:
            return _either_or(m, or_, values[1:], frame)
        with m.world.perhaps():
            try:
                _either_or(m, or_, values[1:], frame)
            except Thrown:
                return held
        return UNKNOWN

    value = settled(m.evaluate(values[0], frame))
    if or_ and len(values) > 1:
        m.world.defaulted(value, "something else is used where it is missing")
    return m.world.lift(value, rest)


def _binary(m: Machine, left: Value, op: ast.operator, right: Value) -> Value:
    def of_left(one: Value) -> Value:
        return m.world.lift(right, lambda two: of_both(one, two))

    def of_both(one: Value, two: Value) -> Value:
        if isinstance(op, ast.Mod) and isinstance(one, Const) and isinstance(one.value, str):
            return _joined([one, two])  # "%s" % None is a text
        if NOTHING in (one, two) and not isinstance(op, ast.BitOr):
            raise Thrown("it is used in a sum or the like", "TypeError")
        match one, two:
            case Const(value=a), Const(value=b) if (
                isinstance(op, ast.Add) and isinstance(a, str) and isinstance(b, str)
            ):
                return Const(a + b)
            case Listed(), Listed() if isinstance(op, ast.Add):
                return Listed([*one.items, *two.items], one.more or two.more, [*one.hanging, *two.hanging])
            case Keyed(), Keyed() if isinstance(op, ast.BitOr):
                return Keyed({**one.items, **two.items}, one.more or two.more)
            case Environment(), _ if isinstance(op, ast.BitOr):
                return one
            case _:
                return UNKNOWN

    return m.world.lift(left, of_left)


def _compared(
    m: Machine, node: ast.Compare, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], frame: Frame
) -> Value:
    first = settled(m.evaluate(left, frame))
    seconds = [settled(m.evaluate(other, frame)) for other in others]
    if len(ops) > 1:
        return UNKNOWN
    op, place = ops[0], m.place(frame, node)
    m.world.defaulted(first, "it is compared first")

    def both(one: Value, two: Value) -> Value:
        if isinstance(op, ast.In | ast.NotIn):
            found = _within(m, one, two, place)
            return m.world.lift(found, negated) if isinstance(op, ast.NotIn) else found
        if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and NOTHING in (one, two):
            raise Thrown(f"{place} compares it with < or >", "TypeError")
        if (NOTHING in (one, two) and PRESENT in (one, two)) or (NOTHING in (one, two) and _solid(one, two)):
            return TRUE if isinstance(op, ast.NotEq | ast.IsNot) else FALSE
        match one, two:
            case Const(value=a), Const(value=b):
                try:
                    return Const(_COMPARE[type(op)](a, b))
                except TypeError:
                    return UNKNOWN
            case _:
                return UNKNOWN

    return m.world.lift(first, lambda one: m.world.lift(seconds[0], lambda two: both(one, two)))


def _solid(one: Value, two: Value) -> bool:
    return any(isinstance(value, Function | Class | Instance | Listed | Keyed | PythonModule) for value in (one, two))


def _within(m: Machine, one: Value, two: Value, place: Any) -> Value:
    match one, two:
        case Const(value=str() as name), Environment():
            read = m.world.read(name, place, FALSE, "is only asked about")
            return m.world.lift(read, lambda held: FALSE if held == FALSE else TRUE)
        case _, Const(value=None):
            raise Thrown(f"{place} looks for something in it", "TypeError")
        case Const(value=held), Listed(more=False, items=items) if all(isinstance(item, Const) for item in items):
            return Const(any(isinstance(item, Const) and item.value == held for item in items))
        case Const(value=str() as name), Keyed(more=False):
            return Const(name in two.items)
        case Const(value=str() as part), Const(value=str() as whole):
            return Const(part in whole)
        case _:
            return UNKNOWN


def _joined(parts: list[Value]) -> Value:
    texts = [str(part.value) for part in parts if isinstance(part, Const)]
    return Const("".join(texts)) if len(texts) == len(parts) else UNKNOWN


def _listed(m: Machine, parts: list[ast.expr], frame: Frame) -> Listed:
    made = Listed([])
    for part in parts:
        value = m.evaluate(part, frame)
        if not isinstance(part, ast.Starred):
            made.items.append(value)
        elif isinstance(value, Listed):
            made.items += value.items
            made.more = made.more or value.more
        else:
            made.more = True
    return made


def _keyed(m: Machine, keys: list[ast.expr | None], values: list[ast.expr], frame: Frame) -> Value:
    made = Keyed({})
    for key, written in zip(keys, values, strict=True):
        value = m.evaluate(written, frame)
        name = m.evaluate(key, frame) if key is not None else None
        if isinstance(name, Const):
            made.items[str(name.value)] = value
        elif name is None and isinstance(value, Keyed):
            made.items |= value.items
        elif name is None and isinstance(value, Environment):
            return value
        else:
            made.more = True
    return made

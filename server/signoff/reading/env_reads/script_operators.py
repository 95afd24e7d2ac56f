"""Operators of JavaScript: comparisons, `??` and the like, each in the world in which its parts are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.script_modules import text_of
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
    Value,
    settled,
    truth,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine


_BROWSER = frozenset({"window", "document", "navigator", "localStorage", "sessionStorage", "self", "location"})


def unary(m: Machine, node: Node, frame: Frame) -> Value:
    operator = text_of(node.child_by_field_name("operator"))
    argument = node.child_by_field_name("argument")
    if (
        operator == "typeof"
        and argument is not None
        and argument.type == "identifier"
        and text_of(argument) in _BROWSER
    ):
        return Const("undefined")
    value = settled(m.evaluate(argument, frame))
    if operator == "!":
        m.world.defaulted(value, "it is only asked about")
        return m.world.lift(value, negated)
    return m.world.lift(value, _type_of) if operator == "typeof" else (NOTHING if operator == "void" else UNKNOWN)


def negated(value: Value) -> Value:
    known = truth(value)
    return UNKNOWN if known is None else Const(not known)


def _type_of(value: Value) -> Value:
    match value:
        case Const(value=None):
            return Const("undefined")
        case Const(value=str()):
            return Const("string")
        case Function() | Class():
            return Const("function")
        case Keyed() | Listed() | Instance() | Environment() | External(name="process"):
            return Const("object")
        case _:
            return Const("string") if value is PRESENT else UNKNOWN


def binary(m: Machine, node: Node, frame: Frame) -> Value:
    operator = text_of(node.child_by_field_name("operator"))
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if operator in {"||", "&&", "??"}:
        return logical(m, operator, settled(m.evaluate(left, frame)), lambda: m.evaluate(right, frame))
    first, second = settled(m.evaluate(left, frame)), settled(m.evaluate(right, frame))
    if operator in {"===", "!==", "==", "!="}:
        m.world.defaulted(first, "it is compared first")

        def same(one: Value, two: Value) -> Value:
            equal = _equal(one, two)
            return UNKNOWN if equal is None else Const(equal is (operator[0] == "="))

        return m.world.lift(first, lambda one: m.world.lift(second, lambda two: same(one, two)))
    if operator == "in":
        return m.world.lift(first, lambda one: _within(m, one, second, node, frame))

    def computed(one: Value, two: Value) -> Value:
        match one, two:
            case Const(value=str() as a), Const(value=str() as b) if operator == "+":
                return Const(a + b)
            case Const(value=int() as a), Const(value=int() as b) if operator in {">", "<", ">=", "<="}:
                return Const({">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[operator])
            case _:
                return UNKNOWN

    return m.world.lift(first, lambda one: m.world.lift(second, lambda two: computed(one, two)))


def logical(m: Machine, operator: str, left: Value, right: Callable[[], Value]) -> Value:
    """`a || b`, `a && b`, `a ?? b`: the second in the world in which it is asked for."""

    def one(held: Value) -> Value:
        known = truth(held)
        if operator == "??":
            known = False if held == NOTHING else (None if held is UNKNOWN else True)
        if known is None:
            with m.world.perhaps():
                try:
                    right()
                except Thrown:
                    return held
            return UNKNOWN
        return right() if known is (operator == "&&") else held

    m.world.defaulted(left, "something else is used where it is missing")
    return m.world.lift(left, one)


def _equal(one: Value, two: Value) -> bool | None:
    if isinstance(one, Const) and isinstance(two, Const):
        return one.value == two.value
    for this, other in ((one, two), (two, one)):
        if this == NOTHING and (other is PRESENT or truth(other) is True):
            return False
    return None


def _within(m: Machine, one: Value, two: Value, node: Node, frame: Frame) -> Value:
    if isinstance(one, Const) and isinstance(one.value, str):
        if isinstance(two, Environment):
            read = m.world.read(one.value, m.place(frame, node), FALSE, "is only asked about")
            return m.world.lift(read, lambda held: FALSE if held == FALSE else TRUE)
        if isinstance(two, Keyed) and not two.more:
            return Const(one.value in two.items)
    return UNKNOWN

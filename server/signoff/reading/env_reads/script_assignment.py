"""Assignments of JavaScript: to names, patterns, properties, exports, and to the environment itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_operators
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.script_modules import text_of
from signoff.reading.env_reads.values import (
    UNKNOWN,
    Class,
    Const,
    Environment,
    Instance,
    Keyed,
    Made,
    Value,
    settled,
)  # fmt: skip

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine


def augment(m: Machine, node: Node, frame: Frame) -> Value:
    operator = text_of(node.child_by_field_name("operator")).removesuffix("=")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if operator in {"||", "??", "&&"}:
        value = script_operators.logical(
            m, operator, settled(m.evaluate(left, frame)), lambda: m.evaluate(right, frame)
        )
    else:
        m.evaluate(right, frame)
        value = UNKNOWN
    assign(m, left, value, frame)
    return value


def assign(m: Machine, target: Node | None, value: Value, frame: Frame) -> None:
    if target is None:
        return
    if target.type == "identifier":
        holder = frame.scope.holder(text_of(target)) or frame.module.scope
        holder.names[text_of(target)] = value
        return
    if target.type in {"object_pattern", "array_pattern"}:
        from signoff.reading.env_reads.script_statements import bind

        bind(m, target, value, frame)
        return
    of = target.child_by_field_name("object")
    if of is None:
        return
    holder_value = m.evaluate(of, frame)
    key = target.child_by_field_name("property")
    index = m.evaluate(target.child_by_field_name("index"), frame) if key is None else Const(text_of(key))
    name = index.value if isinstance(index, Const) else None
    if isinstance(name, str):
        _put(m, holder_value, name, value, frame)


def _put(m: Machine, holder: Value, name: str, value: Value, frame: Frame) -> None:
    match holder:
        case Environment():
            m.world.assign(name, value)
        case Keyed():
            holder.items[name] = value
        case Instance() | Class():
            holder.attributes[name] = value
        case Made(kind="module") if name == "exports":
            frame.module.common = value
        case Made(kind="exports"):
            if isinstance(frame.module.common, Keyed):
                frame.module.common.items[name] = value
            local = f"export {name}"
            frame.module.scope.names[local] = value
            frame.module.exports[name] = (frame.module.scope, local)
        case _:
            pass

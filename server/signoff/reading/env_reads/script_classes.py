"""Classes and enums of JavaScript and TypeScript: what their definition and `new` evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_statements
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.script_modules import text_of
from signoff.reading.env_reads.values import (
    Class,
    Instance,
    Keyed,
    Made,
    Scope,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine


def class_(m: Machine, node: Node, frame: Frame) -> Class:
    """Static fields and blocks, decorators and the base are evaluated with the definition."""
    name = text_of(node.child_by_field_name("name"))
    bases: list[Value] = []
    for child in node.named_children:
        if child.type == "class_heritage":
            for one in child.named_children:
                extended = one.child_by_field_name("value") if one.type == "extends_clause" else one
                if one.type != "implements_clause":
                    bases.append(m.evaluate(extended, frame))
        elif child.type == "decorator":
            m.evaluate(child.named_children[0], frame)
    made = Class(name or "a class", node, frame.scope, frame.module, tuple(bases))
    frame.scope.names.setdefault(name, made)
    inner = frame.inner(Scope({"__class__": made}, frame.scope))
    inner.this = made
    body = node.child_by_field_name("body")
    members = body.named_children if body is not None else []
    for one in members:
        if one.type == "method_definition":
            key = text_of(one.child_by_field_name("name"))
            method: Value = script_statements.function(one, f"{name}.{key}", inner)
            if any(child.type == "get" for child in one.children):
                method = Made("getter", {"function": method})
            made.attributes[key] = method
    for one in members:
        if one.type in {"public_field_definition", "field_definition"} and _is_static(one):
            field = one.child_by_field_name("name") or one.child_by_field_name("property")
            made.attributes[text_of(field)] = m.evaluate(one.child_by_field_name("value"), inner)
        elif one.type == "class_static_block":
            script_statements.block(m, one.child_by_field_name("body"), inner)
    return made


def _is_static(node: Node) -> bool:
    return any(child.type == "static" for child in node.children)


def fields(m: Machine, made: Class, instance: Instance) -> None:
    """The fields of one instance, as `new` evaluates them."""
    body = made.node.child_by_field_name("body")
    frame = Frame(made.module, Scope({"__class__": made}, made.scope), instance)
    for one in body.named_children if body is not None else []:
        if one.type in {"public_field_definition", "field_definition"} and not _is_static(one):
            key = one.child_by_field_name("name") or one.child_by_field_name("property")
            written = one.child_by_field_name("value")
            if written is not None:
                instance.attributes[text_of(key)] = m.evaluate(written, frame)


def enum(m: Machine, node: Node, frame: Frame) -> Value:
    made = Keyed({})
    body = node.child_by_field_name("body")
    for one in body.named_children if body is not None else []:
        if one.type == "enum_assignment":
            made.items[text_of(one.child_by_field_name("name"))] = m.evaluate(one.child_by_field_name("value"), frame)
    return made

"""Expressions of JavaScript and TypeScript as values; what fails on undefined ends the code where a name is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_assignment, script_calls, script_operators
from signoff.reading.env_reads.flow import Frame, conditional
from signoff.reading.env_reads.script_modules import Alias, ScriptModule, text_of
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
    Scope,
    Value,
    settled,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine

_GLOBALS = frozenset(
    {
        "process",
        "URL",
        "JSON",
        "Object",
        "Array",
        "String",
        "Number",
        "Boolean",
        "Buffer",
        "Error",
        "TypeError",
        "Symbol",
        "Promise",
        "Math",
        "BigInt",
        "Set",
        "Map",
        "Proxy",
        "Reflect",
        "Bun",
        "console",
        "require",
        "parseInt",
        "RegExp",
    }
)
_PASSED_THROUGH = {"parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression",
                   "type_assertion", "instantiation_expression"}  # fmt: skip
_FUNCTIONS = {"arrow_function", "function_expression", "function", "generator_function"}


def evaluate(m: Machine, node: Node, frame: Frame) -> Value:
    kind = node.type
    match kind:
        case "identifier" | "shorthand_property_identifier":
            return identifier(text_of(node), frame)
        case "member_expression":
            return _member_expression(m, node, frame)
        case "call_expression":
            return script_calls.call(m, node, frame)
        case "string" | "number" | "true" | "false" | "null" | "undefined":
            return _literal(node)
        case "template_string":
            return _joined([_piece(m, one, frame) for one in node.named_children])
        case "object":
            return _object(m, node, frame)
        case "array":
            return _array(m, node, frame)
        case "binary_expression":
            return script_operators.binary(m, node, frame)
        case "unary_expression":
            return script_operators.unary(m, node, frame)
        case "ternary_expression":
            value = settled(m.evaluate(node.child_by_field_name("condition"), frame))
            then, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
            return conditional(m.world, value, lambda: m.evaluate(then, frame), lambda: m.evaluate(other, frame))
        case "subscript_expression":
            key = m.evaluate(node.child_by_field_name("index"), frame)
            of = m.evaluate(node.child_by_field_name("object"), frame)
            optional = node.child_by_field_name("optional_chain") is not None
            return m.world.lift(
                of, lambda held: m.world.lift(key, lambda name: _item(m, held, name, optional, node, frame))
            )
        case "assignment_expression":
            value = m.evaluate(node.child_by_field_name("right"), frame)
            script_assignment.assign(m, node.child_by_field_name("left"), value, frame)
            return value
        case "augmented_assignment_expression":
            return script_assignment.augment(m, node, frame)
        case "new_expression":
            return script_calls.new(m, node, frame)
        case "await_expression":
            value = m.evaluate(node.named_children[0], frame)
            return value.parts.get("value", UNKNOWN) if isinstance(value, Made) and value.kind == "promise" else value
        case "sequence_expression":
            return [m.evaluate(child, frame) for child in node.named_children][-1]
        case "this":
            return frame.this if frame.this is not None else UNKNOWN
        case "class":
            from signoff.reading.env_reads.script_classes import class_

            return class_(m, node, frame.inner(Scope({}, frame.scope)))
        case "spread_element":
            return m.evaluate(node.named_children[0], frame)
        case "meta_property":
            return External("import.meta")
        case _ if kind in _PASSED_THROUGH:
            inner = node.named_children[-1 if kind == "type_assertion" else 0]
            return m.evaluate(inner, frame)
        case _ if kind in _FUNCTIONS:
            from signoff.reading.env_reads.script_statements import function

            return function(node, text_of(node.child_by_field_name("name")), frame)
        case _:
            return UNKNOWN


def identifier(name: str, frame: Frame) -> Value:
    held = frame.scope.find(name)
    while isinstance(held, Alias):
        held = held.value()
    if held is not None:
        return held
    if name == "undefined":
        return NOTHING
    if name in {"module", "exports"}:
        return Made(name, {"of": frame.module})
    if name in {"globalThis", "global"}:
        return External("global")
    return External(name) if name in _GLOBALS else UNKNOWN


def _literal(node: Node) -> Value:
    match node.type:
        case "string":
            return Const("".join(text_of(child) for child in node.named_children))
        case "number":
            try:
                return Const(int(text_of(node).replace("_", ""), 0))
            except ValueError:
                return PRESENT
        case "true":
            return TRUE
        case "false":
            return FALSE
        case _:
            return NOTHING


def _piece(m: Machine, node: Node, frame: Frame) -> Value:
    return m.evaluate(node.named_children[0], frame) if node.type == "template_substitution" else Const(text_of(node))


def _joined(parts: list[Value]) -> Value:
    texts = [part.value for part in parts if isinstance(part, Const) and isinstance(part.value, str)]
    return Const("".join(texts)) if len(texts) == len(parts) else UNKNOWN


def _member_expression(m: Machine, node: Node, frame: Frame) -> Value:
    name = text_of(node.child_by_field_name("property"))
    of = m.evaluate(node.child_by_field_name("object"), frame)
    optional = node.child_by_field_name("optional_chain") is not None

    optional = optional or short_circuits(node.child_by_field_name("object"))

    def take(held: Value) -> Value:
        if optional and held == NOTHING:
            return NOTHING
        return member(m, held, name, node, frame)

    if optional:
        m.world.defaulted(of, "it is asked about first")
    return m.world.lift(settled(of) if name == "length" else of, take)


def short_circuits(node: Node | None) -> bool:
    """Whether `?.` stands somewhere in the chain before: then the whole of it is undefined with its first part."""
    while node is not None and node.type in {"member_expression", "call_expression", "subscript_expression"}:
        if any(child.type == "optional_chain" for child in node.children):
            return True
        node = node.child_by_field_name("object") or node.child_by_field_name("function")
    return False


def member(m: Machine, held: Value, name: str, node: Node, frame: Frame) -> Value:
    from signoff.reading.env_reads.script_machine import external

    match held:
        case Const(value=None):
            raise Thrown(f"{m.place(frame, node)} takes .{name} of it")
        case Environment():
            return m.world.read(name, m.place(frame, node), None)
        case External(name="import.meta") if name == "env":
            return Environment("import.meta.env")
        case External(name="global"):
            return UNKNOWN if name not in _GLOBALS else external(name)
        case External(name=dotted):
            return external(f"{dotted}.{name}")
        case ScriptModule():
            return held.export(name)
        case Keyed():
            found = held.items.get(name)
            return found if found is not None else (Made("method", {"self": held, "name": Const(name)}))
        case Listed() if name == "length":
            return UNKNOWN if held.more and not held.items else Const(len(held.items))
        case Class() | Instance():
            return _of_object(m, held, name, node, frame)
        case Made(kind="module") if name == "exports":
            return Made("exports", held.parts)
        case Made(kind="exports"):
            exported: Value = frame.module.export(name)
            return exported
        case Made(kind="parsed") if name in held.parts:
            return held.parts[name]
        case Listed() | Made() | Const(value=str()) | Function():
            return Made("method", {"self": held, "name": Const(name)})
        case _:
            return UNKNOWN


def _of_object(m: Machine, held: Class | Instance, name: str, node: Node, frame: Frame) -> Value:
    if name in held.attributes:
        found: Value | None = held.attributes[name]
    else:
        found = held.find(name) if isinstance(held, Class) else held.of.find(name)
    if isinstance(found, Made) and found.kind == "getter":
        function = found.parts["function"]
        assert isinstance(function, Function)
        return m.call(replace(function, bound=held), [], m.place(frame, node))
    if isinstance(found, Function) and found.bound is None:
        return replace(found, bound=held)
    return UNKNOWN if found is None else found


def _item(m: Machine, held: Value, key: Value, optional: bool, node: Node, frame: Frame) -> Value:
    if isinstance(key, Const) and isinstance(key.value, str):
        return NOTHING if optional and held == NOTHING else member(m, held, key.value, node, frame)
    if held == NOTHING and not optional:
        raise Thrown(f"{m.place(frame, node)} takes an item of it")
    if isinstance(held, Environment):
        m.world.tell(m.place(frame, node), f"{text_of(node)[:80]} reads a name that is computed")
    if isinstance(held, Listed) and isinstance(key, Const) and isinstance(key.value, int) and not held.more:
        return held.items[key.value] if 0 <= key.value < len(held.items) else NOTHING
    return UNKNOWN


def _object(m: Machine, node: Node, frame: Frame) -> Value:
    from signoff.reading.env_reads.script_statements import function

    made = Keyed({})
    for child in node.named_children:
        match child.type:
            case "pair":
                key = child.child_by_field_name("key")
                value = m.evaluate(child.child_by_field_name("value"), frame)
                if key is not None and key.type == "computed_property_name":
                    made.more = True
                else:
                    made.items[text_of(key).strip("\"'")] = value
            case "shorthand_property_identifier":
                made.items[text_of(child)] = identifier(text_of(child), frame)
            case "method_definition":
                name = text_of(child.child_by_field_name("name"))
                if not any(one.type in {"get", "set"} for one in child.children):
                    made.items[name] = function(child, name, frame)
                else:
                    made.items[name] = UNKNOWN
            case "spread_element":
                value = m.evaluate(child.named_children[0], frame)
                if isinstance(value, Environment) and not made.items:
                    return value
                made.items |= value.items if isinstance(value, Keyed) else {}
                made.more = made.more or not isinstance(value, Keyed) or value.more
            case _:
                pass
    return made


def _array(m: Machine, node: Node, frame: Frame) -> Value:
    made = Listed([])
    for child in node.named_children:
        if child.type == "comment":
            continue
        value = m.evaluate(child, frame)
        if child.type != "spread_element":
            made.items.append(value)
        elif isinstance(value, Listed):
            made.items += value.items
            made.more = made.more or value.more
        else:
            made.more = True
    return made

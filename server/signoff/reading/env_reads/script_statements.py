"""Statements of JavaScript and TypeScript, in order and in the worlds in which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_classes, script_imports
from signoff.reading.env_reads.flow import ENDS, FALLS, Flow, Frame, Guard, attempt, decide, once, run
from signoff.reading.env_reads.script_modules import text_of
from signoff.reading.env_reads.values import (
    NOTHING,
    UNKNOWN,
    Choice,
    Const,
    Environment,
    Function,
    Instance,
    Keyed,
    Listed,
    Scope,
    Value,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine

_FUNCTIONS = {"function_declaration", "generator_function_declaration"}
_CLASSES = {"class_declaration", "abstract_class_declaration"}
_LOOPS = 300


def whole_module(m: Machine, program: Node, frame: Frame) -> None:
    """Imports come first, as ES modules are linked. An error that hangs on nothing told here ends nothing."""
    script_imports.imports(m, program, frame)
    hoist(program, frame)

    def act(node: Node) -> Callable[[], Flow]:
        def follow() -> Flow:
            try:
                return statement(m, node, frame)
            except Thrown:
                if m.world.missing is not None or m.world.guarded:
                    raise
                return Flow(guards=(Guard("perhaps"),))

        return follow

    run(m.world, [act(node) for node in program.named_children])


def hoist(block: Node, frame: Frame) -> None:
    for node in block.named_children:
        inner = node.child_by_field_name("declaration") if node.type == "export_statement" else node
        if inner is not None and inner.type in _FUNCTIONS:
            name = text_of(inner.child_by_field_name("name"))
            frame.scope.names[name] = function(inner, name, frame)


def function(node: Node, name: str, frame: Frame) -> Function:
    made = Function(name or "a function", node, frame.scope, frame.module)
    made.lazy = any(child.type == "async" for child in node.children)
    if node.type in {"arrow_function"}:
        made.bound = frame.this
    return made


def block(m: Machine, node: Node | None, frame: Frame) -> Flow:
    """A statement, or the statements between braces with names of their own."""
    if node is None:
        return FALLS
    if node.type != "statement_block":
        return statement(m, node, frame)
    inner = frame.inner(Scope({}, frame.scope))
    hoist(node, inner)
    return run(m.world, [_act(m, one, inner) for one in node.named_children])


def _act(m: Machine, node: Node, frame: Frame) -> Callable[[], Flow]:
    return lambda: statement(m, node, frame)


def body_of(m: Machine, made: Function, args: list[Value], frame: Frame) -> Value:
    """A call's body with its parameters bound. A generator's does not run by its call."""
    node = made.node
    if node.type.startswith("generator") or any(child.type == "*" for child in node.children):
        return UNKNOWN
    single = node.child_by_field_name("parameter")
    parameters = node.child_by_field_name("parameters")
    written = [single] if single is not None else list(parameters.named_children) if parameters is not None else []
    for at, parameter in enumerate(one for one in written if one.type != "comment"):
        _parameter(m, parameter, args, at, frame)
    body = node.child_by_field_name("body")
    if body is None:
        return UNKNOWN
    if body.type != "statement_block":
        return m.evaluate(body, frame)
    block(m, body, frame)
    return frame.result()


def _parameter(m: Machine, node: Node, args: list[Value], at: int, frame: Frame) -> None:
    """`x`, `x = 1`, `{ a, b }`, `...rest`; TypeScript's `private x` sets the instance's own."""
    pattern = node.child_by_field_name("pattern") or node
    default = node.child_by_field_name("value")
    if pattern.type == "rest_pattern":
        bind(m, pattern.named_children[0], Listed(list(args[at:])), frame)
        return
    value = args[at] if at < len(args) else NOTHING
    if value == NOTHING and default is not None:
        value = m.evaluate(default, frame)
    elif at >= len(args) and default is None and pattern.type != "assignment_pattern":
        value = UNKNOWN if not args else NOTHING  # called by us alone, or surely without it
    bind(m, pattern, value, frame)
    if any(child.type in {"accessibility_modifier", "readonly"} for child in node.children) and isinstance(
        frame.this, Instance
    ):
        frame.this.attributes[text_of(pattern)] = value


def statement(m: Machine, node: Node, frame: Frame) -> Flow:
    m.world.step()
    match node.type:
        case "expression_statement":
            for child in node.named_children:
                if child.type == "internal_module":
                    block(m, child.child_by_field_name("body"), frame)
                else:
                    m.evaluate(child, frame)
        case "lexical_declaration" | "variable_declaration":
            for one in node.named_children:
                if one.type == "variable_declarator":
                    _declare(m, one, frame)
        case "export_statement":
            script_imports.export(m, node, frame)
        case kind if kind in _CLASSES:
            frame.scope.names[text_of(node.child_by_field_name("name"))] = script_classes.class_(m, node, frame)
        case "enum_declaration":
            frame.scope.names[text_of(node.child_by_field_name("name"))] = script_classes.enum(m, node, frame)
        case "if_statement":
            then, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
            value = m.evaluate(node.child_by_field_name("condition"), frame)
            return decide(m.world, frame, value, lambda: block(m, then, frame), lambda: block(m, other, frame))
        case "else_clause":
            return block(m, node.named_children[-1] if node.named_children else None, frame)
        case "statement_block" | "labeled_statement":
            return block(m, node if node.type == "statement_block" else node.named_children[-1], frame)
        case "return_statement":
            frame.returns.append(m.evaluate(node.named_children[0], frame) if node.named_children else NOTHING)
            return ENDS
        case "throw_statement":
            raise Thrown(f"{m.place(frame, node)} throws")
        case "break_statement" | "continue_statement":
            return ENDS
        case "try_statement":
            return _try(m, node, frame)
        case "for_in_statement":
            return _for_of(m, node, frame)
        case "for_statement" | "while_statement" | "do_statement":
            return _loop(m, node, frame)
        case "switch_statement":
            return _switch(m, node, frame)
        case _:
            pass
    return FALLS


def _declare(m: Machine, node: Node, frame: Frame) -> None:
    name, written = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is not None and written is not None:
        value = m.evaluate(written, frame)
        if isinstance(value, Function) and value.name == "a function":
            value.name = text_of(name)
        bind(m, name, value, frame)
    elif name is not None and name.type == "identifier":
        frame.scope.names.setdefault(text_of(name), NOTHING)


def bind(m: Machine, pattern: Node, value: Value, frame: Frame) -> None:
    """Names of a pattern, out of the environment as well: `const { A, B = "x" } = process.env`."""
    match pattern.type:
        case "identifier" | "shorthand_property_identifier_pattern":
            frame.scope.names[text_of(pattern)] = value
        case "assignment_pattern" | "object_assignment_pattern":
            left, right = pattern.child_by_field_name("left"), pattern.child_by_field_name("right")
            m.world.defaulted(value, "has a default")
            held = m.world.lift(value, lambda one: m.evaluate(right, frame) if one == NOTHING else one)
            if left is not None:
                bind(m, left, held, frame)
        case "object_pattern":
            if value == NOTHING:
                raise Thrown(f"{m.place(frame, pattern)} takes parts of it")
            for child in pattern.named_children:
                _bind_part(m, child, value, frame)
        case "array_pattern":
            for at, child in enumerate(pattern.named_children):
                known = isinstance(value, Listed) and not value.more and at < len(value.items)
                bind(m, child, value.items[at] if known and isinstance(value, Listed) else UNKNOWN, frame)
        case _:
            pass


def _bind_part(m: Machine, child: Node, value: Value, frame: Frame) -> None:
    from signoff.reading.env_reads.script_expressions import member

    if child.type == "rest_pattern":
        bind(m, child.named_children[0], value if isinstance(value, Environment) else UNKNOWN, frame)
        return
    inner = child
    if child.type == "pair_pattern":
        key = child.child_by_field_name("key")
        inner = child.child_by_field_name("value") or child
        name = text_of(key).strip("\"'")
    elif child.type == "object_assignment_pattern":
        name = text_of(child.child_by_field_name("left"))
    else:
        name = text_of(child)
    bind(m, inner, m.world.lift(value, lambda held: member(m, held, name, child, frame)), frame)


def _try(m: Machine, node: Node, frame: Frame) -> Flow:
    handler = node.child_by_field_name("handler")
    handlers = []
    if handler is not None:
        handlers.append((lambda _kind: True, lambda: block(m, handler.child_by_field_name("body"), frame)))
    flow = attempt(m.world, frame, lambda: block(m, node.child_by_field_name("body"), frame), handlers)
    last = node.child_by_field_name("finalizer")
    if last is not None and block(m, last.child_by_field_name("body"), frame).ends:
        return ENDS
    return flow


def _for_of(m: Machine, node: Node, frame: Frame) -> Flow:
    over = m.evaluate(node.child_by_field_name("right"), frame)
    left, body = node.child_by_field_name("left"), node.child_by_field_name("body")
    keys = any(child.type == "in" for child in node.children)
    if isinstance(over, Choice):
        over = UNKNOWN
    if keys and isinstance(over, Keyed):
        over = Listed([Const(name) for name in over.items], over.more)
    known = (isinstance(over, Listed) and not over.more and not keys) or (keys and isinstance(over, Listed))
    items = over.items[:_LOOPS] if known and isinstance(over, Listed) else [UNKNOWN]
    flow = FALLS
    for item in items:
        inner = frame.inner(Scope({}, frame.scope))
        if left is not None:
            bind(m, left, item, inner)
        flow = once(m.world, inner, lambda inner=inner: block(m, body, inner), sure=known)  # type: ignore[misc]
    return flow


def _loop(m: Machine, node: Node, frame: Frame) -> Flow:
    inner = frame.inner(Scope({}, frame.scope))
    first = node.child_by_field_name("initializer")
    if first is not None:
        statement(m, first, inner)
    body = node.child_by_field_name("body")
    return once(m.world, inner, lambda: block(m, body, inner), sure=node.type == "do_statement")


def _switch(m: Machine, node: Node, frame: Frame) -> Flow:
    """Each case by itself: which one is taken is not told."""
    m.evaluate(node.child_by_field_name("value"), frame)
    body = node.child_by_field_name("body")
    count = len(frame.returns)
    inner = frame.inner(Scope({}, frame.scope))
    for case in body.named_children if body is not None else []:
        acts = [_act(m, one, inner) for one in case.children_by_field_name("body")]
        with m.world.perhaps():
            try:
                run(m.world, acts)
            except Thrown:
                continue
    return Flow(guards=(Guard("perhaps"),)) if len(frame.returns) > count else FALLS

"""Python's statements, in order and in the worlds in which they run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from signoff.reading.env_reads import python_definitions
from signoff.reading.env_reads.flow import ENDS, FALLS, Flow, Frame, Guard, attempt, decide, once, run
from signoff.reading.env_reads.python_loops import items_of
from signoff.reading.env_reads.python_modules import PythonModule
from signoff.reading.env_reads.values import (
    UNKNOWN,
    Class,
    Const,
    Environment,
    Instance,
    Keyed,
    Listed,
    Made,
    Value,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine

_LOOPS = 300
_OTHER_ERRORS = frozenset({
    "ImportError", "ModuleNotFoundError", "OSError", "FileNotFoundError", "PermissionError", "ConnectionError",
    "StopIteration", "PackageNotFoundError", "IndexError", "ZeroDivisionError", "NotImplementedError",
})  # fmt: skip
"""Handlers for these say nothing of a name that is missing."""


def whole_module(m: Machine, body: Sequence[ast.stmt], frame: Frame) -> None:
    """An error that hangs on nothing told here is taken for a mistake of the reader: the rest is followed too."""

    def act(statement: ast.stmt) -> Callable[[], Flow]:
        def follow() -> Flow:
            try:
                return _statement(m, statement, frame)
            except Thrown:
                if m.world.missing is not None or m.world.guarded:
                    raise
                return Flow(guards=(Guard("perhaps"),))

        return follow

    run(m.world, [act(statement) for statement in body])


def block(m: Machine, body: Sequence[ast.stmt], frame: Frame) -> Flow:
    return run(m.world, [_act(m, statement, frame) for statement in body])


def _act(m: Machine, statement: ast.stmt, frame: Frame) -> Callable[[], Flow]:
    return lambda: _statement(m, statement, frame)


def _statement(m: Machine, node: ast.stmt, frame: Frame) -> Flow:
    m.world.step()
    match node:
        case ast.Expr(value=value):
            m.evaluate(value, frame)
        case ast.Assign(targets=targets, value=value):
            held = m.evaluate(value, frame)
            for target in targets:
                assign(m, target, held, frame)
        case ast.AnnAssign(target=target, value=written) if written is not None:
            assign(m, target, m.evaluate(written, frame), frame)
        case ast.AugAssign(target=target, op=op, value=value):
            _augment(m, target, op, value, frame)
        case ast.Import(names=names):
            for alias in names:
                found = m.import_module(alias.name, m.place(frame, node))
                root = alias.name.partition(".")[0]
                frame.scope.names[alias.asname or root] = (
                    found if alias.asname else (m.files.loaded.get(root) or _external(root))
                )
        case ast.ImportFrom():
            _import_from(m, node, frame)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            frame.scope.names[node.name] = python_definitions.function_statement(m, node, frame)
        case ast.ClassDef():
            frame.scope.names[node.name] = python_definitions.class_statement(m, node, frame)
        case ast.If(test=test, body=body, orelse=orelse):
            asked = m.evaluate(test, frame)
            return decide(m.world, frame, asked, lambda: block(m, body, frame), lambda: block(m, orelse, frame))
        case ast.For() | ast.AsyncFor():
            return _for(m, node, frame)
        case ast.While(test=test, body=body):
            return once(m.world, frame, lambda: _while(m, test, body, frame), sure=True)
        case ast.Try() | ast.TryStar():
            return _try(m, node, frame)
        case ast.With() | ast.AsyncWith():
            return _with(m, node, frame)
        case ast.Return(value=returned):
            frame.returns.append(m.evaluate(returned, frame) if returned else Const(None))
            return ENDS
        case ast.Raise(exc=raised):
            raise Thrown(f"{m.place(frame, node)} raises", _error_name(raised))
        case ast.Assert(test=test):
            return decide(m.world, frame, m.evaluate(test, frame), lambda: FALLS, lambda: _asserted(m, node, frame))
        case ast.Match(subject=subject, cases=cases):
            m.evaluate(subject, frame)
            for case in cases:
                decide(m.world, frame, UNKNOWN, lambda body=case.body: block(m, body, frame), lambda: FALLS)  # type: ignore[misc]
        case ast.Break() | ast.Continue():
            return ENDS
        case _:
            pass
    return FALLS


def _asserted(m: Machine, node: ast.Assert, frame: Frame) -> Flow:
    raise Thrown(f"{m.place(frame, node)} asserts it", "AssertionError")


def assign(m: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    match target:
        case ast.Name(id=name):
            held = frame.scope.names.get("__global__")
            scope = frame.module.scope if isinstance(held, Listed) and Const(name) in held.items else frame.scope
            scope.names[name] = value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            items = value.items if isinstance(value, Listed) and not value.more else []
            for at, part in enumerate(parts):
                inner = part.value if isinstance(part, ast.Starred) else part
                assign(m, inner, items[at] if len(items) == len(parts) else UNKNOWN, frame)
        case ast.Attribute(value=of, attr=name):
            holder = m.evaluate(of, frame)
            if isinstance(holder, Instance | Class):
                holder.attributes[name] = value
            elif isinstance(holder, PythonModule):
                holder.scope.names[name] = value
        case ast.Subscript(value=of, slice=index):
            holder, key = m.evaluate(of, frame), m.evaluate(index, frame)
            if isinstance(key, Const) and isinstance(key.value, str):
                if isinstance(holder, Environment):
                    m.world.assign(key.value, value)
                elif isinstance(holder, Keyed):
                    holder.items[key.value] = value
        case _:
            pass


def _augment(m: Machine, target: ast.expr, op: ast.operator, value: ast.expr, frame: Frame) -> None:
    added = m.evaluate(value, frame)
    held = m.evaluate(target, frame) if isinstance(target, ast.Name | ast.Attribute) else UNKNOWN
    if isinstance(held, Listed) and isinstance(added, Listed) and isinstance(op, ast.Add):
        joined: Value = Listed([*held.items, *added.items], held.more or added.more, [*held.hanging, *added.hanging])
    else:
        joined = Listed(held.items, more=True) if isinstance(held, Listed) else UNKNOWN
    if isinstance(target, ast.Name):
        frame.scope.names[target.id] = joined


def _import_from(m: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    place = m.place(frame, node)
    name = node.module or ""
    if node.level:
        start = frame.module.package.split(".") if frame.module.package else []
        start = start[: len(start) - node.level + 1]
        name = ".".join([*start, *([name] if name else [])])
    if not name or name == "__future__":
        return
    module = m.import_module(name, place)
    for alias in node.names:
        if alias.name == "*":
            if isinstance(module, PythonModule):
                shown = {key: held for key, held in module.scope.names.items() if not key.startswith("_")}
                frame.scope.names |= shown
        elif isinstance(module, PythonModule):
            frame.scope.names[alias.asname or alias.name] = m.member(module, alias.name, place)
        else:
            frame.scope.names[alias.asname or alias.name] = _external(f"{name}.{alias.name}")


def _external(name: str) -> Value:
    from signoff.reading.env_reads.python_expressions import external

    return external(name)


def _for(m: Machine, node: ast.For | ast.AsyncFor, frame: Frame) -> Flow:
    def of_item(item: Value) -> Callable[[], Flow]:
        def follow() -> Flow:
            assign(m, node.target, item, frame)
            return block(m, node.body, frame)

        return follow

    over, sure = items_of(m, m.evaluate(node.iter, frame))
    flow = FALLS
    for item in over[:_LOOPS]:
        flow = once(m.world, frame, of_item(item), sure=sure)
    block(m, node.orelse, frame)
    return flow


def _while(m: Machine, test: ast.expr, body: list[ast.stmt], frame: Frame) -> Flow:
    return decide(m.world, frame, m.evaluate(test, frame), lambda: block(m, body, frame), lambda: FALLS)


def _error_name(node: ast.expr | None) -> str:
    match node:
        case ast.Call(func=func):
            return _error_name(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _catches(node: ast.expr | None) -> Callable[[str], bool]:
    """By the name of the error: KeyError is what os.environ[…] raises; other errors by what is likely."""
    if node is None:
        return lambda _kind: True
    names = {_error_name(one) for one in (node.elts if isinstance(node, ast.Tuple) else [node])}
    if names & {"Exception", "BaseException"}:
        return lambda kind: kind != "SystemExit" or "BaseException" in names
    if "LookupError" in names:
        names |= {"KeyError"}
    likely = (
        names - _OTHER_ERRORS - {"KeyError", "LookupError", "AttributeError", "TypeError", "ValueError", "SystemExit"}
    )
    known = {"KeyError", "AttributeError", "TypeError", "ValueError", "SystemExit", "AssertionError"}
    return lambda kind: kind in names or (bool(likely) and kind not in known)


def _try(m: Machine, node: ast.Try | ast.TryStar, frame: Frame) -> Flow:
    def handler(one: ast.ExceptHandler) -> Callable[[], Flow]:
        def follow() -> Flow:
            if one.name:
                frame.scope.names[one.name] = UNKNOWN
            return block(m, one.body, frame)

        return follow

    def body() -> Flow:
        flow = block(m, node.body, frame)
        return flow if flow.ends else run(m.world, [lambda: flow, *(_act(m, one, frame) for one in node.orelse)])

    flow = attempt(m.world, frame, body, [(_catches(one.type), handler(one)) for one in node.handlers])
    return ENDS if block(m, node.finalbody, frame).ends else flow


def _with(m: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> Flow:
    suppressed: list[Callable[[str], bool]] = []
    for item in node.items:
        value = m.evaluate(item.context_expr, frame)
        if isinstance(value, Made) and value.kind == "contextlib.suppress" and isinstance(item.context_expr, ast.Call):
            suppressed += [_catches(one) for one in item.context_expr.args]
        if item.optional_vars is not None:
            entered = value if isinstance(value, Made | Instance) else UNKNOWN
            assign(m, item.optional_vars, entered, frame)
    if suppressed:
        handlers = [(catches, lambda: FALLS) for catches in suppressed]
        return attempt(m.world, frame, lambda: block(m, node.body, frame), handlers)
    return block(m, node.body, frame)

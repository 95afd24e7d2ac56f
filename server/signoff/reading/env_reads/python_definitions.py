"""Functions and classes of Python: what their definition evaluates, and how a call binds parameters."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.reading.env_reads import python_statements
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.values import (
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Instance,
    Keyed,
    Listed,
    Made,
    Scope,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine


def function(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Function:
    """Its defaults are evaluated with the definition."""
    made = Function(getattr(node, "name", "a lambda"), node, frame.scope, frame.module)
    made.lazy = isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.FunctionDef) and _yields(node))
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    for parameter, default in zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=True):
        made.defaults[parameter.arg] = m.evaluate(default, frame)
    for parameter, written in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if written is not None:
            made.defaults[parameter.arg] = m.evaluate(written, frame)
    return made


def _yields(node: ast.FunctionDef) -> bool:
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(one)
    return False


def bind(made: Function, args: list[Value], named: Mapping[str, Value], frame: Frame) -> None:
    """Parameters by place and by name, as far as they are told; others hold their default or are not known."""
    given = made.node.args
    values = [made.bound, *args] if made.bound is not None else args
    names = [one.arg for one in (*given.posonlyargs, *given.args)]
    scope = frame.scope.names
    for at, name in enumerate(names):
        scope[name] = values[at] if at < len(values) else named.get(name, made.defaults.get(name, UNKNOWN))
    for one in given.kwonlyargs:
        scope[one.arg] = named.get(one.arg, made.defaults.get(one.arg, UNKNOWN))
    if given.vararg:
        scope[given.vararg.arg] = Listed(list(values[len(names) :]))
    if given.kwarg:
        scope[given.kwarg.arg] = Keyed({key: held for key, held in named.items() if key not in scope})
    declared = [
        name for one in ast.walk(made.node) if isinstance(one, ast.Global) for name in one.names
    ] if isinstance(made.node, ast.FunctionDef) else []  # fmt: skip
    if declared:
        scope["__global__"] = Listed([Const(name) for name in declared])


def function_statement(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Value:
    return _decorated(m, node, function(m, node, frame), frame)


def class_statement(m: Machine, node: ast.ClassDef, frame: Frame) -> Value:
    return _decorated(m, node, _class(m, node, frame), frame)


def _decorated(
    m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, made: Value, frame: Frame
) -> Value:
    """A decorator of the tree is called; one of a package is taken to give back what it decorates."""
    for written in reversed(node.decorator_list):
        decorator = m.evaluate(written, frame)
        if isinstance(decorator, Function):
            wrapped = m.call(decorator, [made], {}, m.place(frame, written))
            made = wrapped if isinstance(wrapped, Function | Class | Instance) else made
        elif isinstance(decorator, External):
            kind = decorator.name.rpartition(".")[2]
            if kind in {"property", "cached_property", "staticmethod", "classmethod"} and isinstance(made, Function):
                made = Made(kind, {"function": made})
    return made


def _class(m: Machine, node: ast.ClassDef, frame: Frame) -> Class:
    bases = tuple(m.evaluate(base, frame) for base in node.bases if not isinstance(base, ast.Starred))
    for keyword in node.keywords:
        m.evaluate(keyword.value, frame)
    scope = Scope({}, frame.scope)
    made = Class(node.name, node, frame.scope, frame.module, bases, scope.names)
    inner = replace(frame, scope=scope, returns=[], wraps=[])
    python_statements.block(m, node.body, inner)
    methods = Scope({"__class__": made}, frame.scope)
    for value in scope.names.values():
        held = value.parts.get("function") if isinstance(value, Made) else value
        if isinstance(held, Function) and held.scope is scope:
            held.scope = methods  # names of the class are no names of its methods
    return made

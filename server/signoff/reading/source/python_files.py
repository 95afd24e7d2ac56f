"""SQL in Python: every text that a module puts together, walked scope by scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from signoff.reading.source.python_module import Function, Scope, bindings, parameters
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.source.text import SqlText, hole, joined

_TEXTUAL = ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call


def texts_in(texts: PythonTexts) -> Iterator[tuple[ast.AST, SqlText]]:
    """The texts of the module, with the node that each is; one may be part of a later one (`texts.used`)."""
    for node, scope in walk(texts.module.tree.body, texts.module.top):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
            after = texts.text_of(node.value, scope, 1)
            if after is not None:
                before = texts.text_of(node.target, scope, 1)
                yield node, joined([before or hole(texts.place(node)), after])
        elif isinstance(node, _TEXTUAL) and id(node) not in texts.used:
            text = texts.text_of(node, scope)
            if text is not None:
                yield node, text


def walk(body: list[ast.stmt], scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node with the scope it stands in, outer ones first; docstrings are prose and left out."""
    waiting: list[tuple[ast.AST, Scope]] = [(node, scope) for node in reversed(body) if not _is_docstring(node)]
    while waiting:
        node, inside = waiting.pop()
        yield node, inside
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, Function):
            inside = _function_scope(node, inside)
        elif isinstance(node, ast.ClassDef):
            inside = Scope(dict(bindings(node.body)), inside, node)
        waiting += [(child, inside) for child in reversed(children) if not _is_docstring(child)]


def _function_scope(function: Function, outer: Scope) -> Scope:
    if outer.owner is not None:  # what a class binds is no name in its methods
        outer = Scope({}, outer.outer, outer.owner)
    names = dict(bindings(function.body)) if not isinstance(function, ast.Lambda) else {}
    for name in parameters(function):
        names[name] = [None, *names.get(name, [])]
    return Scope(names, outer)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

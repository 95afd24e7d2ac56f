"""What counts of the text of Python code: not its docstrings, not where a function is registered as a route."""

from __future__ import annotations

import ast
import copy

_DECORATING = frozenset({"route", "get", "post", "put", "patch", "delete", "api_route"})
_PATHS = frozenset({"path", "rule", "route", "regex", "prefix"})
"""What frameworks call the path of a route."""


def owner_of_route(node: ast.expr) -> ast.expr | None:
    """What `@owner.get("/path")` hangs a route on; None for other decorators."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    first = node.args[0]
    path = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] in {"/", ""}
    return node.func.value if path and node.func.attr in _DECORATING else None


def plain(node: ast.AST) -> str:
    """Equal for what does the same. A route's decorator counts for that route alone, by `registered`."""
    bare = copy.deepcopy(node)
    for one in ast.walk(bare):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            one.decorator_list = [given for given in one.decorator_list if owner_of_route(given) is None]
            match one.body:
                case [ast.Expr(value=ast.Constant(value=str())), *rest]:
                    one.body = rest
                case _:
                    pass
    return ast.dump(bare)


def registered(node: ast.expr) -> str:
    """What a call that makes a route is given, but for the path: with the object that it is called on, that is where
    the route is, and says nothing of what handles it.
    """
    if not isinstance(node, ast.Call):
        return ast.dump(node)
    named = any(keyword.arg in _PATHS for keyword in node.keywords)
    rest = node.args if named else node.args[1:]
    more = sorted(ast.dump(keyword) for keyword in node.keywords if keyword.arg not in _PATHS)
    return " ".join([*map(ast.dump, rest), *more])

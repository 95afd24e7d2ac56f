"""Code that writes another path into requests before an application reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from signoff.reading.routes.values import Class, Function, Thing, Value

_PATHS = frozenset({"path", "raw_path", "PATH_INFO"})
"""https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope, https://peps.python.org/pep-3333/"""


def move(things: Iterable[Value], why: str) -> None:
    """Of these the text does not tell where their routes are."""
    for one in things:
        if isinstance(one, Thing):
            one.lost = one.lost or why


def wrap(made: Value, things: Iterable[Value]) -> None:
    """A class or a function of the repository is put around these: it may write another path into each request."""
    if isinstance(made, Class | Function) and _writes_path(made.node):
        move(things, "a middleware may give it another path")


def _writes_path(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Store)
        and isinstance(one.slice, ast.Constant)
        and one.slice.value in _PATHS
        for one in ast.walk(node)
    )

"""The predicate of a partial index as SQLAlchemy's operators say it."""

from __future__ import annotations

import ast
from collections.abc import Callable

_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="
}  # fmt: skip
_IS = {"is_": "IS", "is_not": "IS NOT", "isnot": "IS NOT"}
_LISTS = {"in_": "IN", "not_in": "NOT IN", "notin_": "NOT IN"}
_JOINED = {"and_": "AND", "or_": "OR"}
_SIGNS: dict[type[ast.operator], str] = {ast.BitAnd: "AND", ast.BitOr: "OR"}
Column = Callable[[ast.expr], str | None]


def predicate(node: ast.expr, column: Column) -> str | None:
    """SQL text, with values as they are written; None: it says something that is not read here.

    `column` gives the SQL text of a column object, or None for anything else.
    """
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
            one, other = _operand(left, column), _operand(right, column)
            if other == "NULL" and isinstance(op, ast.Eq | ast.NotEq):  # SQLAlchemy says IS NULL for == None
                return None if one is None else f"{one} IS {'NOT ' if isinstance(op, ast.NotEq) else ''}NULL"
            return None if one is None or other is None else f"{one} {_COMPARED[type(op)]} {other}"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return _both([left, right], _SIGNS[type(op)], column)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            inner = predicate(operand, column)
            return None if inner is None else f"NOT ({inner})"
        case ast.Call(func=function, args=arguments):
            return _called(function, arguments, column)
        case _:
            return column(node)


def _called(function: ast.expr, arguments: list[ast.expr], column: Column) -> str | None:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name == "text" and arguments:
        first = arguments[0]
        text = first.value if isinstance(first, ast.Constant) else None
        return text if isinstance(text, str) and ":" not in text.replace("::", "") else None
    if name in _JOINED:
        return _both(arguments, _JOINED[name], column)
    if name == "not_" and len(arguments) == 1:
        inner = predicate(arguments[0], column)
        return None if inner is None else f"NOT ({inner})"
    on = column(function.value) if isinstance(function, ast.Attribute) else None
    if on is None or len(arguments) != 1:
        return None
    if name in _IS:
        value = _literal(arguments[0])
        return None if value is None else f"{on} {_IS[name]} {value}"
    if name in _LISTS and isinstance(arguments[0], ast.List | ast.Tuple):
        values = [_literal(one) for one in arguments[0].elts]
        return None if None in values else f"{on} {_LISTS[name]} ({', '.join(one for one in values if one)})"
    return None


def _both(nodes: list[ast.expr], word: str, column: Column) -> str | None:
    parts = [predicate(node, column) for node in nodes]
    return None if None in parts else f" {word} ".join(f"({part})" for part in parts)


def _operand(node: ast.expr, column: Column) -> str | None:
    return _literal(node) or column(node)


def _literal(node: ast.expr) -> str | None:
    """A value written out, as PostgreSQL writes it; `sa.true()`, `null()` are values too."""
    match node:
        case ast.Constant(value=None):
            return "NULL"
        case ast.Constant(value=bool(value)):
            return "true" if value else "false"
        case ast.Constant(value=int(value)):
            return str(value)
        case ast.Constant(value=str(value)):
            return "'" + value.replace("'", "''") + "'"
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[]) if name in {"true", "false", "null"}:
            return name
        case _:
            return None

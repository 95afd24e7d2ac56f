"""The tables and columns of SELECT, INSERT, UPDATE and DELETE in a text."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from signoff.model.sql_use import Need
from signoff.reading.source.text import HOLE, PARAMETER, SqlText, marked

if TYPE_CHECKING:
    from sqlglot import exp

_STATEMENT = re.compile(r"\s*(?:\(\s*)?(?:(?i:insert\s+into|delete\s+from)|SELECT|select|UPDATE|update|WITH|with)\s")
_WHOLE = re.compile(r"\b(?:from|into|set|values)\b", re.IGNORECASE)
_WORDS = re.compile(r"(?!.*\bas\b)[A-Za-z' \n]+", re.IGNORECASE | re.DOTALL)
Key = tuple[str | None, str]


def is_statement(text: str) -> bool:
    """Whether the text may be one: prose that begins with `Select` or `Update` is told apart by its case."""
    return _STATEMENT.match(text) is not None and _WHOLE.search(text) is not None


def needs_in(sql: SqlText) -> tuple[list[Need], int]:
    """The needs of each statement of the text, and how many statements are not known from the code."""
    _quiet()
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.errors import SqlglotError

    text = marked(sql.text).replace(PARAMETER, "?")
    found: list[Need] = []
    left_out = 0
    try:
        tokens = Postgres().tokenize(text)
    except (SqlglotError, RecursionError):
        return [], 1
    start = 0
    ends = [token.start for token in tokens if token.token_type.name == "SEMICOLON"]
    for end in [*ends, len(text)]:
        statement = text[start:end]
        first = start + len(statement) - len(statement.lstrip())
        if is_statement(statement):
            try:
                read = _read(statement)
            except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError):
                read = _Statement()  # the parser trips over what is no SQL in many ways
                left_out += 1
            left_out += any(HOLE in name for _, name in read.columns)
            for (schema, name), columns in read.columns.items():
                if HOLE not in name and HOLE not in (schema or ""):
                    kept = tuple(sorted(column for column in columns if HOLE not in column))
                    rights = tuple(sorted(read.rights[schema, name]))
                    found.append(Need(sql.place_at(first), name, kept, schema, read.only_reads, rights))
        start = end + 1
    return found, left_out


@cache
def _quiet() -> None:
    """sqlglot warns on its logger of what it reads only in part; without a handler that is printed."""
    logging.getLogger("sqlglot").addHandler(logging.NullHandler())


@dataclass(slots=True)
class _Statement:
    """Of each table the columns that are named and the rights that are taken. `only_reads`: nothing is written."""

    columns: dict[Key, set[str]] = field(default_factory=dict)
    rights: dict[Key, set[str]] = field(default_factory=dict)
    only_reads: bool = True


def _read(statement: str) -> _Statement:
    import sqlglot
    from sqlglot import exp

    read = _Statement()
    for tree in sqlglot.parse(statement, read="postgres"):
        if tree is None or _is_prose(tree, statement):
            continue
        writes = tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge) is not None
        read.only_reads = read.only_reads and isinstance(tree, exp.Query) and not writes
        within = {_name(cte.args["alias"].this) for cte in tree.find_all(exp.CTE) if cte.args.get("alias")}
        for table in tree.find_all(exp.Table):
            key = _key(table)
            if key is not None and (key[0] or key[1] not in within):
                read.columns.setdefault(key, set())
                read.rights.setdefault(key, set()).update(_rights(table))
        for key, column in _columns(tree):
            if key in read.columns:
                read.columns[key].add(column)
    return read


def _is_prose(tree: exp.Expr, statement: str) -> bool:
    """`select from menu`, `delete from your account`: words alone, where SQL would have a column, a comma or AS."""
    from sqlglot import exp

    if not _WORDS.fullmatch(statement):
        return False
    if isinstance(tree, exp.Select):
        return not tree.expressions or any(isinstance(one, exp.Alias) for one in tree.expressions)
    return isinstance(tree, exp.Delete) and bool(tree.this.alias)


def _rights(table: exp.Table) -> set[str]:
    """What a table is used for; of an update or delete not what its conditions read besides."""
    from sqlglot import exp

    target = table.parent if isinstance(table.parent, exp.Schema) else table
    statement = target.parent
    if statement is None or statement.this is not target:
        return {"SELECT"}
    if isinstance(statement, exp.Insert):
        conflict = statement.args.get("conflict")
        taken = {"INSERT"}
        if conflict is not None and (conflict.args.get("conflict_keys") or conflict.args.get("constraint")):
            taken.add("SELECT")
        if conflict is not None and conflict.expressions:
            taken.add("UPDATE")
        return taken
    if isinstance(statement, exp.Update):
        return {"UPDATE"}
    return {"DELETE"} if isinstance(statement, exp.Delete) else {"SELECT"}


def _columns(tree: exp.Expr) -> Iterator[tuple[Key, str]]:
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    if isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        yield from _of_writing(tree)
    for query in [tree] if isinstance(tree, exp.Query) else [one for one in tree.find_all(exp.Select) if _is_top(one)]:
        for scope in traverse_scope(query):
            sources = {name: one for name, one in scope.sources.items() if isinstance(one, exp.Table)}
            alone = len(scope.sources) == 1 and scope.parent is None and not scope.is_correlated_subquery
            inner = {id(node) for one in scope.subquery_scopes for node in one.expression.find_all(exp.Column)}
            for column in scope.columns:
                source = sources.get(column.table) if column.table else next(iter(sources.values()), None)
                if source is None or (not column.table and (not alone or id(column) in inner)):
                    continue
                if not column.table and _name(column.this) in scope.sources:
                    continue  # the whole row, by its alias
                key = _key(source)
                if key is not None:
                    yield key, _name(column.this)


def _is_top(select: exp.Expr) -> bool:
    from sqlglot import exp

    return not isinstance(select.parent, exp.Subquery | exp.Select | exp.Union | exp.In | exp.Exists)


def _of_writing(tree: exp.Insert | exp.Update | exp.Delete) -> Iterator[tuple[Key, str]]:
    """Columns that are written, and those that a statement on one table alone returns or compares."""
    from sqlglot import exp

    target = tree.this
    columns: list[exp.Expr] = []
    if isinstance(target, exp.Schema):
        columns += target.expressions
        target = target.this
    key = _key(target) if isinstance(target, exp.Table) else None
    if key is None:
        return
    if isinstance(tree, exp.Update):
        columns += [one.this.this for one in tree.expressions if isinstance(one, exp.EQ) and _is_column(one.this)]
    others = tree.args.get("from_") or tree.args.get("using") or tree.find(exp.Select)
    for part in () if others else (tree.args.get("where"), tree.args.get("returning")):
        columns += [one.this for one in part.find_all(exp.Column) if not one.table] if part is not None else []
    for column in columns:
        if isinstance(column, exp.Identifier):
            yield key, _name(column)


def _is_column(node: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Column)


def _key(table: exp.Table) -> Key | None:
    """Schema and name; None of a function that is used as a table."""
    from sqlglot import exp

    if not isinstance(table.this, exp.Identifier):
        return None
    schema = table.args.get("db")
    return (_name(schema) if schema is not None else None), _name(table.this)


def _name(node: exp.Expr) -> str:
    """As the database has it: lower case unless it is quoted."""
    name = str(node.name)
    return name if node.args.get("quoted") else name.lower()

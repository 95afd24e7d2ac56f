"""`ON CONFLICT` in SQL text: which table, and which index it asks for.

https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
Only the tokens are read, so that the rest of a statement may be anything; what stands in the target is kept as it is
written, since an expression matches an index only if it is the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signoff.model.sql_use import ConflictTarget, NotCheckable, Upsert
from signoff.reading.source.names import quoted
from signoff.reading.source.text import HOLE, PARAMETER, SqlText, marked, plain

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

TABLE_UNKNOWN = "the table of this ON CONFLICT is put together at run time"
TARGET_UNKNOWN = "the target of this ON CONFLICT is put together at run time"
VALUE_IN_TARGET = "the target of this ON CONFLICT holds a value that is sent at run time"
NOT_SQL = "this ON CONFLICT stands in text that cannot be read as SQL"
NO_TARGET = "this ON CONFLICT DO UPDATE says no target, which PostgreSQL refuses"
_CONFLICT = re.compile(r"\bon\s+conflict\b", re.IGNORECASE)
_LOOSE = re.compile(rf"\s*(?:ON\s+CONSTRAINT\b|{HOLE}|\Z|\()", re.IGNORECASE)
_DO = re.compile(r"\bdo\s+(?:nothing|update)\b", re.IGNORECASE)
_TEMPORARY = re.compile(
    r'\bcreate\s+(?:(?:global|local)\s+)?temp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?"?([\w$]+)', re.IGNORECASE
)
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_BRACES, _FIELD = re.compile(r"\{[^{}]*\}"), re.compile(r"\{\w[\w.!:]*\}")
_OF_SQLITE = {"rollback", "abort", "fail", "ignore", "replace"}


def mentions(text: str) -> bool:
    return _CONFLICT.search(text) is not None


def temporary_tables(text: str) -> frozenset[str]:
    """Tables that live in a session only, so that no database can be asked about them."""
    return frozenset(name.lower() for name in _TEMPORARY.findall(text))


def upserts_in(sql: SqlText) -> Iterator[Upsert]:
    """Every ON CONFLICT of the text that needs an index, in order; prose that only speaks of it is none."""
    if not mentions(sql.text):
        return
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.errors import SqlglotError

    text = marked(sql.text)
    try:
        tokens = Postgres().tokenize(text)
    except (SqlglotError, RecursionError):
        yield from _unread(sql, text)
        return
    yield from _Statements(sql, text, tokens).upserts()


def _unread(sql: SqlText, text: str) -> Iterator[NotCheckable]:
    for found in _CONFLICT.finditer(text):
        if _is_sql(text, found.end()):
            yield NotCheckable(sql.place_at(found.start()), NOT_SQL)


def _is_sql(text: str, end: int) -> bool:
    """Whether what follows `ON CONFLICT` is a clause: prose may use the two words as well."""
    loud = text[end - len("conflict") : end].isupper()
    return _LOOSE.match(text, end) is not None and (loud or _DO.search(text, end) is not None)


def _is_template(text: str) -> bool:
    """Whether braces may stand for what `str.format` puts in; `'{}'` and `'{x,y}'` are values of arrays."""
    return _FIELD.search(text) is not None or _BRACES.search(_QUOTED.sub("", text)) is not None


class _Statements:
    def __init__(self, sql: SqlText, text: str, tokens: Sequence[Token]) -> None:
        self.sql, self.text, self.tokens = sql, text, tokens

    def upserts(self) -> Iterator[Upsert]:
        tables: list[str | None] = [None]  # of the INSERT at each depth of parentheses
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            word = token.text.lower()
            kind = token.token_type.name
            if kind == "L_PAREN":
                tables.append(None)
            elif kind == "R_PAREN" and len(tables) > 1:
                tables.pop()
            elif kind == "SEMICOLON":
                tables = [None]
            elif kind in {"STRING", "HEREDOC_STRING", "RAW_STRING", "BYTE_STRING"} and mentions(token.text):
                yield from self._inside(token)
            elif word == "insert" and self._word(index + 1) == "into":
                tables[-1], index = self._name(index + 2)
                continue
            elif word == "on" and self._word(index + 1) == "conflict":
                yield from self._clause(index + 2, tables[-1])
            index += 1

    def _word(self, index: int) -> str:
        return self.tokens[index].text.lower() if index < len(self.tokens) else ""

    def _kind(self, index: int) -> str:
        return self.tokens[index].token_type.name if index < len(self.tokens) else ""

    def _inside(self, token: Token) -> Iterator[Upsert]:
        """The body of a function, or a statement that one executes."""
        if not re.search(r"\binsert\s+into\b", token.text, re.IGNORECASE):
            return
        at = self.text.find(token.text, token.start, token.end + 1)
        if at >= 0:
            yield from upserts_in(self.sql.part(at, at + len(token.text)))
        else:  # quotes are doubled in it: its places are known only roughly
            yield from upserts_in(plain(token.text, self.sql.place_at(token.start)))

    def _name(self, index: int) -> tuple[str | None, int]:
        """A table's name at this token, and the index after it."""
        parts: list[str] = []
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.token_type.name == "IDENTIFIER":
                parts.append(quoted(token.text))
            elif re.fullmatch(rf"[\w${HOLE}{PARAMETER}]+", token.text):
                parts.append(token.text.lower())
            else:
                break
            index += 1
            if self._kind(index) != "DOT":
                break
            index += 1
        return ".".join(parts) or None, index

    def _clause(self, index: int, table: str | None) -> Iterator[Upsert]:
        """What follows `ON CONFLICT`, whose last token is at `index - 1`."""
        place = self.sql.place_at(self.tokens[index - 2].start)
        columns: tuple[str, ...] = ()
        where = constraint = None
        if self._word(index) in _OF_SQLITE:
            return  # a constraint's clause in SQLite's CREATE TABLE
        if self._word(index) == "do":
            if self._word(index + 1) == "update":
                yield NotCheckable(place, NO_TARGET)
            return  # DO NOTHING holds with any index, or none
        if table is None and not _is_sql(self.text, self.tokens[index - 1].end + 1):
            return
        if self._word(index) == "on" and self._word(index + 1) == "constraint":
            constraint, index = self._name(index + 2)
        elif self._kind(index) == "L_PAREN":
            columns, index = self._columns(index + 1)
            if self._word(index) == "where":
                where, index = self._until_do(index + 1)
        read = " ".join([*columns, where or "", constraint or ""])
        if table is None or HOLE in table or PARAMETER in table:
            yield NotCheckable(place, TABLE_UNKNOWN)
        elif PARAMETER in read:
            yield NotCheckable(place, VALUE_IN_TARGET)
        elif not (columns or constraint) or HOLE in read or _is_template(read):
            yield NotCheckable(place, TARGET_UNKNOWN)
        else:
            updates = self._word(index) == "do" and self._word(index + 1) == "update"
            yield ConflictTarget(place, table, columns, where, constraint, updates)

    def _columns(self, index: int) -> tuple[tuple[str, ...], int]:
        """The elements up to the closing parenthesis, and the index after it; none if it is not closed."""
        found: list[str] = []
        depth, first = 0, index
        while index < len(self.tokens):
            kind = self._kind(index)
            if depth == 0 and kind in {"COMMA", "R_PAREN"}:
                found.append(self._element(first, index))
                first = index + 1
                if kind == "R_PAREN":
                    return (tuple(found) if all(found) else ()), index + 1
            depth += {"L_PAREN": 1, "R_PAREN": -1}.get(kind, 0)
            index += 1
        return (), index

    def _element(self, first: int, end: int) -> str:
        if end - first == 1:
            name, _ = self._name(first)
            return name or self.tokens[first].text
        return self._written(first, end)

    def _until_do(self, index: int) -> tuple[str, int]:
        """The condition, and the index of the DO after it."""
        first = index
        depth = 0
        while index < len(self.tokens) and not (depth == 0 and self._word(index) == "do"):
            depth += {"L_PAREN": 1, "R_PAREN": -1}.get(self._kind(index), 0)
            index += 1
        return self._written(first, index), index

    def _written(self, first: int, end: int) -> str:
        """Tokens as they are written, without comments; the space between two is one at most."""
        parts: list[str] = []
        for index in range(first, end):
            token = self.tokens[index]
            apart = index > first and token.start > self.tokens[index - 1].end + 1
            parts.append((" " if apart else "") + self.text[token.start : token.end + 1])
        return "".join(parts)

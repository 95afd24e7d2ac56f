"""The columns of a table, expected against live. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.checks.schema_sql import add_column, identifier, qualified, spelled
from signoff.checks.schema_text import plain
from signoff.model.database import Column, Table
from signoff.model.schema_drift import Difference, Effect, Kind

_SIZED = re.compile(r"(character varying|character|bit varying|bit|varchar)\((\d+)\)")
_NUMERIC = re.compile(r"numeric\((\d+),(-?\d+)\)")
_WIDER = ("smallint", "integer", "bigint", "numeric")


def columns(wanted: Table, found: Table) -> Iterator[Difference]:
    """Their order means nothing: code that leans on it names no columns."""
    live = {column.name: column for column in found.columns}
    for column in wanted.columns:
        other = live.pop(column.name, None)
        if other is None:
            mend = (add_column(wanted, column),) if wanted.kind in {"table", "partitioned table"} else ()
            yield _difference("missing", wanted, column, None, "breaks", mend)
        else:
            yield from _column(wanted, column, other)
    for other in live.values():
        # without a word of it in the code, every insert fails
        effect: Effect = "breaks" if other.must_be_given else "none"
        said = spelled(other)
        yield Difference(
            "extra", "column", other.name, wanted.full_name, None, said, effect, (wanted.name,), writers=True
        )


def _column(table: Table, wanted: Column, found: Column) -> Iterator[Difference]:
    alter = f"ALTER TABLE {qualified(table)} ALTER COLUMN {identifier(wanted.name)}"
    if _type(wanted) != _type(found):
        mend = f"{alter} TYPE {wanted.type} USING {identifier(wanted.name)}::{wanted.type};"
        effect: Effect = "none" if _holds_more(found.type, wanted.type) else "breaks"
        yield _difference("different", table, wanted, found, effect, (mend,))
    elif wanted.collation != found.collation:
        yield _difference("different", table, wanted, found, "weakens")
    unnamed = found.must_be_given and not wanted.must_be_given
    if wanted.not_null and not found.not_null:
        yield _difference("different", table, wanted, found, "weakens", _not_null(table, wanted))
    elif found.not_null and not wanted.not_null:
        yield _difference("different", table, wanted, found, "breaks", (f"{alter} DROP NOT NULL;",), unnamed=unnamed)
    if wanted.generated != found.generated or wanted.identity != found.identity or _default(wanted) != _default(found):
        effect = _of_default(wanted, found)
        yield _difference("different", table, wanted, found, effect, _new_default(alter, wanted), unnamed=unnamed)


def _difference(
    kind: Kind,
    table: Table,
    wanted: Column,
    found: Column | None,
    effect: Effect,
    mend: tuple[str, ...] = (),
    *,
    unnamed: bool = False,
) -> Difference:
    """`unnamed`: what fails is every insert that does not name the column."""
    return Difference(
        kind,
        "column",
        wanted.name,
        table.full_name,
        spelled(wanted),
        None if found is None else spelled(found),
        effect,
        (table.name,) if unnamed else (table.name, wanted.name),
        mend,
        unnamed,
    )


def _of_default(wanted: Column, found: Column) -> Effect:
    """An insert that leaves the column out fails where it has to be given; one that gives it, where it may not be."""
    if wanted.generated != found.generated or (found.identity == "always" and wanted.identity != "always"):
        return "breaks"
    if found.must_be_given and not wanted.must_be_given:
        return "breaks"
    numbered = {bool(one.serial or one.identity) for one in (wanted, found)}
    return "none" if numbered == {True} else "weakens"


def _default(column: Column) -> str | None:
    """Of a column that is numbered, whatever its sequence is called: nothing."""
    if column.serial or column.default is None:
        return "numbered" if column.serial else None
    return plain(column.default)


def _new_default(alter: str, wanted: Column) -> tuple[str, ...]:
    if wanted.generated or wanted.identity:
        return ()
    return (f"{alter} DROP DEFAULT;" if wanted.default is None else f"{alter} SET DEFAULT {wanted.default};",)


def _not_null(table: Table, column: Column) -> tuple[str, ...]:
    """A validated check spares SET NOT NULL the look at every row under a lock."""
    alter, name = f"ALTER TABLE {qualified(table)}", identifier(f"{column.name[:50]}_not_null")
    return (
        f"{alter} ADD CONSTRAINT {name} CHECK ({identifier(column.name)} IS NOT NULL) NOT VALID;",
        f"{alter} VALIDATE CONSTRAINT {name};",
        f"{alter} ALTER COLUMN {identifier(column.name)} SET NOT NULL;",
        f"{alter} DROP CONSTRAINT {name};",
    )


def _type(column: Column) -> str:
    """`text` and `character varying` without a length hold the same."""
    return "text" if column.type == "character varying" else column.type


def _holds_more(found: str, wanted: str) -> bool:
    """Whether a type holds all that another one does, and code does not notice."""
    mine, theirs = _SIZED.fullmatch(found), _SIZED.fullmatch(wanted)
    if mine and theirs:
        return mine[1] == theirs[1] and "varying" in mine[1] and int(mine[2]) >= int(theirs[2])
    if theirs and "varying" in theirs[1]:
        return found in {"text", "character varying"}
    numbers = _NUMERIC.fullmatch(found), _NUMERIC.fullmatch(wanted)
    if numbers[0] and numbers[1]:
        whole = [int(one[1]) - int(one[2]) for one in numbers if one]
        return numbers[0][2] == numbers[1][2] and whole[0] >= whole[1]
    if found in _WIDER[:3] and wanted in _WIDER[:3]:
        return _WIDER.index(found) >= _WIDER.index(wanted)
    return False

"""A folder of SQL migrations as what is run of it, in the order in which its tool runs it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from signoff.model.replay import Statement
from signoff.reading.sql_script import statements

_UNDO = re.compile(r"(?:\.|_|/)down\.sql\Z|(?:^|/)U\d[^/]*__[^/]*\.sql\Z|(?:^|/)undo[^/]*\.sql\Z", re.IGNORECASE)
_VERSIONED = re.compile(r"V?(?P<version>\d+(?:[._]\d+)*)(?:__|[_.-])", re.IGNORECASE)
_REPEATED = re.compile(r"R__")
_MARK = re.compile(
    r"^--[ \t]*(?:\+goose|\+migrate|migrate:|\+\+\+)[ \t]*(?P<side>up|down)\b[^\n]*$", re.IGNORECASE | re.MULTILINE
)
JOURNAL = "meta/_journal.json"


def scripts_in(folder: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The paths that are run to come to the newest schema, first to last.

    Numbered and timestamped files, Flyway (`V1__x.sql`, then `R__x.sql`), golang-migrate (`*.up.sql`), Prisma
    (`*/migration.sql`), Drizzle (its journal says the order); what undoes is left out.
    """
    inside = folder.rstrip("/") + "/" if folder not in {"", "."} else ""
    paths = [path for path in files if path.startswith(inside) and path.endswith(".sql") and not _UNDO.search(path)]
    journal = _journal(files.get(inside + JOURNAL))
    if journal is not None:
        return tuple(path for tag in journal if (path := f"{inside}{tag}.sql") in files)
    if prisma := [path for path in paths if path.endswith("/migration.sql")]:
        return tuple(sorted(prisma))
    ups = [path for path in paths if path.endswith((".up.sql", "/up.sql"))]
    return tuple(sorted(ups or paths, key=_order))


def run_of(paths: Iterable[str], files: Mapping[str, bytes]) -> tuple[Statement, ...]:
    """The statements of the scripts in their order. Raises MetaCommand."""
    found: list[Statement] = []
    for path in paths:
        found += statements(_up(files[path].decode("utf-8-sig", "replace")), path)
    return tuple(found)


def _order(path: str) -> tuple[bool, tuple[int, ...], str]:
    name = posixpath.basename(path)
    if name == "up.sql":  # Diesel: the folder carries the version
        name = posixpath.basename(posixpath.dirname(path)) + "_"
    found = _VERSIONED.match(name)
    numbers = tuple(int(part) for part in re.split(r"[._]", found["version"])) if found else ()
    return bool(_REPEATED.match(name)) or not numbers, numbers, path


def _journal(data: bytes | None) -> list[str] | None:
    """The names of Drizzle's migrations, first to last. https://orm.drizzle.team/docs/drizzle-kit-generate"""
    if data is None:
        return None
    try:
        read: Any = json.loads(data)
        return [str(one["tag"]) for one in sorted(read["entries"], key=lambda one: int(one["idx"]))]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _up(text: str) -> str:
    """Without what undoes, where one file has both (dbmate, goose, sql-migrate); lines stay where they are."""
    sides = list(_MARK.finditer(text))
    for at, mark in reversed(list(enumerate(sides))):
        if mark["side"].lower() == "down":
            end = sides[at + 1].start() if at + 1 < len(sides) else len(text)
            text = text[: mark.start()] + re.sub(r"[^\n]", " ", text[mark.start() : end]) + text[end:]
    return text

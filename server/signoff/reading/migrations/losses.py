"""What SQL takes away from code that runs already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.model.migrations import Destructive, Loss
from signoff.reading.source.text import SqlText

_HIDDEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_DOWN = re.compile(r"^--\s*(?:\+goose\s+Down|\+migrate\s+Down|migrate:down|\+\+\+\s*Down)\b.*", re.DOTALL | re.M | re.I)
_NAME = r'(?:"(?:[^"]|"")+"|[\w$\ue000]+)'
_QUALIFIED = rf"(?:{_NAME}\.)?({_NAME})"
_CREATED = re.compile(
    rf"\bcreate\s+(?:unlogged\s+|temp(?:orary)?\s+)?table\s+(?:if\s+not\s+exists\s+)?{_QUALIFIED}", re.I
)
_DROPPED = re.compile(rf"\bdrop\s+table\s+(?:if\s+exists\s+)?{_QUALIFIED}((?:\s*,\s*{_QUALIFIED})*)", re.I)
_ALTERED = re.compile(rf"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_QUALIFIED}\s+([^;]*)", re.I)
_ACTIONS: tuple[tuple[Loss, re.Pattern[str]], ...] = (
    ("drop-column", re.compile(
        rf"\bdrop\s+(?:column\s+)?(?:if\s+exists\s+)?(?!column\b|constraint\b|default\b|not\b|identity\b|expression\b|if\b)"
        rf"({_NAME})", re.I)),
    ("rename", re.compile(
        rf"\brename\s+(?:to\s+{_NAME}()|(?:column\s+)?(?!to\b|constraint\b|column\b)({_NAME})\s+to\b)", re.I)),
    ("set-not-null", re.compile(rf"\balter\s+(?:column\s+)?({_NAME})\s+set\s+not\s+null\b", re.I)),
    ("change-type", re.compile(rf"\balter\s+(?:column\s+)?({_NAME})\s+(?:set\s+data\s+)?type\b", re.I)),
)  # fmt: skip


def losses_in(migration: str, sql: SqlText) -> Iterator[Destructive]:
    """In order; what happens to a table that the same text makes, and what undoes the migration, is no loss."""
    text = _DOWN.sub(lambda found: " " * len(found[0]), sql.text)
    text = _HIDDEN.sub(lambda found: " " * len(found[0]), text)
    made = {_plain(found[1]) for found in _CREATED.finditer(text)}
    found: list[tuple[int, Loss, str, str | None]] = []
    for drop in _DROPPED.finditer(text):
        more = [name for name in re.findall(_QUALIFIED, drop[2]) if name]
        found += [(drop.start(), "drop-table", _plain(name), None) for name in (drop[1], *more)]
    for alter in _ALTERED.finditer(text):
        for loss, pattern in _ACTIONS:
            for action in pattern.finditer(alter[2]):
                column = next((name for name in action.groups() if name), None)
                at = alter.start(2) + action.start()
                found.append((at, loss, _plain(alter[1]), None if column is None else _plain(column)))
    for at, loss, table, column in sorted(found, key=lambda one: one[0]):
        if table not in made:
            yield Destructive(sql.place_at(at), migration, loss, table, column)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()

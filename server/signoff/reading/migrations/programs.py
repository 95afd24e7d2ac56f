"""Migrations that are programs: those of Knex, node-pg-migrate and goose are known by name, of others it is said.

https://knexjs.org/guide/migrations.html · https://salsita.github.io/node-pg-migrate/ ·
https://pressly.github.io/goose/documentation/annotations/
"""

from __future__ import annotations

import posixpath
import re

from signoff.model.migrations import Migration, Tool
from signoff.model.sql_use import NotCheckable, Place
from signoff.reading.source.shipped import is_migration

UNREAD = "migrations of {} are not read: which of them were run is not known"
_SCRIPT = re.compile(r"\.[cm]?[jt]s\Z")
_NUMBERED = re.compile(r"(?:Migration)?\d{3,}")
_UP = re.compile(
    rb"\bexports\.up\b|\bexport\s+(?:async\s+)?(?:function|const|let)\s+up\b|\bexport\s*\{[^}]*\bup\b|\bup\s*[:(]"
)
_OF_SCRIPTS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("TypeORM", re.compile(rb"\bMigrationInterface\b|\btypeorm\b")),
    ("MikroORM", re.compile(rb"@mikro-orm/migrations")),
    ("Sequelize", re.compile(rb"\bqueryInterface\b|\bsequelize\b", re.IGNORECASE)),
    ("Kysely", re.compile(rb"\bkysely\b", re.IGNORECASE)),
    ("node-pg-migrate", re.compile(rb"\bnode-pg-migrate\b|\bMigrationBuilder\b|\bpgm\b")),
    ("knex", re.compile(rb"\bknex\b", re.IGNORECASE)),
)
_READ: dict[str, Tool] = {"knex": "knex", "node-pg-migrate": "node-pg-migrate"}
_OF_OTHERS: tuple[tuple[str, str, re.Pattern[bytes]], ...] = (
    (".rb", "Rails", re.compile(rb"\bActiveRecord::Migration\b")),
    (".php", "Laravel", re.compile(rb"\bIlluminate\\Database\\Migrations\b")),
    (".exs", "Ecto", re.compile(rb"\buse\s+Ecto\.Migration\b")),
    (".cs", "Entity Framework", re.compile(rb"\bMicrosoft\.EntityFrameworkCore\.Migrations\b")),
)
_GOOSE = re.compile(rb"\bgoose\.AddMigration")


def read_program(path: str, data: bytes, *, alone: bool) -> Migration | NotCheckable | None:
    """None: it is no migration of a tool that is known. `alone`: every file is one, as the team says."""
    place, folder, name = Place(path, 1), posixpath.dirname(path), posixpath.basename(path)
    here = alone or is_migration(path)
    if here and _SCRIPT.search(path) and _NUMBERED.match(name) and _UP.search(data):
        tool = next((tool for tool, sign in _OF_SCRIPTS if sign.search(data)), "a tool that is not known")
        return Migration(place, _READ[tool], folder, name) if tool in _READ else _unread(place, tool)
    if path.endswith(".go") and _GOOSE.search(data):
        return Migration(place, "sql", folder, name)
    for suffix, tool, sign in _OF_OTHERS:
        if path.endswith(suffix) and sign.search(data):
            return _unread(place, tool)
    return None


def _unread(place: Place, tool: str) -> NotCheckable:
    return NotCheckable(place, UNREAD.format(tool))

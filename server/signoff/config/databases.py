"""`[databases]` as what is asked in one target, and the rules that one table alone can not tell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from posixpath import normpath
from typing import TYPE_CHECKING

from signoff.config.lines import Place
from signoff.model.database_use import (
    CloudSql,
    Database,
    Dump,
    Expected,
    FromEnvironment,
    FromSecret,
    Metadata,
    Migrations,
    NoDatabase,
    Reference,
    Replayed,
    Source,
    TeamCommand,
)

if TYPE_CHECKING:
    from signoff.config.database_table import DatabaseTable, ExpectedTable, NoDatabaseTable, UsesDatabase
    from signoff.config.schema import Document
    from signoff.model.subject import Target


def database_rules(document: Document) -> Iterator[tuple[Place, str, str]]:
    """The place, what is wrong there, and the remedy."""
    from signoff.config.database_table import SOURCE_KEYS, UsesDatabase

    for name, table in document.databases.items():
        place: Place = ("databases", name)
        if sum(getattr(table, key) is not None for key in SOURCE_KEYS) != 1:
            says = "must say in exactly one way how it is asked"
            yield place, says, 'write one of dsn_env = "DATABASE_URL", dsn_secret = "name", cloudsql = { … }'
        if table.expected is not None:
            yield from _expected_rules((*place, "expected"), table.expected)
        if table.cloudsql is not None and table.cloudsql.password_env and table.cloudsql.password_secret:
            yield (*place, "cloudsql"), "has two passwords", "keep one of password_env and password_secret"
    for name, workload in document.workloads.items():
        used = workload.schema_
        if isinstance(used, UsesDatabase) and used.database not in document.databases:
            near = difflib.get_close_matches(used.database, document.databases, n=1)
            fix = f"did you mean {near[0]}?" if near else f"add [databases.{used.database}]"
            yield ("workloads", name, "schema", "database"), f"there is no database {used.database}", fix


def _expected_rules(place: Place, table: ExpectedTable) -> Iterator[tuple[Place, str, str]]:
    from signoff.config.database_table import EXPECTED_KEYS

    ways = [key for key in EXPECTED_KEYS if getattr(table, key) is not None]
    if table.dsn_env is not None and "command" not in ways:
        ways.append("dsn_env")
    if len(ways) != 1:
        says = "must say in exactly one way what is expected"
        yield place, says, 'write { migrations = "db/migrations" } or { dsn_env = "REFERENCE_DATABASE_URL" }'
    elif ways == ["command"] and table.dsn_env is None:
        says = "does not say in which variable the command finds the database"
        yield place, says, 'add dsn_env = "DATABASE_URL"'
    elif table.shadow_env is not None and ways[0] in {"dsn_env", "dsn_secret"}:
        yield place, "has a shadow_env, and nothing is replayed", "remove shadow_env"


def database_of(
    used: UsesDatabase | NoDatabaseTable | None, document: Document, target: Target
) -> Database | NoDatabase | None:
    """What a workload uses in a target."""
    from signoff.config.database_table import NoDatabaseTable

    if used is None:
        return None
    if isinstance(used, NoDatabaseTable):
        return NoDatabase(used.none)
    return named_database(used.database, document, target)


def named_database(name: str, document: Document, target: Target) -> Database:
    """The table [databases.NAME] in a target."""
    table = document.databases[name]
    return Database(
        name=name,
        source=_source(table, target),
        expected=None if table.expected is None else _expected(table.expected, target),
        role=table.role.replace("{target}", target.name) if table.role else None,
        allow_superuser=table.allow_superuser,
        search_path=table.search_path,
    )


def _source(table: DatabaseTable, target: Target) -> Source:
    if table.dsn_env is not None:
        return _variable(table.dsn_env, target)
    if table.dsn_secret is not None:
        return _secret(table.dsn_secret, target)
    written = table.cloudsql
    if written is None:
        raise AssertionError("database_rules lets no table without a source through")
    password: FromEnvironment | FromSecret | None = None
    if written.password_env is not None:
        password = _variable(written.password_env, target)
    elif written.password_secret is not None:
        password = _secret(written.password_secret, target)
    instance = written.instance.replace("{target}", target.name)
    return CloudSql(instance, written.database, written.user, password, written.ip)


def _expected(table: ExpectedTable, target: Target) -> Expected:
    shadow = None if table.shadow_env is None else _variable(table.shadow_env, target)
    if table.migrations is not None:
        return Replayed(Migrations(normpath(table.migrations)), shadow)
    if table.dump is not None:
        return Replayed(Dump(table.dump), shadow)
    if table.command is not None:
        return Replayed(TeamCommand(table.command, table.dsn_env or ""), shadow)
    if table.sqlalchemy is not None:
        return Replayed(Metadata(table.sqlalchemy), shadow)
    if table.dsn_env is not None:
        return Reference(_variable(table.dsn_env, target))
    return Reference(_secret(table.dsn_secret or "", target))


def _variable(written: str, target: Target) -> FromEnvironment:
    return FromEnvironment(written.replace("{TARGET}", re.sub(r"[^A-Z0-9]", "_", target.name.upper())))


def _secret(written: str, target: Target) -> FromSecret:
    """The full name: of the target's project and the latest version, where it does not say otherwise."""
    name = written.replace("{target}", target.name)
    if not name.startswith("projects/"):
        name = f"projects/{target.project}/secrets/{name}"
    return FromSecret(name if "/versions/" in name else f"{name}/versions/latest")

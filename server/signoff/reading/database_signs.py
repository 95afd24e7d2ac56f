"""Signs that a repository's code speaks to a database: what makes an undeclared one `unknown` and not absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from signoff.model.sql_use import Place, Sign
from signoff.reading.source.shipped import is_shipped

_MIGRATIONS = (
    (re.compile(r"(?:^|/)alembic\.ini\Z"), "the configuration of Alembic"),
    (re.compile(r"(?:^|/)versions/[^/]+\.py\Z"), "a migration of Alembic"),
    (re.compile(r"(?:^|/)migrations/\d{4}_[^/]+\.py\Z"), "a migration of Django"),
    (re.compile(r"(?:^|/)prisma/migrations/[^/]+/migration\.sql\Z"), "a migration of Prisma"),
    (re.compile(r"(?:^|/)drizzle/[^/]+\.sql\Z"), "a migration of Drizzle"),
    (re.compile(r"(?:^|/)drizzle\.config\.[cm]?[jt]s\Z"), "the configuration of Drizzle"),
    (re.compile(r"(?:^|/)V\d+(?:[._]\d+)*__[^/]+\.sql\Z"), "a migration of Flyway"),
    (re.compile(r"(?:^|/)(?:db/migrate|migrations?|migrate)/(?:[^/]+/)?[^/]+\.(?:sql|up\.sql|rb)\Z"), "a migration"),
    (re.compile(r"(?:^|/)knexfile\.[cm]?[jt]s\Z"), "the configuration of Knex"),
)  # fmt: skip
_ALEMBIC = re.compile(rb"^down_revision\b", re.MULTILINE)
_CONFLICT = re.compile(
    rb"\bon\s+conflict\s*(?:\(|on\s+constraint|do\s)|on_conflict_do_|onConflict|update_conflicts", re.I
)
_CODE = (".py", ".sql", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_PYTHON_DRIVERS = frozenset([
    "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "pg8000", "aiopg",
    "cloud-sql-python-connector", "postgrest", "supabase", "pgvector",
])  # fmt: skip
_NODE_DRIVERS = frozenset([
    "pg", "postgres", "pg-promise", "slonik", "@neondatabase/serverless", "@vercel/postgres", "@supabase/supabase-js",
    "@google-cloud/cloud-sql-connector", "pg-native",
])  # fmt: skip
_PYTHON_LISTS = re.compile(r"(?:^|/)(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg))\Z")
_PACKAGE = re.compile(r"(?:\A\s*|[\"'])([A-Za-z][A-Za-z0-9._-]*)")
_DSN = re.compile(
    r"\b((?:\w+_)?(?:DATABASE|POSTGRES(?:QL)?|PG|SQLALCHEMY_DATABASE|DB)_(?:URL|URI|DSN|CONNECTION(?:_STRING|_NAME)?)"
    r"|PGHOST|PGDATABASE|DB_HOST|POSTGRES_HOST|INSTANCE_CONNECTION_NAME|CLOUD_?SQL_\w+)\b"
)
_ENVIRONMENT = re.compile(r"(?:^|/)(?:\.env[^/]*|[^/]*\.ya?ml|Dockerfile[^/]*|[^/]*\.tf|[^/]*\.sh|Makefile)\Z")
_PROVIDER = re.compile(r"provider\s*=\s*\"(?:postgresql|postgres)\"")


def database_signs(files: Mapping[str, bytes]) -> tuple[Sign, ...]:
    """Migrations, upserts, drivers of PostgreSQL and names of connection settings, the first of a kind in each file.

    `files`: path with `/` from the root → bytes. Tests, documentation and what is installed beside the code are no
    sign; neither are comments of configuration. Ordered by place.
    """
    found = {sign for path, data in files.items() if is_shipped(path) for sign in _of_file(path, data)}
    return tuple(sorted(found, key=lambda sign: (sign.place.path, sign.place.line, sign.why)))


def _of_file(path: str, data: bytes) -> Iterator[Sign]:
    for pattern, what in _MIGRATIONS:
        if pattern.search(path) and (what != "a migration of Alembic" or _ALEMBIC.search(data)):
            yield Sign(Place(path, 1), f"{what} is here")
            break
    if path.endswith(_CODE) and (conflict := _CONFLICT.search(data)):
        yield Sign(Place(path, data.count(b"\n", 0, conflict.start()) + 1), "an upsert is written here")
    text = data.decode("utf-8", "replace")
    if path.endswith(".prisma") and (provider := _PROVIDER.search(text)):
        yield Sign(Place(path, _line(text, provider.start())), "Prisma's schema is for PostgreSQL")
    if path.rpartition("/")[2] == "package.json":
        yield from _of_package(path, text)
    elif _PYTHON_LISTS.search(path):
        yield from _of_requirements(path, text)
    elif _ENVIRONMENT.search(path):
        yield from _of_environment(path, text)


def _of_package(path: str, text: str) -> Iterator[Sign]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    needed = document.get("dependencies") if isinstance(document, dict) else None
    for name in sorted(_NODE_DRIVERS & set(needed)) if isinstance(needed, dict) else ():
        yield Sign(Place(path, _line(text, text.find(json.dumps(name)))), f"{name} is installed")


def _of_requirements(path: str, text: str) -> Iterator[Sign]:
    for number, line in enumerate(text.split("\n"), start=1):
        names = {name.lower().replace("_", "-") for name in _PACKAGE.findall(line.partition("#")[0])}
        for name in sorted(names & _PYTHON_DRIVERS):
            yield Sign(Place(path, number), f"{name} is installed")


def _of_environment(path: str, text: str) -> Iterator[Sign]:
    for number, line in enumerate(text.split("\n"), start=1):
        said = _DSN.search(re.sub(r"(?:^|\s)(?:#|//).*", "", line))
        if said:
            yield Sign(Place(path, number), f"the name {said[1]} looks like a database's address")
            return


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, max(offset, 0)) + 1

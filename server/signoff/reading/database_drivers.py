"""Drivers of PostgreSQL among what a project says it installs: a sign of a database where nothing else shows one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from signoff.model.sql_use import Driver, Place
from signoff.reading.source.shipped import is_shipped

_PYTHON = frozenset([
    "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "pg8000", "aiopg",
    "cloud-sql-python-connector", "postgrest", "supabase", "pgvector",
])  # fmt: skip
_NODE = frozenset([
    "pg", "postgres", "pg-promise", "slonik", "@neondatabase/serverless", "@vercel/postgres", "@supabase/supabase-js",
    "@google-cloud/cloud-sql-connector", "pg-native",
])  # fmt: skip
_LISTS = re.compile(r"(?:^|/)(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg))\Z")
_PACKAGE = re.compile(r"(?:\A\s*|[\"'])([A-Za-z][A-Za-z0-9._-]*)")


def drivers_in(files: Mapping[str, bytes]) -> tuple[Driver, ...]:
    """Of requirements, pyproject.toml, Pipfile, setup.py and package.json (not its devDependencies), by place.

    `files`: path with `/` from the root → bytes; those of tests and of installed packages are left out.
    """
    found: list[Driver] = []
    for path, data in sorted(files.items()):
        if is_shipped(path):
            text = data.decode("utf-8", "replace")
            if path.rpartition("/")[2] == "package.json":
                found += _of_package(path, text)
            elif _LISTS.search(path):
                found += _of_requirements(path, text)
    return tuple(found)


def _of_package(path: str, text: str) -> Iterator[Driver]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    needed = document.get("dependencies") if isinstance(document, dict) else None
    for name in sorted(_NODE & set(needed)) if isinstance(needed, dict) else ():
        yield Driver(Place(path, text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1), name)


def _of_requirements(path: str, text: str) -> Iterator[Driver]:
    for number, line in enumerate(text.split("\n"), start=1):
        names = {name.lower().replace("_", "-") for name in _PACKAGE.findall(line.partition("#")[0])}
        for name in sorted(names & _PYTHON):
            yield Driver(Place(path, number), name)

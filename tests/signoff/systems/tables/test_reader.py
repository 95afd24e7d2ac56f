"""The same rows in PostgreSQL, SQLite and a BigQuery on loopback are read as the same facts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signoff.boundary import Boundary
from signoff.model.data import BigQuery, DataCheck, Due, Rows, SqliteFile, Tables
from signoff.model.data_seen import Group
from signoff.model.database_use import Database, FromEnvironment
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.reading.due import moments
from signoff.systems import Systems
from support.bigquery import BigQueryServer, running_bigquery
from support.postgres import Cluster

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
ROWS = (
    ("north", "2026-11-21T13:00:00+00:00", "aaaaaaa"),
    ("north", "2026-11-21T12:00:00+00:00", "aaaaaaa"),
    ("north", "2026-11-18T12:00:00+00:00", "bbbbbbb"),
    ("south", "2026-11-19T12:00:00+00:00", None),
    ("south", None, None),
    ("south", "2026-11-22T12:00:00+00:00", "ccccccc"),
)
DAILY = DataCheck(
    "rows", SqliteFile("rows.sqlite"), Rows(table="data.rows"), "at", timedelta(hours=26), per="region", commit="code"
)


@dataclass
class Place:
    """Tables somewhere, filled with rows, and the systems that reach them."""

    tables: Tables
    systems: Systems
    table: str

    def check(self, **over: Any) -> DataCheck:
        return replace(DAILY, tables=self.tables, rows=Rows(table=self.table), **over)


def sqlite_file(path: Path, table: str, rows: Sequence[tuple[Any, ...]] = ROWS) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table} (region TEXT, at TEXT, code TEXT)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)


@pytest.fixture
def bigquery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryServer]:
    with running_bigquery(tmp_path) as server:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.address)
        yield server


@pytest.fixture(params=["sqlite", "postgresql", "bigquery"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    environment = {}
    if request.param == "sqlite":
        sqlite_file(tmp_path / "rows.sqlite", "rows")
        tables: Tables = SqliteFile("rows.sqlite")
    elif request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        database = cluster.database("CREATE TABLE rows (region text, at timestamptz, code text)")
        with database.connect() as connection:
            connection.cursor().executemany("INSERT INTO rows VALUES (%s, %s, %s)", ROWS)
        role = cluster.role()
        database.run(f"GRANT SELECT ON rows TO {role}")
        environment["DATABASE_URL"] = database.dsn(role)
        tables = Database("main", FromEnvironment("DATABASE_URL"))
    else:
        server: BigQueryServer = request.getfixturevalue("bigquery")
        sqlite_file(server.path, "d__rows")
        environment["BIGQUERY_EMULATOR_HOST"] = server.address
        tables = BigQuery("demo")
    systems = Systems(Boundary(), tmp_path, environment=environment, sandbox="127.0.0.1:1")
    yield Place(tables, systems, "d.rows" if request.param == "bigquery" else "rows")
    await systems.close()


async def groups(place: Place, check: DataCheck, now: datetime = NOW) -> tuple[Group, ...]:
    found = await place.systems.tables.groups(check, moments(check, now), now)
    assert isinstance(found, Known), found
    return found.value


async def test_each_group_has_its_newest_row_and_what_counts_for_now(place: Place) -> None:
    north, south = await groups(place, place.check())
    assert north == Group(Quoted("north"), 3, datetime(2026, 11, 21, 13, tzinfo=UTC), 2, 0, 0)
    assert south == Group(Quoted("south"), 3, datetime(2026, 11, 19, 12, tzinfo=UTC), 0, 0, 1)


async def test_rows_count_for_the_moment_they_were_due_and_for_the_one_before(place: Place) -> None:
    check = place.check(per=None, due=Due("0 14 * * *"))
    (every,) = await groups(place, check)
    assert (every.name, every.rows, every.recent, every.earlier) == (None, 6, 2, 3)


async def test_an_empty_table_has_no_group(place: Place) -> None:
    check = place.check(per=None)
    empty = replace(check, rows=Rows(query=f"SELECT * FROM {place.table} WHERE region = 'nowhere: 100%'"))
    assert await groups(place, empty) == ()


async def test_rows_tell_which_code_wrote_them_newest_first(place: Place) -> None:
    found = await place.systems.tables.writers(place.check(), NOW - timedelta(days=2, hours=12))
    assert isinstance(found, Known)
    told = [(says.outside, last, rows) for says, last, rows in found.value]
    assert told == [
        ("ccccccc", datetime(2026, 11, 22, 12, tzinfo=UTC), 1),
        ("aaaaaaa", datetime(2026, 11, 21, 13, tzinfo=UTC), 2),
        ("", datetime(2026, 11, 19, 12, tzinfo=UTC), 1),
    ]


async def test_the_first_row_of_a_query_is_read_as_values(place: Place) -> None:
    rows = Rows(query=f"SELECT region, code FROM {place.table} WHERE code = 'bbbbbbb'")
    found = await place.systems.tables.first_row(place.tables, rows, ["region", "code"])
    assert isinstance(found, Known)
    assert found.value == {"region": "north", "code": "bbbbbbb"}
    none = Rows(query=f"SELECT region, code FROM {place.table} WHERE code = 'x'")
    found = await place.systems.tables.first_row(place.tables, none, ["region", "code"])
    assert isinstance(found, Known)
    assert found.value is None


async def test_a_table_that_is_not_there_is_unknown_and_not_empty(place: Place) -> None:
    check = replace(place.check(), rows=Rows(table=f"{place.table}_gone"))
    found = await place.systems.tables.groups(check, moments(check, NOW), NOW)
    assert isinstance(found, Unknown)
    assert found.why == "malformed"


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "SELECT 1 AS at) AS asked; DELETE FROM {} --"])
async def test_nothing_but_a_select_is_run(place: Place, statement: str) -> None:
    check = replace(place.check(per=None, commit=None), rows=Rows(query=statement.format(place.table)))
    found = await place.systems.tables.groups(check, moments(check, NOW), NOW)
    assert isinstance(found, Unknown)
    north, south = await groups(place, place.check())
    assert north.rows + south.rows == len(ROWS)


async def test_times_without_a_zone_are_in_the_zone_that_is_declared(place: Place) -> None:
    rows = Rows(query=f"SELECT '2026-11-21 08:00:00' AS at FROM {place.table}")
    check = replace(place.check(per=None, commit=None, zone="America/New_York"), rows=rows)
    (every,) = await groups(place, check)
    assert every.latest == datetime(2026, 11, 21, 13, tzinfo=UTC)
    days = replace(check, rows=Rows(query=f"SELECT '2026-11-21' AS at FROM {place.table}"))
    (every,) = await groups(place, days)
    assert every.latest == datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "end",
    [
        " -- all of them",
        ";",
        "; -- all of them",
        ";\n-- all; of\n/* them; */ ;\n",
        " WHERE 'a; -- b' <> '' -- all; -- of them",
    ],
)
async def test_a_query_may_end_in_a_semicolon_and_comments(place: Place, end: str) -> None:
    rows = Rows(query=f"SELECT at FROM {place.table}{end}")
    (every,) = await groups(place, replace(place.check(per=None, commit=None), rows=rows))
    assert every.rows == len(ROWS)


@pytest.mark.parametrize("at", ["'-infinity'", "'0044-03-15 BC'"])
async def test_a_time_before_all_years_is_of_the_first_one(at: str, tmp_path: Path, postgres: Cluster) -> None:
    live = postgres.database(f"CREATE TABLE rows (at timestamptz); INSERT INTO rows VALUES ({at})")
    role = postgres.role()
    live.run(f"GRANT SELECT ON rows TO {role}")
    systems = Systems(Boundary(), tmp_path, environment={"DATABASE_URL": live.dsn(role)})
    check = DataCheck(
        "rows", Database("main", FromEnvironment("DATABASE_URL")), Rows(table="rows"), "at", timedelta(hours=26)
    )
    found = await systems.tables.groups(check, moments(check, NOW), NOW)
    await systems.close()
    assert isinstance(found, Known), found
    assert found.value[0].latest == datetime(1, 1, 1, tzinfo=UTC)


async def test_what_is_no_time_is_said_to_be_none(tmp_path: Path) -> None:
    sqlite_file(tmp_path / "rows.sqlite", "rows", [("north", "yesterday", None)])
    systems = Systems(Boundary(), tmp_path, environment={})
    check = replace(DAILY, rows=Rows(table="rows"))
    found = await systems.tables.groups(check, moments(check, NOW), NOW)
    assert isinstance(found, Unknown)
    assert found.why == "malformed"
    assert found.detail.outside.startswith("a time is neither ISO 8601 nor a number of")


async def test_a_missing_sqlite_file_is_not_made(tmp_path: Path) -> None:
    systems = Systems(Boundary(), tmp_path, environment={})
    found = await systems.tables.groups(DAILY, moments(DAILY, NOW), NOW)
    assert isinstance(found, Unknown)
    assert found.why == "unreachable"
    assert not (tmp_path / "rows.sqlite").exists()


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [(403, "accessDenied", "denied"), (404, "notFound", "denied"), (503, "backendError", "unreachable")],
)
async def test_what_bigquery_refuses_is_told_apart(
    bigquery: BigQueryServer, tmp_path: Path, status: int, reason: str, why: str
) -> None:
    bigquery.refuse = (status, reason)
    systems = Systems(Boundary(), tmp_path, environment={"BIGQUERY_EMULATOR_HOST": bigquery.address})
    check = replace(DAILY, tables=BigQuery("demo"), rows=Rows(table="d.rows"))
    found = await systems.tables.groups(check, moments(check, NOW), NOW)
    assert isinstance(found, Unknown)
    assert found.why == why


async def test_a_query_of_bigquery_may_cost_only_so_much_and_is_tried_dry_first(
    bigquery: BigQueryServer, tmp_path: Path
) -> None:
    sqlite_file(bigquery.path, "d__rows")
    systems = Systems(Boundary(), tmp_path, environment={"BIGQUERY_EMULATOR_HOST": bigquery.address})
    check = replace(DAILY, tables=BigQuery("demo", most_bytes=5), rows=Rows(table="d.rows"))
    await systems.tables.groups(check, moments(check, NOW), NOW)
    dry, real = bigquery.jobs
    assert dry["dryRun"] is True
    assert real["query"]["maximumBytesBilled"] == "5"


async def test_more_groups_than_are_read_are_unknown(tmp_path: Path) -> None:
    many = [(f"g{number}", "2026-11-21T13:00:00Z", None) for number in range(1001)]
    sqlite_file(tmp_path / "rows.sqlite", "rows", many)
    systems = Systems(Boundary(), tmp_path, environment={})
    check = replace(DAILY, rows=Rows(table="rows"))
    found = await systems.tables.groups(check, moments(check, NOW), NOW)
    assert isinstance(found, Unknown)
    assert found.why == "incomplete"

"""Walk the link `schema` over a real repository and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signoff.boundary import Boundary
from signoff.chain import CHECKS
from signoff.model.database import Asked, Probe, Snapshot
from signoff.model.database_use import Database, FromEnvironment, NoDatabase, Reference
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Link
from signoff.model.report import LinkReport
from signoff.model.subject import Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems import Systems
from signoff.walk import Overview, walk
from support import postgres
from support.local_chain import NOW, subject
from support.repositories import Clone

LIVE, EXPECTED = "LIVE_URL", "EXPECTED_URL"
MAIN = Database("main", FromEnvironment(LIVE))
COMPARED = Database("main", FromEnvironment(LIVE), Reference(FromEnvironment(EXPECTED)))


def systems(environment: Mapping[str, str], boundary: Boundary | None = None) -> Systems:
    """Connections of one test; close them."""
    return Systems(boundary or Boundary(), Path("/"), environment=environment)


def asked(dsn: str, question: Any, boundary: Boundary | None = None) -> Any:
    """What `question(postgres)` answers for the database behind a URL."""

    async def whole() -> Any:
        made = systems({LIVE: dsn}, boundary)
        try:
            return await question(made.postgres)
        finally:
            await made.close()

    return asyncio.run(whole())


def snapshot(dsn: str, database: Database = MAIN) -> Snapshot:
    found = asked(dsn, lambda adapter: adapter.snapshot(database))
    assert isinstance(found, Known), found.detail.outside
    assert isinstance(found.value, Snapshot)
    return found.value


def refused(dsn: str, database: Database = MAIN) -> Unknown:
    found = asked(dsn, lambda adapter: adapter.snapshot(database))
    assert isinstance(found, Unknown)
    return found


def probed(dsn: str, *targets: Asked, database: Database = MAIN) -> list[Probe]:
    found = asked(dsn, lambda adapter: adapter.probe(database, targets))
    assert isinstance(found, Known), found.detail.outside
    return [found.value[target] for target in targets]


def reader(database: postgres.Database) -> str:
    """The URL of a new role that may look at no table of the database."""
    return database.dsn(database.cluster.role())


UPSERT = """\
import asyncpg


async def keep(connection, row):
    await connection.execute(
        "INSERT INTO reports (a, b, c, d, total) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (a, b, c, d) DO UPDATE SET total = excluded.total",
        *row,
    )
"""
REPORTS = "CREATE TABLE reports (a int NOT NULL, b int, c int, d int, total numeric, note text);"
KEY = "CREATE UNIQUE INDEX reports_key ON reports (a, b, c, d);"


def judged(
    clone: Clone,
    environment: Mapping[str, str],
    database: Database | NoDatabase | None = MAIN,
    boundary: Boundary | None = None,
    *,
    sandbox: str | None = None,
) -> LinkReport:
    """The walk of `schema` alone, for the workload web."""
    web = Workload(WorkloadName("web"), "service", "web", ("web/**",), database=database)

    async def nobody(_: Survey) -> Mapping[WorkloadName, Overview]:
        return {}

    async def whole() -> LinkReport:
        systems = Systems(boundary or Boundary(), clone.path, sandbox=sandbox, environment=environment)
        try:
            async with Survey(subject(clone, web), systems, NOW) as survey:
                checks = [check for check in CHECKS if check.name == "schema"]
                return (await walk(survey, checks, nobody)).workloads[0].links[Link.SCHEMA]
        finally:
            await systems.close()

    return asyncio.run(whole())


def urls(live: postgres.Database, expected: postgres.Database | None = None) -> dict[str, str]:
    """Roles without any right on a table."""
    found = {LIVE: live.dsn(live.cluster.role())}
    return found | ({EXPECTED: expected.dsn(expected.cluster.role())} if expected else {})

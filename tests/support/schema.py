"""Walk the link `schema` over a real repository and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signoff.boundary import Boundary
from signoff.model.database import Asked, Probe, Snapshot
from signoff.model.database_use import Database, FromEnvironment, Reference
from signoff.model.facts import Known, Unknown
from signoff.systems import Systems
from support import postgres

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

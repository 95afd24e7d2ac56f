"""BigQuery v2, read, through its official client (the extra `bigquery`), which is synchronous: in a worker thread.

With BIGQUERY_EMULATOR_HOST the client goes there, and no credential of a person goes with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from signoff.boundary import Incomplete
from signoff.model.data import BigQuery
from signoff.model.facts import Why
from signoff.systems.google.connection import Connection
from signoff.systems.rows import Row, ended

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

EMULATOR = "BIGQUERY_EMULATOR_HOST"
_EXTRA = "BigQuery's client is not installed: pip install 'signoff[bigquery]'"
_SECONDS = 12.0


class BigQueryMissing(Exception):
    """It can not be asked from here; the text says what to do."""


class BigQueryReader:
    """`environment`: where the emulator's address is looked up."""

    def __init__(self, google: Connection, environment: Mapping[str, str]) -> None:
        self._google = google
        self._environment = environment

    def dialect(self) -> Any:
        """SQLAlchemy's dialect of BigQuery, by Google. Raises BigQueryMissing."""
        try:
            from sqlalchemy_bigquery import BigQueryDialect
        except ImportError:
            raise BigQueryMissing(_EXTRA) from None
        return BigQueryDialect(paramstyle="named")

    async def rows(self, source: BigQuery, statement: str, zone: str) -> list[Row]:
        """The rows of one SELECT. Raises BigQueryMissing, Incomplete for what is no SELECT, and the client's errors."""
        emulated = EMULATOR in self._environment
        if self._google.sandbox is not None and not emulated:
            raise BigQueryMissing(f"the sandbox has no BigQuery: set {EMULATOR} to one that runs here")
        credentials = None if emulated else await self._google.credentials()
        return await asyncio.to_thread(_rows, source, statement, zone, credentials)

    def why(self, error: Exception) -> Why | None:
        """The reason that an exception gives; None for a bug."""
        if isinstance(error, BigQueryMissing):
            return "denied"
        if isinstance(error, TimeoutError):
            return "timeout"
        return "unreachable" if isinstance(error, OSError) else self._google.why(error)


def _rows(source: BigQuery, statement: str, zone: str, credentials: Any) -> list[Row]:
    with _client(source, credentials) as client:
        from google.cloud.bigquery import ConnectionProperty, QueryJobConfig

        zoned: Any = [ConnectionProperty("time_zone", zone)]
        trial = client.query(
            statement,
            job_config=QueryJobConfig(dry_run=True, use_query_cache=False, connection_properties=zoned),
            retry=None,
            job_retry=None,
            timeout=_SECONDS,
        )
        if trial.statement_type != "SELECT":
            raise Incomplete(f"only a SELECT is run, and this is {trial.statement_type}")
        job = client.query(
            statement,
            job_config=QueryJobConfig(
                maximum_bytes_billed=source.most_bytes, connection_properties=zoned, labels={"asked-by": "signoff"}
            ),
            retry=None,
            job_retry=None,
            timeout=_SECONDS,
        )
        try:
            return ended(row.values() for row in job.result(timeout=_SECONDS, retry=None))
        except TimeoutError:
            job.cancel(retry=None, timeout=2)
            raise


def _client(source: BigQuery, credentials: Any) -> Client:
    try:
        from google.cloud.bigquery import Client
    except ImportError:
        raise BigQueryMissing(_EXTRA) from None
    if credentials is None:
        from google.auth.credentials import AnonymousCredentials

        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return Client(source.project, credentials=credentials, location=source.location)

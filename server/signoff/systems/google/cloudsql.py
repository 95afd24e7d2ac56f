"""Cloud SQL through its official connector, which makes the TLS connection and asks IAM; the extra `cloudsql`.

https://cloud.google.com/sql/docs/postgres/connect-connectors#python
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signoff.model.database_use import CloudSql
from signoff.model.secret import Secret
from signoff.systems.google.connection import Connection

if TYPE_CHECKING:
    import asyncpg


class CloudSqlMissing(Exception):
    """It can not be asked from here; the text says what to do."""


class CloudSqlConnector:
    """One connector for all instances; it belongs to the event loop that it was first used in."""

    def __init__(self, google: Connection) -> None:
        self._google = google
        self._connector: Any = None

    async def connect(self, source: CloudSql, password: Secret | None, **options: Any) -> asyncpg.Connection[Any]:
        """A connection of asyncpg, made with its `options`. Raises CloudSqlMissing, and what the connector raises."""
        if self._google.sandbox is not None:
            raise CloudSqlMissing("the sandbox has no Cloud SQL: name a database by dsn_env there")
        if self._connector is None:
            try:
                from google.cloud.sql.connector import Connector
            except ImportError:
                says = "Cloud SQL's connector is not installed: pip install 'signoff[cloudsql]'"
                raise CloudSqlMissing(says) from None
            import asyncio

            self._connector = Connector(loop=asyncio.get_running_loop())
        login = {"enable_iam_auth": True} if password is None else {"password": password.value}
        made: asyncpg.Connection[Any] = await self._connector.connect_async(
            source.instance, "asyncpg", user=source.user, db=source.database, ip_type=source.ip, **login, **options
        )
        return made

    async def close(self) -> None:
        if self._connector is not None:
            await self._connector.close_async()

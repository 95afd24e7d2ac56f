"""The adapter of PostgreSQL: every question in a connection and a read-only transaction of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from signoff.boundary import Boundary, Question
from signoff.model.database import Asked, Probe, Snapshot
from signoff.model.database_use import CloudSql, Database, FromEnvironment, FromSecret, Source
from signoff.model.facts import Known, Unknown
from signoff.model.migration_state import Applied
from signoff.model.secret import Secret
from signoff.systems.postgres import applied, probe, queries, snapshot
from signoff.systems.postgres.dsn import UnfitDsn, parse
from signoff.systems.postgres.errors import Refused, why
from signoff.systems.rows import ended, whole

if TYPE_CHECKING:
    import asyncpg

    from signoff.systems.google.cloudsql import CloudSqlConnector
    from signoff.systems.google.secrets import Secrets

T = TypeVar("T")

_CONNECT_SECONDS = 8.0
_SUPERUSER = "SELECT rolsuper, current_user::text FROM pg_roles WHERE rolname = current_user"

_OPTIONS: Mapping[str, Any] = {
    "statement_cache_size": 0,  # a pooler that hands out connections by transaction knows no prepared statement
    "server_settings": {"application_name": "signoff"},
}

Connected = Callable[["asyncpg.Connection[Any]"], Awaitable[Any]]


class Postgres:
    """`environment`: where connection URLs are looked up. No text that leaves here holds one."""

    def __init__(
        self,
        boundary: Boundary,
        environment: Mapping[str, str],
        secrets: Callable[[], Secrets],
        connector: Callable[[], CloudSqlConnector],
    ) -> None:
        self._boundary = boundary
        self._environment = environment
        self._secrets = secrets
        self._connector = connector

    async def snapshot(self, database: Database) -> Known[Snapshot] | Unknown:
        """What the database holds; its run-time role's rights too, where one is declared."""

        async def ask(connection: asyncpg.Connection[Any]) -> Any:
            return await snapshot.rows(connection, database.role)

        return await self._ask(database, "snapshot", ask, snapshot.read)

    async def probe(self, database: Database, asked: Sequence[Asked]) -> Known[Mapping[Asked, Probe]] | Unknown:
        """What the planner says of each ON CONFLICT target."""

        async def ask(connection: asyncpg.Connection[Any]) -> Any:
            return await probe.answers(connection, asked)

        return await self._ask(database, "explain", ask, lambda raw: probe.read(raw, asked))

    async def applied(self, database: Database) -> Known[tuple[Applied, ...]] | Unknown:
        """The migrations that the database records."""
        return await self._ask(database, "migrations", applied.rows, applied.read)

    async def rows(
        self, database: Database, operation: str, statement: str, zone: str, read: Callable[[Any], T]
    ) -> Known[T] | Unknown:
        """The rows of one SELECT, as tuples; times without a time zone are in `zone`."""

        async def ask(connection: asyncpg.Connection[Any]) -> list[tuple[Any, ...]]:
            await connection.fetchval("SELECT set_config('TimeZone', $1, true)", zone)
            return ended(await connection.fetch(statement))

        return await self._ask(database, operation, ask, whole(read))

    async def _ask(
        self, database: Database, operation: str, ask: Connected, read: Callable[[Any], Any]
    ) -> Known[Any] | Unknown:
        question = Question("postgres", operation, database.name, look_at(database.source))
        secret = await self._secret(database.source)
        if isinstance(secret, Unknown):
            return secret

        async def fetch() -> Any:
            connection, path = await self._connect(database.source, secret)
            try:
                await self._begin(connection, database, path)
                answer = await ask(connection)
                await connection.execute("ROLLBACK")
                await connection.close(timeout=2)
            finally:
                connection.terminate()  # of a closed one: nothing
            return answer

        return await self._boundary.ask(question, fetch, read, why)

    async def _secret(self, source: Source) -> Secret | Unknown | None:
        """What Secret Manager holds of the source; None where it holds nothing of it."""
        held = source.password if isinstance(source, CloudSql) else source
        if not isinstance(held, FromSecret):
            return None
        found = await self._secrets().value(held.version)
        return found if isinstance(found, Unknown) else found.value

    async def _connect(self, source: Source, secret: Secret | None) -> tuple[asyncpg.Connection[Any], tuple[str, ...]]:
        """A connection, and the search path that its URL names. Raises Refused where its settings are no use."""
        if isinstance(source, CloudSql):
            if isinstance(source.password, FromEnvironment):
                secret = self._variable(source.password)
            return await self._over_cloud_sql(source, secret), ()
        try:
            dsn = parse((secret or self._variable(source)).value)
        except UnfitDsn as error:
            raise Refused("denied", f"{_spoken(source)} can not be used: {error}") from None
        import asyncpg

        try:
            return await asyncpg.connect(dsn.url.value, timeout=_CONNECT_SECONDS, **_OPTIONS), dsn.search_path
        except asyncpg.ClientConfigurationError:
            # its text may hold any part of the URL
            raise Refused("denied", f"{_spoken(source)} can not be used: asyncpg does not understand it") from None

    async def _over_cloud_sql(self, source: CloudSql, password: Secret | None) -> asyncpg.Connection[Any]:
        from signoff.systems.google.cloudsql import CloudSqlMissing

        try:
            return await self._connector().connect(source, password, **_OPTIONS)
        except CloudSqlMissing as error:
            raise Refused("denied", str(error)) from None
        except Exception as error:
            # the connector's own errors are of many kinds; what they say of IAM or the network is what helps
            if why(error) is not None:
                raise
            raise Refused("unreachable", f"Cloud SQL's connector: {error}") from error

    async def _begin(self, connection: asyncpg.Connection[Any], database: Database, path: tuple[str, ...]) -> None:
        """Raises Refused where the role may do everything."""
        await connection.execute(queries.BEGIN)
        superuser, role = await connection.fetchrow(_SUPERUSER) or (False, "")
        if superuser and not database.allow_superuser:
            says = f"{role} is a superuser: use a role that may only read, or write allow_superuser = true"
            raise Refused("denied", says)
        if schemas := database.search_path or path:
            await connection.fetchval("SELECT set_config('search_path', $1, true)", _identifiers(schemas))
        elif database.role:
            await connection.fetchval(f"SELECT set_config('search_path', ({queries.OF_ROLE}), true)", database.role)

    def _variable(self, source: FromEnvironment | FromSecret) -> Secret:
        variable = source.variable if isinstance(source, FromEnvironment) else ""
        found = self._environment.get(variable, "")
        if not found:
            says = (
                f"the environment variable {variable} is not set: set it where signoff runs, to the URL of the database"
            )
            raise Refused("denied", says)
        return Secret(found)


def look_at(source: Source) -> tuple[str, ...]:
    """How a person connects to the same database."""
    if isinstance(source, FromEnvironment):
        return ("psql", f"${source.variable}")
    if isinstance(source, FromSecret):
        _, project, _, name, _, version = source.version.split("/")
        return ("gcloud", "secrets", "versions", "access", version, f"--secret={name}", f"--project={project}")
    return ("gcloud", "sql", "connect", source.instance.rpartition(":")[2], f"--database={source.database}")


def _spoken(source: FromEnvironment | FromSecret) -> str:
    return f"what {source.variable if isinstance(source, FromEnvironment) else source.version} holds"


def _identifiers(names: Sequence[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)

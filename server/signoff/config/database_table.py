"""`[databases.NAME]` and a workload's `schema`: which database it uses, how signoff asks it, what it should hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from signoff.config.loosens import Loosens, changed, dropped
from signoff.config.table import Table, tag_of

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_]([A-Za-z0-9_]|\{TARGET\})*$")]
"""The name of an environment variable; `{TARGET}` becomes the target's name in capitals."""
SecretVersion = Annotated[
    str, Field(pattern=r"^(projects/[a-z0-9.:-]+/secrets/)?[A-Za-z0-9_{}-]+(/versions/(latest|[0-9]+))?$")
]
RepositoryPath = Annotated[str, Field(pattern=r"^[^/].*$")]
"""Below the repository's root, with `/`."""
EXPECTED_KEYS = ("dsn_secret", "migrations", "dump", "command", "sqlalchemy")
SOURCE_KEYS = ("dsn_env", "dsn_secret", "cloudsql")
SCHEMA_KEYS = ("database", "none")


class CloudSqlTable(Table):
    """An instance of Cloud SQL, reached through Google's connector (the extra `cloudsql`)."""

    instance: str = Field(
        pattern=r"^([a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9{}-]+$",
        description="`project:region:instance`; `{target}` becomes the target's name.",
    )
    database: str = Field(min_length=1, description="The database in it.")
    user: str = Field(min_length=1, description="The role that asks; with IAM without `.gserviceaccount.com`.")
    password_env: Variable | None = Field(
        default=None, description="The environment variable that holds its password. Left out: IAM."
    )
    password_secret: SecretVersion | None = Field(default=None, description="The secret that holds its password.")
    ip: Literal["public", "private", "psc"] = Field(default="public", description="The address that is used.")


class ExpectedTable(Table):
    """What a database should hold: what another database has, or what migrations, a dump, a command of the team's or
    SQLAlchemy's metadata make in a shadow database that signoff starts and ends."""

    dsn_env: Variable | None = Field(
        default=None,
        description="The environment variable that holds the connection URL of a reference database; with command: in"
        " which the command finds the shadow's URL.",
    )
    dsn_secret: SecretVersion | None = Field(default=None, description="The secret that holds the reference's URL.")
    migrations: RepositoryPath | None = Field(
        default=None, description="A folder of SQL migrations: numbered files, Flyway, golang-migrate, dbmate, Prisma …"
    )
    dump: RepositoryPath | None = Field(default=None, description="A file with the whole schema, as pg_dump writes it.")
    command: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] | None = Field(
        default=None,
        description='What migrates a database, for instance ["alembic", "upgrade", "head"]: run in a clean checkout of'
        " the commit, with the shadow's URL in dsn_env.",
    )
    sqlalchemy: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
        description="Where SQLAlchemy's metadata is, for instance app.models:Base.metadata.",
    )
    shadow_env: Variable | None = Field(
        default=None,
        description="The environment variable with the URL of a server on which the shadow database is made and"
        " dropped; never production's. Left out: one that is started for it.",
    )


class DatabaseTable(Table):
    """A PostgreSQL database that workloads use. One of dsn_env, dsn_secret and cloudsql says how it is asked."""

    dsn_env: Annotated[Variable | None, Loosens("another database is asked", dropped)] = Field(
        default=None,
        description="The environment variable that holds the connection URL, for instance DATABASE_URL_{TARGET}"
        " (`{TARGET}` becomes the target's name in capitals).",
    )
    dsn_secret: Annotated[SecretVersion | None, Loosens("another database is asked", dropped)] = Field(
        default=None,
        description="The secret of Secret Manager that holds the connection URL: its name in the target's project, or"
        " projects/P/secrets/S/versions/V; `{target}` becomes the target's name.",
    )
    cloudsql: Annotated[CloudSqlTable | None, Loosens("another database is asked", dropped)] = Field(
        default=None, description="An instance of Cloud SQL."
    )
    expected: Annotated[ExpectedTable | None, Loosens("it is compared with nothing, or something else", dropped)] = (
        Field(
            default=None, description="What it should hold. Left out: only what the code itself asks for is looked at."
        )
    )
    role: Annotated[str | None, Loosens("the rights of this role are not looked at", dropped)] = Field(
        default=None, min_length=1, description="The role that the workloads use it with: its rights are compared too."
    )
    search_path: Annotated[tuple[str, ...], Loosens("tables are looked for elsewhere", changed)] = Field(
        default=(),
        strict=False,
        description="The schemas in which the code's tables are looked for. Left out: as role or connection has it.",
    )
    allow_superuser: Annotated[
        bool, Loosens("it may be asked by a role that may do everything", lambda old, new: new and not old)
    ] = Field(default=False, description="Whether signoff may ask as a superuser; a role that only reads is better.")


class UsesDatabase(Table):
    """It uses this database."""

    database: str = Field(min_length=1, description="The name of a table [databases.NAME].")


class NoDatabaseTable(Table):
    """It uses none."""

    none: str = Field(min_length=1, pattern=r"\S", description="Why there is no database to look at.")


def _schema_of(written: Any) -> str | None:
    return tag_of(written, SCHEMA_KEYS)


SchemaTable = Annotated[
    Annotated[UsesDatabase, Tag("<database>")] | Annotated[NoDatabaseTable, Tag("<none>")],
    Discriminator(_schema_of, custom_error_type="schema_one_of", custom_error_message="a database or none"),
]


def looks_away(old: UsesDatabase | NoDatabaseTable | None, new: UsesDatabase | NoDatabaseTable | None) -> bool:
    """Whether its database is not asked any more, or another one is. To name one where none was named asks for more."""
    return old != new and (old is not None or isinstance(new, NoDatabaseTable))

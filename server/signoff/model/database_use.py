"""Which database a workload uses, and how it is asked: what signoff.toml says of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """The connection URL is in a variable of the environment that signoff runs in."""

    variable: str


@dataclass(frozen=True, slots=True)
class FromSecret:
    """The connection URL is a secret version of Secret Manager: its full resource name."""

    version: str


@dataclass(frozen=True, slots=True)
class CloudSql:
    """Through Cloud SQL's own connector. `password` None: IAM says who asks."""

    instance: str
    database: str
    user: str
    password: FromEnvironment | FromSecret | None = None
    ip: str = "public"


Source = FromEnvironment | FromSecret | CloudSql


@dataclass(frozen=True, slots=True)
class Reference:
    """What is expected is what another database has."""

    source: FromEnvironment | FromSecret


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of SQL migrations."""

    folder: str

    def holds(self, path: str) -> bool:
        """Whether a file is one of them: every file of SQL below the folder is run."""
        return path.endswith(".sql") and (self.folder == "." or path.startswith(f"{self.folder}/"))


@dataclass(frozen=True, slots=True)
class Dump:
    """A file with the whole schema."""

    path: str

    def holds(self, path: str) -> bool:
        """Whether a file is the dump."""
        return path == self.path


@dataclass(frozen=True, slots=True)
class TeamCommand:
    """The team's own command, run in a clean checkout with the shadow's URL in `variable`."""

    argv: tuple[str, ...]
    variable: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """SQLAlchemy's: `package.module:Base.metadata`."""

    name: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What is expected is made in a shadow database. `shadow`: a server for it; None: one of our own."""

    how: Migrations | Dump | TeamCommand | Metadata
    shadow: FromEnvironment | None = None


Expected = Reference | Replayed


@dataclass(frozen=True, slots=True)
class Database:
    """A database of `[databases]`, in one target. Hashable, so that it is asked once for all its workloads.

    `role`: the one that the workloads use it with. `search_path`: empty: that of the role, else of the connection.
    """

    name: str
    source: Source
    expected: Expected | None = None
    role: str | None = None
    allow_superuser: bool = False
    search_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoDatabase:
    """A person says that the workload uses none, and why."""

    why: str

"""The adapters, one a system. `Systems` makes each on first use: a walk that asks only git loads only git."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.boundary import Boundary
from signoff.model import arrival, buildable
from signoff.model.lineage import KeptInMemory, Proofs
from signoff.model.routes import Awaited, AwaitedInMemory, Found, Reached
from signoff.model.text import Text

if TYPE_CHECKING:
    from signoff.systems.git.repository import Repository
    from signoff.systems.google.builds import Builds
    from signoff.systems.google.cloudsql import CloudSqlConnector
    from signoff.systems.google.connection import Connection
    from signoff.systems.google.firestore import Firestore
    from signoff.systems.google.identity import Identity
    from signoff.systems.google.logs import Logs
    from signoff.systems.google.recorder import Recorder
    from signoff.systems.google.registry import Registry
    from signoff.systems.google.run import Run
    from signoff.systems.google.secrets import Secrets
    from signoff.systems.google.sources import Sources
    from signoff.systems.google.triggers import Triggers
    from signoff.systems.http.client import Http
    from signoff.systems.patterns import Patterns
    from signoff.systems.postgres.database import Postgres
    from signoff.systems.postgres.shadows import Shadows
    from signoff.systems.tables.reader import TablesReader


class Systems:
    """What a survey may ask. Connections live as long as this object; `close()` ends them.

    `sandbox`: the Google side is a sandbox (`SIGNOFF_SANDBOX`), and every report says so. `proofs`: where it is kept
    which commit an image was built from. `writes`: where it is kept which requests that write were sent.
    `awaited`: where new routes are kept that nothing has shown to arrive.
    `kept` and `rehearsals`: where scans and rehearsals of builds are kept.
    `environment`: of this process, if not given. `read_only`: no request is sent that writes.
    """

    def __init__(
        self,
        boundary: Boundary,
        tree: Path,
        *,
        sandbox: str | None = None,
        proofs: Proofs | None = None,
        writes: arrival.Kept | None = None,
        awaited: Awaited | None = None,
        kept: buildable.Kept | None = None,
        rehearsals: buildable.Rehearsals | None = None,
        environment: Mapping[str, str] | None = None,
        read_only: bool = False,
    ) -> None:
        self.boundary = boundary
        self.tree = tree
        self.sandbox_address = sandbox
        self.read_only = read_only
        self.environment = os.environ if environment is None else environment
        self.proofs: Proofs = proofs or KeptInMemory()
        self.writes: arrival.Kept = writes or arrival.KeptInMemory()
        self.awaited: Awaited = awaited or AwaitedInMemory()
        self.kept: buildable.Kept = kept or buildable.KeptInMemory()
        self.rehearsals: buildable.Rehearsals = rehearsals or buildable.RehearsalsInMemory()
        self.unrehearsed: dict[str, Text] = {}
        """Why a rehearsal that was wanted did not take place, by workload."""
        self.sent = arrival.KeptInMemory()
        """Requests whose log entry may still come: a later look asks for it, instead of sending another."""
        self.routes: dict[str, Found] = {}
        """What was read of files that never change: by a fingerprint of those files, or of the commit and a command."""
        self.reached: dict[str, Reached] = {}
        """What handlers lead to that differs between commits: by a fingerprint of all their files."""

    @property
    def sandbox(self) -> bool:
        return self.sandbox_address is not None

    @cached_property
    def git(self) -> Repository:
        from signoff.systems.git.repository import Repository

        return Repository(self.boundary, self.tree)

    @cached_property
    def google(self) -> Connection:
        from signoff.systems.google.connection import Connection

        return Connection(self.sandbox_address)

    @cached_property
    def run(self) -> Run:
        from signoff.systems.google.run import Run

        return Run(self.boundary, self.google)

    @cached_property
    def builds(self) -> Builds:
        from signoff.systems.google.builds import Builds

        return Builds(self.boundary, self.google)

    @cached_property
    def registry(self) -> Registry:
        from signoff.systems.google.registry import Registry

        return Registry(self.boundary, self.google)

    @cached_property
    def recorder(self) -> Recorder:
        from signoff.systems.google.recorder import Recorder

        return Recorder(self.boundary, self.google)

    @cached_property
    def sources(self) -> Sources:
        from signoff.systems.google.sources import Sources

        return Sources(self.boundary, self.google)

    @cached_property
    def triggers(self) -> Triggers:
        from signoff.systems.google.triggers import Triggers

        return Triggers(self.boundary, self.google)

    @cached_property
    def identity(self) -> Identity:
        from signoff.systems.google.identity import Identity

        return Identity(self.boundary, self.google)

    @cached_property
    def logs(self) -> Logs:
        from signoff.systems.google.logs import Logs

        return Logs(self.boundary, self.google)

    @cached_property
    def secrets(self) -> Secrets:
        from signoff.systems.google.secrets import Secrets

        return Secrets(self.boundary, self.google)

    @cached_property
    def cloud_sql(self) -> CloudSqlConnector:
        from signoff.systems.google.cloudsql import CloudSqlConnector

        return CloudSqlConnector(self.google)

    @cached_property
    def postgres(self) -> Postgres:
        from signoff.systems.postgres.database import Postgres

        return Postgres(self.boundary, self.environment, lambda: self.secrets, lambda: self.cloud_sql)

    @cached_property
    def tables(self) -> TablesReader:
        from signoff.systems.google.bigquery import BigQueryReader
        from signoff.systems.tables.reader import TablesReader

        def bigquery() -> BigQueryReader:
            return BigQueryReader(self.google, self.environment)

        return TablesReader(self.boundary, self.tree, lambda: self.postgres, bigquery)

    @cached_property
    def firestore(self) -> Firestore:
        from signoff.systems.google.firestore import Firestore

        return Firestore(self.boundary, self.google, self.environment)

    @cached_property
    def shadows(self) -> Shadows:
        from signoff.systems.postgres.shadows import Shadows

        return Shadows(self.boundary, self.environment)

    @property
    def under_way(self) -> tuple[str, ...]:
        """What takes longer than others at this moment, in words."""
        return tuple(self.shadows.under_way.values()) if "shadows" in self.__dict__ else ()

    @cached_property
    def http(self) -> Http:
        from signoff.systems.http.client import Http

        return Http(self.boundary, only_loopback=self.sandbox)

    @cached_property
    def patterns(self) -> Patterns:
        from signoff.systems.patterns import Patterns

        return Patterns(self.boundary)

    async def warm(self) -> None:
        """Get HTTP and logs ready to be asked: what that loads takes time, and is best done while something waits."""
        await asyncio.to_thread(self.http.prepare)
        await asyncio.to_thread(self.google.load_logging)

    async def close(self) -> None:
        made = self.__dict__
        if "shadows" in made:
            await self.shadows.close()
        if "git" in made:
            await self.git.close()
        if "cloud_sql" in made:
            await self.cloud_sql.close()
        if "google" in made:
            await self.google.close()

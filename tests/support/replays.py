"""A repository with migrations beside a database, and a server on which they are replayed."""

from __future__ import annotations

from signoff.model.database_use import Database, FromEnvironment, Migrations, Replayed
from signoff.model.report import LinkReport
from support.postgres import PASSWORD, Cluster
from support.repositories import Clone
from support.schema import LIVE, judged, urls

SHADOW = "SHADOW_URL"
FOLDER = Database("main", FromEnvironment(LIVE), Replayed(Migrations("db/migrations"), FromEnvironment(SHADOW)))


class World:
    """A repository with migrations, a database, and a server for shadows."""

    def __init__(self, clone: Clone, postgres: Cluster, shadows: Cluster) -> None:
        self.clone = clone
        self.postgres = postgres
        self.shadows = shadows

    def environment(self, live: str) -> dict[str, str]:
        """The URLs of a new database after `live` and of the server for shadows."""
        server = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.shadows.port}/postgres"
        return {**urls(self.postgres.database(live)), SHADOW: server}

    def judged(self, live: str, database: Database = FOLDER, **scripts: str) -> LinkReport:
        """`scripts`: of the folder, in the order of their numbers."""
        if scripts:
            self.clone.commit({f"db/migrations/{number:03}_{name}.sql": text
                               for number, (name, text) in enumerate(scripts.items(), start=1)})  # fmt: skip
        return judged(self.clone, self.environment(live), database)

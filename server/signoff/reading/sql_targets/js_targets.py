"""ON CONFLICT targets of a JavaScript or TypeScript file: SQL in its texts, and what its query builders say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from signoff.model.sql_use import Upsert
from signoff.reading.orm.drizzle import DrizzleTables
from signoff.reading.orm.prisma import PrismaModel, read_prisma
from signoff.reading.source.js_module import JsModule
from signoff.reading.source.js_project import JsProject
from signoff.reading.source.js_text import JsTexts
from signoff.reading.sql_targets.drizzle_targets import drizzle_upserts
from signoff.reading.sql_targets.prisma_targets import prisma_upserts
from signoff.reading.sql_targets.query_builders import QueryBuilders
from signoff.reading.sql_targets.statement import mentions, upserts_in

_SQLITE = (
    "better-sqlite3", "sqlite3", "sqlite", "bun:sqlite", "node:sqlite", "@libsql/client", "libsql", "sql.js",
    "expo-sqlite",
    "drizzle-orm/better-sqlite3", "drizzle-orm/libsql", "drizzle-orm/d1", "drizzle-orm/bun-sqlite",
    "drizzle-orm/sqlite-core",
)  # fmt: skip
_POSTGRESQL = (
    "pg", "postgres", "pg-promise", "slonik", "@neondatabase/serverless", "@vercel/postgres", "drizzle-orm/pg-core",
    "drizzle-orm/node-postgres", "drizzle-orm/postgres-js", "@prisma/client",
)  # fmt: skip
_DEEP = 3


@dataclass
class JsReader:
    """`used`: the nodes of all files that became part of a larger text, possibly of another file."""

    files: Mapping[str, bytes]
    used: set[tuple[str, int, int]] = field(default_factory=set)

    @cached_property
    def project(self) -> JsProject:
        return JsProject(self.files)

    @cached_property
    def _tables(self) -> DrizzleTables:
        return DrizzleTables(self.project)

    @cached_property
    def _builders(self) -> QueryBuilders:
        return QueryBuilders(self.project)

    @cached_property
    def _prisma(self) -> Mapping[str, PrismaModel]:
        return read_prisma({path: data for path, data in self.files.items() if path.endswith(".prisma")})

    def upserts(self, path: str) -> Iterator[tuple[tuple[str, int, int], Upsert]]:
        """Each upsert with the node it was read from; those of `used` nodes are part of another text."""
        module = self.project.module(path)
        if self._only_sqlite(module):
            return  # SQLite has the same clause, and PostgreSQL cannot be asked about its tables
        nowhere = (path, 0, 0)
        for key, sql in JsTexts(self.project, module, self.used).texts():
            if mentions(sql.text):
                yield from ((key, upsert) for upsert in upserts_in(sql))
        data = self.files[path]
        if b"onConflictDo" in data:
            yield from ((nowhere, upsert) for upsert in drizzle_upserts(self._tables, module))
        if b"onConflict" in data:
            yield from ((nowhere, upsert) for upsert in self._builders.upserts(module))
        if b"upsert" in data and self._prisma:
            yield from ((nowhere, upsert) for upsert in prisma_upserts(self._prisma, module))

    def _only_sqlite(self, module: JsModule) -> bool:
        """By the drivers that it imports, itself or through a few files of its own."""
        sources = self._sources(module, 0, set())
        return bool(sources & set(_SQLITE)) and not sources & set(_POSTGRESQL)

    def _sources(self, module: JsModule, depth: int, seen: set[str]) -> set[str]:
        if module.path in seen or depth > _DEEP:
            return set()
        seen.add(module.path)
        found = {one.source for one in module.imports.values()}
        for source in sorted(found):
            home = self.project.imported(module.path, source) if source.startswith((".", "@/", "~/")) else None
            if home is not None:
                found |= self._sources(home, depth + 1, seen)
        return found

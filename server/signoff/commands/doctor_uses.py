"""Which other systems of Google Cloud signoff.toml declares, and what reading them takes: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from signoff.model.data import BigQuery, DataCheck, FirestoreDocument, Rows
from signoff.model.database_use import CloudSql, Database, FromSecret, Reference
from signoff.model.subject import Workload
from signoff.systems.google.permissions import DECLARED, Need

Emulated = Collection[str]
"""Systems that the environment sends to an emulator, which asks for no permission."""


@dataclass(frozen=True, slots=True)
class Use:
    """`system`: as permissions.DECLARED names it. `project`: the one on which its permissions are granted."""

    system: str
    project: str

    @property
    def needs(self) -> tuple[Need, ...]:
        return DECLARED[self.system]


def uses(workloads: Sequence[Workload], emulated: Emulated = ()) -> tuple[Use, ...]:
    """Each once, in the order of the table of permissions."""
    found: set[Use] = set()
    for workload in workloads:
        if isinstance(workload.database, Database):
            found.update(_of_database(workload.database))
        for data in workload.data:
            found.update(_of_data(data))
    kept = (use for use in found if use.system.split()[0] not in emulated)
    return tuple(sorted(kept, key=lambda use: (list(DECLARED).index(use.system), use.project)))


def _of_database(database: Database) -> Iterator[Use]:
    source = database.source
    held = [source, database.expected.source] if isinstance(database.expected, Reference) else [source]
    if isinstance(source, CloudSql):
        project = source.instance.rpartition(":")[0].rpartition(":")[0]  # a project may have a domain: a.b:c
        yield Use("Cloud SQL", project)
        if source.password is None:
            yield Use("Cloud SQL with IAM", project)
        else:
            held.append(source.password)
    for one in held:
        if isinstance(one, FromSecret):
            yield Use("Secret Manager", one.version.split("/")[1])


def _of_data(data: DataCheck) -> Iterator[Use]:
    if isinstance(data.tables, Database):
        yield from _of_database(data.tables)
    if isinstance(data.tables, BigQuery):
        yield Use("BigQuery", data.tables.project)
        for rows in (data.rows, data.tracker.source if data.tracker is not None else None):
            if isinstance(rows, Rows):
                parts = (rows.table or "").replace("`", "").split(".")
                yield Use("BigQuery tables", parts[0] if len(parts) == 3 else data.tables.project)
    if data.tracker is not None and isinstance(data.tracker.source, FirestoreDocument):
        yield Use("Firestore", data.tracker.source.project)

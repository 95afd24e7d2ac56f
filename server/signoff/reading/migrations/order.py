"""Whether the migrations of a repository are orderly, and what they take away."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from signoff.model.migrations import (
    Destructive,
    Migration,
    MigrationOrder,
    MissingParent,
    SameId,
    SeveralHeads,
)  # fmt: skip
from signoff.model.sql_use import NotCheckable, Place
from signoff.reading.migrations.alembic import Revision, is_revision, read_revision
from signoff.reading.migrations.django import AppMigration, is_app_migration, read_app_migration
from signoff.reading.migrations.losses import losses_in
from signoff.reading.migrations.programs import read_program
from signoff.reading.source.project import Project
from signoff.reading.source.shipped import is_migration, is_shipped
from signoff.reading.source.text import plain

_NUMBERED = re.compile(r"(?:V(?P<version>\d+(?:[._]\d+)*)__|(?P<number>\d+)[_.-])[^/]*\.sql\Z")
_UNDONE = re.compile(r"\.down\.sql\Z|(?:^|/)(?:down|U\d[^/]*)\.sql\Z")
Fault = SeveralHeads | SameId | MissingParent


def migration_order(files: Mapping[str, bytes], *, alone: bool = False) -> MigrationOrder:
    """Of all files together (path with `/` from the root → bytes), ordered by place. Never raises for a file.

    `alone`: every file of SQL among them is a migration, as the team says; else those whose path says so.
    """
    project = Project(files)
    revisions: list[Revision] = []
    apps: list[AppMigration] = []
    numbered: list[Migration] = []
    programs: list[Migration] = []
    foreign: dict[tuple[str, str], NotCheckable] = {}  # of each folder and tool the last one
    losses: list[Destructive] = []
    unread: list[NotCheckable] = []
    for path, data in sorted(files.items()):
        if not (alone or is_shipped(path)):
            continue
        if is_revision(path, data):
            read = read_revision(project, path)
            if isinstance(read, NotCheckable):
                unread.append(read)
            else:
                revisions.append(read)
        elif is_app_migration(path, data):
            one = read_app_migration(project, path)
            if isinstance(one, NotCheckable):
                unread.append(one)
            else:
                apps.append(one)
        elif path.endswith(".sql") and (alone or is_migration(path)) and not _UNDONE.search(path):
            name = posixpath.basename(path)
            own = posixpath.basename(posixpath.dirname(path)) if name == "migration.sql" else name  # Prisma
            losses += losses_in(own, plain(data.decode("utf-8", "replace"), Place(path, 1)))
            numbered.append(Migration(Place(path, 1), "sql", posixpath.dirname(path), own))
        elif isinstance(program := read_program(path, data, alone=alone), Migration):
            programs.append(program)
        elif program is not None:
            foreign[posixpath.dirname(path), program.why] = program
    faults = [*_of_revisions(revisions), *_of_apps(apps), *_of_numbers(numbered)]
    losses += [loss for revision in revisions for loss in revision.losses]
    losses += [loss for app in apps for loss in app.losses]
    found = [*(one.migration for one in revisions), *(one.migration for one in apps), *numbered, *programs]
    return MigrationOrder(
        tuple(sorted(found, key=lambda one: (one.place.path, one.place.line))),
        tuple(faults),
        tuple(sorted(losses, key=lambda one: (one.place.path, one.place.line))),
        (*unread, *foreign.values()),
    )


def _grouped(migrations: Iterable[Migration]) -> Mapping[tuple[str, str], list[Migration]]:
    found: dict[tuple[str, str], list[Migration]] = defaultdict(list)
    for one in migrations:
        found[one.tool, one.group].append(one)
    return found


def _of_revisions(revisions: list[Revision]) -> Iterator[Fault]:
    """Alembic: a head that only its own branch label leads to is meant to be one."""
    labels = {one.migration.id: one.labels for one in revisions}
    for group in _grouped(one.migration for one in revisions).values():
        yield from _same(group, {one.id: one.id for one in group})
        by_id = {one.id: one for one in group}
        yield from _missing(group, set(labels))
        branches: dict[tuple[str, ...], list[Migration]] = defaultdict(list)
        for head in _heads(group):
            branches[_labels_of(head, by_id, labels)].append(head)
        yield from (SeveralHeads(tuple(heads)) for heads in branches.values() if len({one.id for one in heads}) > 1)


def _labels_of(
    head: Migration, by_id: Mapping[str, Migration], labels: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The branch labels of a revision and all that it comes from."""
    found: set[str] = set()
    waiting, seen = [head.id], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen and name in by_id:
            seen.add(name)
            found.update(labels.get(name, ()))
            waiting += by_id[name].after
    return tuple(sorted(found))


def _of_apps(apps: list[AppMigration]) -> Iterator[Fault]:
    """Django: a squashed migration stands for those it replaces, which may be gone or still there."""
    for group in _grouped(one.migration for one in apps).values():
        names = {one.id for one in group}
        stands = {
            old: one.migration.id for one in apps if one.migration.group == group[0].group for old in one.replaces
        }
        kept = [one for one in group if one.id not in stands]
        yield from _missing(kept, names | set(stands))
        followed = {stands.get(parent, parent) for one in kept for parent in one.after}
        heads = [one for one in kept if one.id not in followed]
        if len({one.id for one in heads}) > 1:
            yield SeveralHeads(tuple(heads))


def _of_numbers(migrations: list[Migration]) -> Iterator[Fault]:
    for group in _grouped(migrations).values():
        numbers: dict[str, str] = {}
        for one in group:
            found = _NUMBERED.match(one.id)
            if found:
                numbers[one.id] = re.sub(r"\b0+(?=\d)", "", (found["version"] or found["number"]).replace("_", "."))
        yield from _same([one for one in group if one.id in numbers], numbers)


def _same(group: list[Migration], keys: Mapping[str, str]) -> Iterator[SameId]:
    found: dict[str, list[Migration]] = defaultdict(list)
    for one in group:
        found[keys[one.id]].append(one)
    yield from (SameId(tuple(several)) for several in found.values() if len(several) > 1)


def _missing(group: list[Migration], known: set[str]) -> Iterator[MissingParent]:
    for one in group:
        yield from (MissingParent(one, parent) for parent in one.after if parent not in known)


def _heads(group: list[Migration]) -> list[Migration]:
    followed = {parent for one in group for parent in one.after}
    return [one for one in group if one.id not in followed]

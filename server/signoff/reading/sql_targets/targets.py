"""Every upsert of a repository that needs a unique index, or cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.model.sql_use import Upsert
from signoff.reading.source.shipped import is_migration, is_shipped
from signoff.reading.sql_needs.made import goes_elsewhere
from signoff.reading.sql_targets.worth_reading import worth_reading


def conflict_targets(path: str, data: bytes) -> tuple[Upsert, ...]:
    """Of one file alone; what other files define (models, constants) is not checkable then."""
    return conflict_targets_of({path: data})


def conflict_targets_of(files: Mapping[str, bytes]) -> tuple[Upsert, ...]:
    """Of all files together (path with `/` from the root → bytes), in the order of places, each once.

    Tests, documentation, installed packages and migrations are left out. Never raises for what stands in a file.
    """
    paths = [
        path
        for path, data in files.items()
        if is_shipped(path)
        and not is_migration(path)
        and worth_reading(path, data)
        and not goes_elsewhere(data, upserts=True)
    ]
    if not paths:
        return ()
    from signoff.reading.sql_targets.of_files import upserts_of

    return upserts_of(files, paths)

"""Where migrations make an index only if there is none of its name: in SQL, and in Alembic's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from signoff.model.sql_use import Place
from signoff.reading.source.shipped import is_migration

_SQL = re.compile(
    rb'\bcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?if\s+not\s+exists\s+(?:"([^"]+)"|([A-Za-z_][\w$]*))', re.I
)
_ALEMBIC = re.compile(
    rb"\bcreate_index\(\s*(?:\w+\.f\(\s*)?[\"'](\w+)[\"'](?:(?!\bcreate_index\(|\bdef\s).)*?\bif_not_exists\s*=\s*True",
    re.DOTALL,
)


def conditional_in(files: Mapping[str, bytes]) -> dict[str, Place]:
    """The last place of each name, by the name as the database has it."""
    found: dict[str, Place] = {}
    for path, data in sorted(files.items()):
        if not is_migration(path):
            continue
        for one in (*_SQL.finditer(data), *_ALEMBIC.finditer(data)):
            plain = one.re is _SQL and one[1] is None
            name = (one[2] if plain else one[1]).decode("utf-8", "replace")
            found[name.lower() if plain else name] = Place(path, 1 + data.count(b"\n", 0, one.start()))
    return found

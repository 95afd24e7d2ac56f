"""Every planted drift is found, and nothing is invented on what only looks like one; on a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from signoff.checks.schema_compare import comparable_views, differences
from signoff.model.database import Snapshot
from support.drifts import ALIKE, DRIFTS, TABLES, Drift, base, of_table, planted, seen
from support.postgres import Cluster, Database, installed, running
from support.schema import MAIN, reader, snapshot

APP = replace(MAIN, role="app")
NO_CURE = ("no identity", "always identity", "not generated", "another collation", "no primary key")
"""Each needs a decision: on the rows that are there, or on the index that was made in the key's place."""
_NEWER = "-- expected: "
"""What only the expected database has."""


@pytest.fixture(scope="module")
def newest() -> Iterator[Cluster]:
    """Of another major version than the one that all tests share."""
    if len(installed()) < 2:
        pytest.skip("only one major version of PostgreSQL is installed")
    with running(installed()[-1]) as cluster:
        yield cluster


_MADE: dict[tuple[Cluster, int], Database] = {}
"""Making 500 tables takes longer than copying them; of two clusters and three sizes there are few."""


def template(cluster: Cluster, tables: int) -> Database:
    """The schema as it should be; to copy, never to change."""
    if (cluster, tables) not in _MADE:
        have = {name for (name,) in Database(cluster, "postgres").rows("SELECT rolname FROM pg_roles")}
        for role in {"app", "stranger", "app_owner"} - have:
            cluster.role(name=role)
        _MADE[cluster, tables] = cluster.database(base(tables))
    return _MADE[cluster, tables]


def snapshots(cluster: Cluster, cases: Sequence[Drift], tables: int = TABLES) -> tuple[Snapshot, Snapshot]:
    """Expected and live as a role sees them that has no right on any table."""
    with databases(cluster, cases, tables) as (expected, live):
        return snapshot(reader(expected), APP), snapshot(reader(live), APP)


@contextmanager
def databases(cluster: Cluster, cases: Sequence[Drift], tables: int) -> Iterator[tuple[Database, Database]]:
    """Expected and live, each case on a table of its own; gone after the block, since 500 tables are 5,000 files."""
    both = [of_table(number, case.both) for number, case in enumerate(cases) if not case.both.startswith(_NEWER)]
    expected = cluster.database(template=template(cluster, tables))
    expected.run(";".join(one for one in both if one))
    live = cluster.database(template=expected)
    for number, case in enumerate(cases):
        if case.both.startswith(_NEWER):
            expected.run(of_table(number, case.both.removeprefix(_NEWER)))
        live.run(of_table(number, case.live))
    yield expected, live
    cluster.drop(expected)
    cluster.drop(live)


def test_every_planted_drift_of_500_tables_is_found_and_nothing_else(postgres: Cluster) -> None:
    assert len(DRIFTS) >= 40
    before, after = snapshots(postgres, DRIFTS)
    assert len(before.tables) > 500
    assert sum(len(table.indexes) for table in before.tables.values()) > 2000
    assert not before.asker.writes
    found = Counter(map(seen, differences(before, after)))
    assert found == Counter(planted(number, case) for number, case in enumerate(DRIFTS))


MENDED = ("column", "unique index", "index", "foreign key", "check", "enum value", "primary key", "exclusion")


def test_what_the_findings_say_mends_it_does(postgres: Cluster) -> None:
    """As the statements stand; what they drop for the new one is there again under its own name."""
    cases = tuple(case for case in DRIFTS if case.found and case.found[1] in MENDED and case.found[0] != "extra")
    cases = tuple(case for case in cases if case.name not in NO_CURE)
    with databases(postgres, cases, len(cases)) as (expected, live):
        found = differences(snapshot(reader(expected), APP), snapshot(reader(live), APP))
        assert len(found) == len(cases) > 25
        for difference in found:
            assert difference.mend, difference
            for statement in difference.mend:
                live.run(statement)
        after = differences(snapshot(reader(expected), APP), snapshot(reader(live), APP))
    assert [(seen(one), one.expected, one.live) for one in after] == []


def test_nothing_is_invented_on_what_only_looks_like_drift(postgres: Cluster) -> None:
    assert len(ALIKE) >= 40
    before, after = snapshots(postgres, ALIKE)
    assert [seen(one) for one in differences(before, after)] == []


def test_the_newest_version_is_read_as_the_oldest_is(newest: Cluster) -> None:
    before, after = snapshots(newest, DRIFTS, len(DRIFTS))
    found = Counter(map(seen, differences(before, after)))
    assert found == Counter(planted(number, case) for number, case in enumerate(DRIFTS))
    assert [seen(one) for one in differences(*snapshots(newest, ALIKE, len(ALIKE)))] == []


def test_two_major_versions_agree_on_the_same_schema(postgres: Cluster, newest: Cluster) -> None:
    view = "CREATE VIEW v AS SELECT id, a FROM t0"
    old, new = (cluster.database(template=template(cluster, 20)) for cluster in (postgres, newest))
    old.run(view)
    new.run(view)
    before, after = snapshot(reader(old), APP), snapshot(reader(new), APP)
    assert not comparable_views(before, after)
    assert [seen(one) for one in differences(before, after)] == []


def test_the_objects_of_an_extension_are_nobodys_drift(postgres: Cluster) -> None:
    expected, live = postgres.database(), postgres.database()
    there = "SELECT name FROM pg_available_extensions WHERE name IN ('citext', 'pg_trgm', 'hstore') LIMIT 1"
    for (name,) in live.rows(there):
        live.run(f"CREATE EXTENSION {name}")
        assert list(differences(snapshot(reader(expected)), snapshot(reader(live)))) == []
        assert [seen(one)[:3] for one in differences(snapshot(reader(live)), snapshot(reader(expected)))] == [
            ("missing", "extension", name)
        ]

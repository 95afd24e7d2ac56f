"""A database of 500 tables and 2,000 indexes compared with what is expected, beside `results dbdiff`, in one run.

    python tests/benchmarks/schema/measure.py [TABLES [ROUNDS]]

The same pair of databases for both, with the planted drifts of the tests. signoff asks as a role without any right on
a table; `results` (PyPI), installed into an environment of its own, asks as the owner, which it needs. Limits: a
snapshot at most 1 s, 500 ON CONFLICT probes under 2 s, the comparison at least 10 times as fast as `results`.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "templates"), str(ROOT / "tests")]

from signoff.boundary import Boundary  # noqa: E402
from signoff.checks.schema_compare import differences  # noqa: E402
from signoff.model.database import Asked, Snapshot  # noqa: E402
from signoff.model.database_use import Database, FromEnvironment  # noqa: E402
from signoff.model.facts import Known  # noqa: E402
from signoff.systems import Systems  # noqa: E402
from support import postgres  # noqa: E402
from support.drifts import DRIFTS, base, of_table  # noqa: E402

PROBES = 500
LIVE, EXPECTED = (Database(name, FromEnvironment(name), role="app") for name in ("LIVE", "EXPECTED"))


def main(tables: int = 500, rounds: int = 3) -> None:
    """Make the pair, measure, print; 1 where a limit is not kept."""
    with tempfile.TemporaryDirectory() as folder, postgres.running() as cluster:
        rival = _installed(Path(folder) / "results")
        expected, live = _pair(cluster, tables)
        asked = asyncio.run(_ours(expected, live, tables, rounds))
        took, found = _timed(lambda: _rival(rival, live.dsn(), expected.dsn()))
    print(f"results dbdiff                  {took:8.2f} s  ({found} lines of SQL)")
    print(f"results / signoff               {took / asked['whole']:8.1f}")
    kept = asked["snapshot"] <= 1.0 * tables / 500 and asked["probes"] < 2.0 and took >= 10 * asked["whole"]
    print("limits kept" if kept else "a limit is NOT kept")
    sys.exit(0 if kept else 1)


def _pair(cluster: postgres.Cluster, tables: int) -> tuple[postgres.Database, postgres.Database]:
    for role in ("app", "stranger", "app_owner"):
        cluster.role(name=role)
    expected = cluster.database(base(tables))
    expected.run(";".join(of_table(n, case.both) for n, case in enumerate(DRIFTS) if not case.both.startswith("--")))
    live = cluster.database(template=expected)
    for number, case in enumerate(DRIFTS):
        if case.both.startswith("-- expected: "):
            expected.run(of_table(number, case.both.removeprefix("-- expected: ")))
        live.run(of_table(number, case.live))
    return expected, live


async def _ours(expected: postgres.Database, live: postgres.Database, tables: int, rounds: int) -> dict[str, float]:
    """Seconds, each the median of its rounds, in one process and connections of their own."""
    environment = {"LIVE": live.dsn(live.cluster.role()), "EXPECTED": expected.dsn(live.cluster.role())}
    systems = Systems(Boundary(), ROOT, environment=environment)
    asked = tuple(Asked(f"t{number % tables}", ("a", "b") if number % 2 else ("a",)) for number in range(PROBES))
    asked = tuple(Asked(one.table, one.columns, f"a > {number}") for number, one in enumerate(asked))
    try:
        took: dict[str, list[float]] = {"snapshot": [], "probes": [], "compare": [], "whole": []}
        for _ in range(rounds):
            begun = time.perf_counter()
            one, before = await _seconds(lambda: systems.postgres.snapshot(EXPECTED))
            two, after = await _seconds(lambda: systems.postgres.snapshot(LIVE))
            took["snapshot"] += [one, two]
            compared, found = _timed(lambda: differences(_value(before), _value(after)))  # noqa: B023
            took["compare"].append(compared)
            took["whole"].append(time.perf_counter() - begun)
            seconds, answers = await _seconds(lambda: systems.postgres.probe(LIVE, asked))
            assert isinstance(answers, Known), answers
            took["probes"].append(seconds)
        medians = {name: statistics.median(some) for name, some in took.items()}
    finally:
        await systems.close()
    indexes = sum(len(table.indexes) for table in _value(before).tables.values())
    print(f"{len(_value(before).tables)} tables, {indexes} indexes, {len(found)} differences of {len(DRIFTS)} drifts")
    print(f"signoff, one snapshot           {medians['snapshot']:8.2f} s")
    print(f"signoff, comparing two          {medians['compare']:8.2f} s")
    print(f"signoff, snapshots and compare  {medians['whole']:8.2f} s")
    print(f"signoff, {PROBES} probes             {medians['probes']:8.2f} s")
    return medians


def _value(known: Any) -> Snapshot:
    assert isinstance(known, Known), known.detail.outside
    assert isinstance(known.value, Snapshot)
    return known.value


async def _seconds(ask: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = await ask()
    return time.perf_counter() - begun, answer


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def _installed(folder: Path) -> Path:
    """The program `results`, in an environment of its own."""
    venv.create(folder, with_pip=True)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "--quiet", "install", "results", "psycopg[binary]"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return folder / "bin" / "results"


def _rival(program: Path, live: str, expected: str) -> int:
    """It ends with 2 where there are differences."""
    done = subprocess.run([program, "dbdiff", live, expected], capture_output=True, text=True, check=False)
    lines = done.stdout.count("\n")
    if done.returncode not in {0, 2} or not lines:
        raise AssertionError(done.stderr or f"results ended with {done.returncode}")
    return lines


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

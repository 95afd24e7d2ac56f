"""What a team's own command, or SQLAlchemy's metadata, make of an empty database."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from signoff.gather.code import code
from signoff.gather.live_schema import live_major
from signoff.gather.parts import files
from signoff.model.database_use import Database, Metadata, TeamCommand
from signoff.model.facts import Known, Unknown
from signoff.model.replay import Replay, Statement
from signoff.model.sql_use import Place
from signoff.reading.migrations.conditional import conditional_in
from signoff.reading.source.shipped import is_shipped
from signoff.survey import Survey
from signoff.systems.git.checkout import checkout
from signoff.systems.git.tree import fingerprint
from signoff.systems.postgres.commanded import commanded
from signoff.systems.postgres.errors import Refused
from signoff.systems.postgres.replay import replayed
from signoff.systems.postgres.shadow import Shadow
from signoff.systems.program import run_program

SECONDS = 240.0
_LAST = 280
"""Characters of what a command said; of a longer text only the beginning would be shown."""
_MARK = "signoff-ddl "
_DRIVER = re.compile(rb"\bpostgres(?:ql)?\+\w+(?=://)")
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SYSTEMROOT")
"""Of this process: nothing that could lead to production."""
_FOLDERS = (".venv/bin", "venv/bin", "node_modules/.bin")
_PROGRAM = """
import importlib, json, sys
sys.path.insert(0, "")
module, _, path = sys.argv[1].partition(":")
found = importlib.import_module(module)
for part in path.split("."):
    found = getattr(found, part)
from sqlalchemy import create_mock_engine
def say(ddl, *_, **__):
    print("\\nsignoff-ddl " + json.dumps(str(ddl.compile(dialect=engine.dialect)).strip()), flush=True)
engine = create_mock_engine("postgresql://", say)
found.create_all(engine, checkfirst=False)
"""


async def of_command(survey: Survey, database: Database, how: TeamCommand) -> Known[Replay] | Unknown:
    """The command runs in a clean checkout, with the shadow's URL in its variable and nothing of production."""
    texts, entries = await survey.get(code), await survey.get(files)
    if isinstance(texts, Unknown):
        return texts
    if isinstance(entries, Unknown):
        return entries
    conditional = conditional_in(texts.value)

    async def run(shadow: Shadow) -> Mapping[str, object]:
        async def migrate(shadow: Shadow) -> None:
            survey.systems.shadows.under_way[database.name] = f"{database.name}: {' '.join(how.argv)} runs in a shadow"
            written = survey.systems.environment.get(how.variable) or _driver_in(texts.value)
            url = _as_written(shadow.url.value, written)
            await _ran(survey, how.argv, {how.variable: url})

        return await commanded(shadow, migrate, database.role, conditional)

    key = fingerprint(entries.value, "command", *how.argv)
    return await survey.systems.shadows.made(database, await live_major(survey, database), key, run)


async def of_metadata(survey: Survey, database: Database, how: Metadata) -> Known[Replay] | Unknown:
    """The project's own interpreter says the statements; they are run here."""
    entries = await survey.get(files)
    if isinstance(entries, Unknown):
        return entries
    place = Place(how.name.partition(":")[0].replace(".", "/") + ".py", 1)

    async def run(shadow: Shadow) -> Mapping[str, object]:
        lines = await _ran(survey, (_interpreter(survey), "-c", _PROGRAM, how.name), {})
        said = [json.loads(line.removeprefix(_MARK)) for line in lines if line.startswith(_MARK)]
        return await replayed(shadow, [Statement(place, sql) for sql in said], database.role)

    key = fingerprint(entries.value, "sqlalchemy", how.name)
    return await survey.systems.shadows.made(database, await live_major(survey, database), key, run)


async def _ran(survey: Survey, argv: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """What a command says. Raises Refused where it can not be run or fails."""
    lines: list[str] = []
    async with _clean(survey) as (folder, home):
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        path = os.pathsep.join([*(str(survey.systems.tree / one) for one in _FOLDERS), own.get("PATH", os.defpath)])
        environment = {**own, "PATH": path, "HOME": str(home), "TMPDIR": str(home), **variables}
        program = str(folder / argv[0]) if "/" in argv[0] and not argv[0].startswith("/") else argv[0]
        found = shutil.which(program, path=path) or program
        ended = await run_program(
            survey.systems.boundary, (found, *argv[1:]), folder, environment, SECONDS,
            lambda line: lines.append(line.outside),
        )  # fmt: skip
    if isinstance(ended, Unknown):
        raise Refused(ended.why, f"{argv[0]}: {ended.detail.outside}")
    if ended.value != 0:
        but = f" but {', '.join(variables)}" if variables else ""
        hint = f'(it gets no variable of yours{but}; "env", "NAME=value" before it hands over more)'
        says = f"{argv[0]} ended with exit code {ended.value} {hint}: {_cause(lines)}"
        raise Refused("malformed", says)
    return lines


def _cause(lines: Sequence[str]) -> str:
    """The last lines that can be shown whole: a program says at the end why it stopped."""
    last = list[str]()
    for line in reversed(lines):
        last.insert(0, line)
        if sum(map(len, last)) > _LAST:
            break
    return "\n".join(last)[-_LAST:]


@asynccontextmanager
async def _clean(survey: Survey) -> AsyncIterator[tuple[Path, Path]]:
    """A clean checkout of the commit, and an empty home; both gone after the block."""
    remote = await survey.systems.git.url(survey.subject.remote)
    if isinstance(remote, Unknown):
        raise Refused(remote.why, remote.detail.outside)
    top = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="signoff-"))
    try:
        folder, home = top / "checkout", top / "home"
        await asyncio.to_thread(home.mkdir)
        made = await checkout(survey.systems.git, survey.subject.commit, folder, remote.value or survey.subject.remote)
        if isinstance(made, Unknown):
            raise Refused(made.why, made.detail.outside)
        yield folder, home
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, top, ignore_errors=True))


def _interpreter(survey: Survey) -> str:
    """The project's: of a virtual environment in its tree, else of the one that is active."""
    tree = survey.systems.tree
    found = (str(tree / one / "python") for one in _FOLDERS[:2] if (tree / one / "python").exists())
    active = os.environ.get("VIRTUAL_ENV")
    return next(found, str(Path(active, "bin", "python")) if active else "python3")


def _driver_in(code: Mapping[str, bytes]) -> str:
    """The one scheme with a driver (`postgresql+asyncpg://`) that shipped Python names; empty for none or several."""
    shipped = (data for path, data in code.items() if path.endswith(".py") and is_shipped(path))
    found = {one.decode() for data in shipped for one in _DRIVER.findall(data)}
    return f"{found.pop()}://" if len(found) == 1 else ""


def _as_written(url: str, written: str) -> str:
    """With the scheme that the team's own value of the variable has (`postgresql+psycopg://`), where it is set."""
    scheme = urlsplit(written).scheme
    return urlunsplit(urlsplit(url)._replace(scheme=scheme)) if scheme.startswith("postgres") else url

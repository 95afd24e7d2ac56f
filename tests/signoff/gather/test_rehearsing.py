"""Rehearsals with real processes: a clean clone of what is pushed, the build's environment, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.boundary import Boundary
from signoff.gather.rehearsing import rehearse
from signoff.ledger.kept_files import KeptFiles
from signoff.ledger.rehearsals import RehearsalsInFiles
from signoff.model.buildable import Rehearsed
from signoff.model.quoted import Quoted
from signoff.model.rehearsal import Rehearsal
from signoff.model.text import Text
from signoff.survey import Survey
from signoff.systems import Systems
from support.local_chain import NOW, subject, told
from support.rehearsals import APP, FILES, NODE, PYTHON, needs_node, pushed, workload
from support.repositories import Clone, project


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where folders are made, so that none can be left behind unseen."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir()), "the rehearsal left a folder"


@pytest.fixture
def clone(tmp_path: Path, temp: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    made = project(tmp_path / "repository")
    made.commit(dict(FILES))
    return made


class Tried:
    """What came of a rehearsal, and what was said meanwhile."""

    def __init__(self, done: Rehearsed | Text, lines: list[str]) -> None:
        self.outcome, self.lines = done, lines

    @property
    def done(self) -> Rehearsed:
        assert isinstance(self.outcome, Rehearsed), told(self.outcome)
        return self.outcome

    @property
    def said(self) -> str:
        return "\n".join(line.outside for line in self.done.lines)


async def attempt(clone: Clone, rehearsal: Rehearsal, systems: Systems | None = None, *, again: bool = False) -> Tried:
    web = workload(rehearsal)
    mine = systems or Systems(Boundary(), clone.path)
    lines: list[str] = []
    assert web.rehearsal is not None
    try:
        async with Survey(subject(clone, web), mine, NOW) as survey:
            done = await rehearse(survey, web, web.rehearsal, lambda line: lines.append(line.outside), again=again)
    finally:
        if systems is None:
            await mine.close()
    return Tried(done, lines)


def made_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def within(folder: Path) -> list[str]:
    """The processes that run in a folder, or ran in it when it was removed."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(str(folder)):
                found.append(process.name)
    return found


async def test_a_module_level_read_fails_and_a_lazy_one_goes_through(clone: Clone) -> None:
    eager = "import os\nSECRET = os.environ['AUTH_SECRET']\n"
    pushed(clone, {"web/build.py": "import auth\nprint('built')\n", "web/auth.py": eager})
    failed = (await attempt(clone, PYTHON)).done
    assert failed.code == 1
    assert "KeyError: 'AUTH_SECRET'" in failed.lines[0].outside
    pushed(clone, {"web/auth.py": "import os\ndef secret():\n    return os.environ['AUTH_SECRET']\n"})
    well = await attempt(clone, PYTHON)
    assert (well.done.code, well.lines) == (0, ["$ python3 build.py", "built"])
    assert well.done.commit == clone.head()


async def test_an_ignored_file_of_the_working_tree_takes_no_part(clone: Clone) -> None:
    pushed(clone, {"web/build.py": "print(open('.env.local').read())\n"})
    (clone.path / "web" / ".env.local").write_text("AUTH_SECRET=x\n")
    assert "FileNotFoundError" in (await attempt(clone, PYTHON)).said


async def test_what_is_committed_and_not_pushed_is_not_rehearsed(clone: Clone) -> None:
    pushed(clone, {"web/build.py": "print('pushed')\n"})
    clone.commit({"web/build.py": "print('only here')\n"})
    outcome = (await attempt(clone, PYTHON)).outcome
    assert isinstance(outcome, Text)
    assert told(outcome) == "web is not rehearsed: its commit is not pushed"


async def test_it_has_the_builds_environment_alone_and_placeholders_for_its_secrets(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PERSON", "x")
    pushed(clone, {"web/build.py": "import os\nprint(sorted(os.environ), os.environ['TOKEN'], os.environ['HOME'])\n"})
    tried = await attempt(clone, replace(PYTHON, env=(("MORE", "1"),)))
    assert tried.done.placeholders == ("TOKEN",)
    said = tried.lines[-1]
    assert "SECRET_OF_THE_PERSON" not in said
    assert "'MORE'" in said
    assert "signoff-placeholder" in said
    assert "signoff-rehearsal-" in said


async def test_what_it_installs_runs_before_it_and_its_failure_is_the_rehearsals(clone: Clone) -> None:
    pushed(clone, {"web/build.py": "print(open('made').read())\n"})
    install = ("python3", "-c", "open('made', 'w').write('first')")
    assert (await attempt(clone, replace(PYTHON, install=install))).lines[-1] == "first"
    broken = ("python3", "-c", "raise SystemExit('error: no such package')")
    tried = await attempt(clone, replace(PYTHON, install=broken))
    assert (tried.done.command, tried.done.code) == (broken, 1)


async def test_equal_inputs_are_not_rehearsed_twice_also_by_another_process(clone: Clone, tmp_path: Path) -> None:
    def systems() -> Systems:
        return Systems(Boundary(), clone.path, rehearsals=RehearsalsInFiles(KeptFiles(tmp_path / "kept")))

    pushed(clone, {"web/build.py": "raise SystemExit('error: password=hunter2hunter2')\n"})
    first, second = systems(), systems()
    try:
        assert len((await attempt(clone, PYTHON, first)).lines) == 2
        clone.commit({"docs/readme.md": "nothing of web\n"})
        clone.push()
        again = await attempt(clone, PYTHON, second)
        assert again.lines == []
        assert again.done.code == 1
        assert len((await attempt(clone, PYTHON, second, again=True)).lines) == 2, "on request it is tried once more"
    finally:
        await first.close()
        await second.close()
    assert not any(b"hunter2" in file.read_bytes() for file in (tmp_path / "kept").iterdir())


async def test_after_its_time_the_whole_group_is_ended(clone: Clone, temp: Path) -> None:
    text = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(600)', 'of-it'])\n"
    pushed(clone, {"web/build.py": text})
    tried = await attempt(clone, replace(PYTHON, seconds=1))
    assert tried.done.code is None
    assert not within(temp)


async def test_cancelling_it_leaves_no_process_and_no_folder(clone: Clone, temp: Path) -> None:
    text = "import subprocess, sys\nprint('begun', flush=True)\nsubprocess.run(['sleep', '600'])\n"
    pushed(clone, {"web/build.py": text})
    begun = asyncio.Event()
    web = workload(PYTHON)
    systems = Systems(Boundary(), clone.path)
    assert web.rehearsal is not None

    def heard(line: Quoted) -> None:
        if line.same_as("begun"):
            begun.set()

    try:
        async with Survey(subject(clone, web), systems, NOW) as survey:
            task = asyncio.create_task(rehearse(survey, web, web.rehearsal, heard))
            await begun.wait()
            assert made_in(temp)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not made_in(temp)
            assert not within(temp)
    finally:
        await systems.close()


async def test_a_program_that_is_not_there_is_said(clone: Clone) -> None:
    pushed(clone, {"web/build.py": ""})
    outcome = (await attempt(clone, Rehearsal(("no-such-program",)))).outcome
    assert isinstance(outcome, Text)
    assert "no-such-program" in told(outcome)


@needs_node
async def test_the_tracer_finds_what_is_baked_in_and_breaks_nothing(clone: Clone) -> None:
    pushed(clone, dict(APP))
    done = (await attempt(clone, NODE)).done
    assert (done.code, done.lines) == (0, ())
    reads = {read.name: read for read in done.reads}
    assert reads["API_URL"].rendering
    assert reads["API_URL"].place.same_as("web/page.mjs:1")
    assert not reads["DATABASE_URL"].rendering
    assert {"IN_CHILD", "IN_WORKER"} <= set(reads)
    assert not {"CI", "AGAIN", "NODE_OPTIONS"} & set(reads)

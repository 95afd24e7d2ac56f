"""Rehearsals with real processes: a clean clone of what is pushed, the build's environment, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from signoff.boundary import Boundary, Policy
from signoff.checks import buildable
from signoff.gather.buildable import buildable as gathered
from signoff.gather.rehearsing import rehearse
from signoff.ledger.kept_files import KeptFiles
from signoff.ledger.rehearsals import RehearsalsInFiles
from signoff.model.buildable import Rehearsed
from signoff.model.judgement import Status
from signoff.model.quoted import Quoted
from signoff.model.rehearsal import Rehearsal
from signoff.model.report import LinkReport
from signoff.model.subject import CloudBuildConfig, Workload, WorkloadName
from signoff.model.text import Text
from signoff.survey import Survey
from signoff.systems import Systems
from support.buildable import look as passively
from support.estate import Estate, codes, variables, words
from support.local_chain import NOW, subject, told
from support.repositories import Clone, project
from support.sandbox import Sandbox, running_sandbox

PYTHON = Rehearsal(("python3", "build.py"), seconds=60)
NODE = Rehearsal(("node", "build.mjs"), seconds=60)
DOCKERFILE = """\
FROM python:3.11
COPY web/ ./
RUN --mount=type=secret,id=token,env=TOKEN python3 build.py
RUN node build.mjs
"""
CONFIG = """\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, image, -f, web/Dockerfile, --secret, 'id=token,env=TOKEN', .]
    secretEnv: [TOKEN]
availableSecrets: {secretManager: [{versionName: projects/p/secrets/token/versions/1, env: TOKEN}]}
"""
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on this machine")


def workload(rehearsal: Rehearsal) -> Workload:
    inputs = ("web/**", "cloudbuild.yaml")
    folder = replace(rehearsal, folder="web")
    build = CloudBuildConfig("cloudbuild.yaml")
    return Workload(WorkloadName("web"), "service", "web", inputs, build, rehearsal=folder)


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
    made.commit({"cloudbuild.yaml": CONFIG, "web/Dockerfile": DOCKERFILE, ".gitignore": ".env.local\n"})
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


def pushed(clone: Clone, files: dict[str, str | None]) -> None:
    clone.commit(files)
    clone.push()


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


PAGE = """\
export function page() { return `<a href="${process.env.API_URL}">`; }
"""
BUILD = """\
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import fs from "node:fs";
import { page } from "./page.mjs";
import "./later.mjs";
process.env.SET_HERE = "1";
const copy = { ...process.env };
if (copy.SET_HERE !== "1" || !("SET_HERE" in process.env)) throw new Error("a copy lacks a name");
if (!Object.keys(process.env).includes("CI")) throw new Error("a name is not listed");
if (JSON.parse(JSON.stringify(process.env)).CI !== "true") throw new Error("it is not written as JSON");
delete process.env.SET_HERE;
if (process.env.SET_HERE !== undefined || Object.hasOwn(process.env, "SET_HERE")) throw new Error("it is still there");
Object.assign(process.env, { AGAIN: 2 });
if (process.env.AGAIN !== "2" || process.env.toString === undefined) throw new Error("it is no environment any more");
const child = spawnSync(process.execPath, ["child.mjs"], { env: process.env, encoding: "utf8" });
if (child.status !== 0) throw new Error(child.stderr);
await new Promise((done, stop) => new Worker("./worker.mjs", { env: process.env }).on("exit", done).on("error", stop));
await new Promise((done) => new Worker("./worker.mjs").on("exit", done));
fs.mkdirSync("out");
fs.writeFileSync("out/index.html", page());
"""
APP = {
    "web/build.mjs": BUILD,
    "web/page.mjs": PAGE,
    "web/later.mjs": "const url = process.env.DATABASE_URL;\nexport const later = () => url;\n",
    "web/child.mjs": "process.stdout.write(String(process.env.IN_CHILD));\n",
    "web/worker.mjs": "String(process.env.IN_WORKER);\n",
}


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


async def look(estate: Estate, rehearsal: Rehearsal) -> LinkReport:
    """The link after a rehearsal, as two looks of one process."""
    web = workload(rehearsal)
    assert web.rehearsal is not None
    async with estate.survey(web) as survey:
        done = await rehearse(survey, web, web.rehearsal, lambda line: None)
        assert isinstance(done, Rehearsed), told(done)
        facts = await gathered(survey, web)
    judged = buildable.judge(web, facts)  # type: ignore[arg-type]
    return LinkReport(judged.status, NOW, judged.evidence, judged.findings, judged.reason)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as made:
        yield made


@pytest.fixture
def estate(clone: Clone, sandbox: Sandbox) -> Estate:
    return Estate(sandbox, f"p-{uuid4().hex[:12]}", clone)


@needs_node
async def test_what_is_baked_in_fails_although_the_build_goes_through(estate: Estate) -> None:
    before = estate.clone.head()
    estate.deployed(estate.build(before, 5), 6, env=variables("API_URL", DATABASE_URL="url"))
    pushed(estate.clone, dict(APP))
    link = await look(estate, NODE)
    assert link.status is Status.FAIL
    errors = [one for one in link.findings if one.severity == "error"]
    assert [one.code for one in errors] == [buildable.BAKED_EMPTY]
    assert "web/page.mjs:1" in words(link)
    notes = [one.code for one in link.findings if "DATABASE_URL" in str(one.message.parts)]
    assert buildable.BAKED_EMPTY not in notes


@needs_node
async def test_a_rehearsal_that_goes_well_proves_the_link_and_says_what_it_is_not(estate: Estate) -> None:
    pushed(estate.clone, dict(APP))
    web = workload(NODE)
    assert (await passively(estate, web)).status is Status.UNKNOWN
    link = await look(estate, NODE)
    assert link.status is Status.PASS
    assert "the image itself was not built" in words(link)
    assert [one.system for one in link.evidence] == ["rehearsal"]
    assert buildable.STOOD_IN in codes(link)


async def test_a_rehearsal_that_fails_is_a_finding_with_the_lines(estate: Estate) -> None:
    pushed(estate.clone, {"web/build.py": "raise SystemExit('error: AUTH_SECRET is not set')\n"})
    link = await look(estate, PYTHON)
    assert link.status is Status.FAIL
    assert buildable.REHEARSAL_FAILED in codes(link)
    assert "AUTH_SECRET is not set" in words(link)


async def test_a_rehearsal_that_does_not_end_in_time_tells_nothing(estate: Estate) -> None:
    pushed(estate.clone, {"web/build.py": "import time\ntime.sleep(600)\n"})
    link = await look(estate, replace(PYTHON, seconds=1))
    assert link.status is Status.UNKNOWN
    assert "the rehearsal did not end in time" in words(link)
    assert [one.severity for one in link.findings if one.code == buildable.REHEARSAL_FAILED] == ["warning"]


@needs_node
async def test_without_cloud_run_it_is_not_told_what_was_baked_in(estate: Estate) -> None:
    pushed(estate.clone, dict(APP))
    policy = Policy(tries=1)
    lost = Boundary(policy, plant=lambda question: "denied" if question.system == "run" else None)
    link = await look(replace(estate, boundary=lost), NODE)
    assert link.status is Status.UNKNOWN
    assert "node build.mjs went well in a clean clone" in words(link)
    assert "only Cloud Run says what exists at run time" in words(link)

"""The link `buildable` after a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from signoff.boundary import Boundary, Policy
from signoff.checks import buildable
from signoff.gather.buildable import buildable as gathered
from signoff.gather.rehearsing import rehearse
from signoff.model.buildable import Rehearsed
from signoff.model.judgement import Status
from signoff.model.rehearsal import Rehearsal
from signoff.model.report import LinkReport
from support.buildable import look as passively
from support.estate import Estate, codes, variables, words
from support.local_chain import NOW, told
from support.rehearsals import APP, FILES, NODE, PYTHON, needs_node, pushed, workload
from support.repositories import Clone, project
from support.sandbox import Sandbox, running_sandbox


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    made = project(tmp_path / "repository")
    made.commit(dict(FILES))
    return made


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

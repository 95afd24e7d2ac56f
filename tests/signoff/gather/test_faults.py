"""Every outside call of the drift join, gone wrong in every way: a stale target is never taken for a good one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.model.judgement import Status
from signoff.model.report import Report
from signoff.model.subject import WorkloadName
from signoff.walk import CRASHED
from support.estate import JOB, WEB, Estate, digest
from support.repositories import project
from support.sandbox import running_sandbox
from support.uploads import archive

INDEXED = replace(WEB, name=WorkloadName("indexed"), resource="indexed")
UPLOADED = replace(WEB, name=WorkloadName("uploaded"), resource="uploaded")
ALL = (WEB, JOB, INDEXED, UPLOADED)
FAULTS: tuple[Fault, ...] = get_args(Fault)


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Four workloads, each of which runs something else than the newest commit, in four ways."""
    folder = tmp_path_factory.mktemp("stale")
    with pytest.MonkeyPatch.context() as patch, running_sandbox() as sandbox:
        patch.setenv("SIGNOFF_STATE", str(folder / "state"))
        estate = Estate(sandbox, "demo", project(folder / "repository"))
        first = estate.clone.head()
        newest = estate.clone.commit({"shared/util.py": "x = 2\n"})
        estate.clone.push()
        old, new = estate.build(first, 5), estate.build(newest, 10)
        estate.service(estate.revision(1, old, 6), estate.revision(2, new, 11), shares={0: 100}, pinned=True)
        ran, made = estate.build(first, 5, name="job"), estate.build(newest, 10, name="job")
        estate.job(made, 11, estate.execution(1, ran, 12))
        index, child = estate.build(first, 5, name="indexed"), digest("child")
        estate.image(index, name="indexed", children=[child])
        estate.deployed(child, 6, name="indexed")
        dirty = archive(estate, {"web/app.py": "dirty\n"})
        estate.deployed(estate.build(None, 12, name="uploaded", **dirty), 13, name="uploaded")
        yield estate


async def look(stale: Estate, operation: tuple[str, str] | None = None, fault: Fault | None = None) -> Report:
    def plant(question: Question) -> Fault | None:
        return fault if (question.system, question.operation) == operation else None

    stale.boundary = Boundary(policy=Policy(tries=1), plant=plant)
    return await stale.report(*ALL)


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_call_that_goes_wrong_makes_a_stale_workload_pass(stale: Estate, fault: Fault) -> None:
    plain = await look(stale)
    assert plain.verdict == "refused"
    operations = list(stale.boundary.calls)
    assert {system for system, _ in operations} == {"git", "run", "build", "registry", "storage"}
    for operation in operations:
        report = await look(stale, operation, fault)
        for workload in report.workloads:
            found = {link: one.status for link, one in workload.links.items()}
            assert set(found.values()) != {Status.PASS}, (operation, workload.name)
            crashed = [f for one in workload.links.values() for f in one.findings if f.code == CRASHED]
            assert not crashed, (operation, workload.name)

"""Jobs and worker pools, and since when something serves: read over the real wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signoff.checks.healthy import MISSING, NEW_ERROR, NOT_EXERCISED, RUN_FAILED, judge
from signoff.model.judgement import Status
from signoff.model.log_rules import Expected, LogRules
from signoff.model.subject import Workload, WorkloadName
from support.logged import GONE, NOW, World, asked, entry, job, job_entry, pool, pool_entry, revision, service
from support.samples import WEB

JOB = Workload(WorkloadName("extractor"), "job", "extractor", ())
POOL = Workload(WorkloadName("crunch"), "worker-pool", "crunch", ())
BROKE = ["Traceback (most recent call last):", '  File "/app/job.py", line 7, in run', "    row['School']", GONE]


async def test_what_a_revision_wrote_before_it_was_ready_is_not_of_its_serving(world: World) -> None:
    startup = [entry("stderr", 500 - i / 100, textPayload=line) for i, line in enumerate(BROKE)]
    world.plant(*startup, asked("/report", 200, 100), revisions=[revision(ready=300)])
    facts = await world.facts()
    assert abs(facts.units[0].began - (NOW - timedelta(seconds=300))) < timedelta(seconds=1)
    assert judge(WEB, facts).status is Status.PASS


async def test_a_request_before_the_revision_was_ready_exercises_nothing(world: World) -> None:
    world.plant(asked("/report", 200, 500), revisions=[revision(ready=300)])
    judged = judge(WEB, await world.facts())
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)
    began = (NOW - timedelta(seconds=300)).isoformat(timespec="seconds").removesuffix("+00:00")
    assert f"answered no request since {began}Z" in "".join(map(str, judged.findings[0].message.parts))


async def test_every_task_of_an_execution_is_judged(world: World) -> None:
    lines = [job_entry("stderr", 150 - i / 100, task=3, textPayload=line) for i, line in enumerate(BROKE)]
    world.plant(*lines, jobs=[job()])
    assert NEW_ERROR in {finding.code for finding in judge(JOB, await world.facts(workload=JOB)).findings}


async def test_a_run_without_errors_is_healthy_and_older_runs_do_not_speak_of_it(world: World) -> None:
    old = [job_entry("stderr", 900 - i / 100, "extractor-1", textPayload=line) for i, line in enumerate(BROKE)]
    world.plant(*old, job_entry("stdout", 150, textPayload="rows: 12"), jobs=[job()])
    assert judge(JOB, await world.facts(workload=JOB)).status is Status.PASS
    assert (await world.claim(GONE, JOB)).status is Status.PASS


@pytest.mark.parametrize("status", ["EXECUTION_FAILED", "EXECUTION_CANCELLED"])
async def test_a_run_that_failed_without_a_word_is_no_pass(world: World, status: str) -> None:
    world.plant(jobs=[job(status)])
    judged = judge(JOB, await world.facts(workload=JOB))
    assert (judged.status, judged.findings[0].code) == (Status.FAIL, RUN_FAILED)


async def test_a_run_that_goes_on_is_waited_for(world: World) -> None:
    world.plant(jobs=[job("EXECUTION_RUNNING", ended=False)])
    judged = judge(JOB, await world.facts(workload=JOB))
    assert (judged.status, judged.waits_on) == (Status.WAITING, "runs")


async def test_a_run_of_which_nobody_says_how_it_ended_is_unknown(world: World) -> None:
    world.plant(jobs=[job("COMPLETION_STATUS_UNSPECIFIED")])
    assert judge(JOB, await world.facts(workload=JOB)).status is Status.UNKNOWN


async def test_a_worker_pool_is_judged_by_its_own_kind_of_log(world: World) -> None:
    other = entry("stdout", 90, "crunch-00002-new", "crunch", textPayload="a service of the same name")
    world.plant(other, workerPools=[pool()])
    judged = judge(POOL, await world.facts(workload=POOL))
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)
    world.plant(pool_entry("stdout", 90, textPayload="took 3 messages"))
    judged = judge(POOL, await world.facts(workload=POOL))
    assert judged.status is Status.PASS
    lines = [pool_entry("stderr", 80 - i / 100, textPayload=line) for i, line in enumerate(BROKE)]
    world.plant(*lines)
    assert judge(POOL, await world.facts(workload=POOL)).findings[0].code == NEW_ERROR


async def test_a_worker_pools_claim_needs_the_entry_of_its_normal_work(world: World) -> None:
    old = [pool_entry("stderr", 900 - i / 100, "crunch-00001-old", textPayload=s) for i, s in enumerate(BROKE)]
    world.plant(*old, pool_entry("stdout", 90, textPayload="took 3 messages"), workerPools=[pool()])
    assert (await world.claim(GONE, POOL)).status is Status.UNKNOWN
    expecting = replace(POOL, logs=LogRules((Expected("took"),)))
    assert (await world.claim(GONE, expecting)).status is Status.PASS


async def test_what_a_worker_pool_must_write_may_still_come_and_then_is_missing(world: World) -> None:
    expecting = replace(POOL, logs=LogRules((Expected("done", at_least=2, line=9),)))
    lines = [pool_entry("stdout", 30, textPayload=text) for text in ("started", "done")]
    world.plant(*lines, workerPools=[pool(updated=60)])
    judged = judge(expecting, await world.facts(workload=expecting))
    assert (judged.status, judged.waits_on) == (Status.WAITING, "time")
    world.plant(workerPools=[pool(updated=600)])
    judged = judge(expecting, await world.facts(workload=expecting))
    assert [finding.code for finding in judged.findings] == [MISSING]
    place = judged.findings[0].location
    assert place
    assert (place.path, place.line) == ("signoff.toml", 9)


async def test_a_service_and_a_job_of_one_name_are_not_mixed_up(world: World) -> None:
    lines = [job_entry("stderr", 150 - i / 100, textPayload=line) for i, line in enumerate(BROKE)]
    web = replace(WEB, name=WorkloadName("extractor-web"), resource="extractor")
    answered = asked("/report", 200, 100, "extractor-00002-new")
    answered["resource"]["labels"]["service_name"] = "extractor"
    world.plant(*lines, answered, jobs=[job()], services=[service("extractor", "extractor-00002-new")])
    assert judge(web, await world.facts(workload=web, others=(JOB,))).status is Status.PASS
    assert judge(JOB, await world.facts(workload=JOB, others=(web,))).status is Status.FAIL

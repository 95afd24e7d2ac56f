"""What was there before the session: a second deploy, or run, makes no error an old one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from signoff.checks.claimed import claim
from signoff.checks.healthy import KNOWN_ERROR, NEW_ERROR, judge
from signoff.gather.health import health
from signoff.model.health import Health
from signoff.model.judgement import Status
from signoff.model.subject import Commit, Session, Workload, WorkloadName
from support.logged import GONE, NOW, World, asked, broke, job, job_entry, revision, stamp
from support.samples import WEB

JOB = Workload(WorkloadName("extractor"), "job", "extractor", ())


async def in_session(world: World, workload: Workload = WEB, *gone: str) -> Health:
    """As a session sees it that began 1,000 seconds ago."""
    async with world.survey(*gone, workloads=(workload,)) as survey:
        session = Session(Commit("0" * 40), NOW - timedelta(seconds=1000))
        survey.subject = replace(survey.subject, session=session)
        found = await health(survey, workload)
    assert isinstance(found, Health), found
    return found


def plant_three(world: World, *broken: str) -> None:
    """A revision from before the session, its first try, and what serves now; those named raised the error."""
    made = {"web-00000-old": 5000, "web-00001-try": 900, "web-00002-new": 600}
    for name, ago in made.items():
        raised = broke(ago - 50, name) if name in broken else []
        world.plant(*raised, asked("/report", 200, ago - 60, name))
    world.plant(revisions=[revision(ago, name, created=ago) for name, ago in made.items()])


async def test_an_error_that_the_sessions_first_try_brought_is_still_new_on_its_second(world: World) -> None:
    plant_three(world, "web-00001-try", "web-00002-new")
    judged = judge(WEB, await in_session(world))
    assert [finding.code for finding in judged.findings] == [NEW_ERROR]


async def test_an_error_from_before_the_session_stays_known_whatever_was_tried(world: World) -> None:
    plant_three(world, "web-00000-old", "web-00001-try", "web-00002-new")
    judged = judge(WEB, await in_session(world))
    assert (judged.status, judged.findings[0].code) == (Status.PASS, KNOWN_ERROR)


async def test_an_error_that_a_session_brought_and_mended_is_proven_gone(world: World) -> None:
    plant_three(world, "web-00001-try")
    world.plant(asked("/report", 500, 850, "web-00001-try"))
    facts = await in_session(world, WEB, GONE)
    assert claim({"web": facts}, GONE)[0] is Status.PASS


async def test_running_a_job_again_makes_its_new_error_no_old_one(world: World) -> None:
    lines = ["Traceback (most recent call last):", '  File "/app/job.py", line 7, in run', GONE]
    for name, ago in (("extractor-1", 500), ("extractor-2", 150)):
        world.plant(*(job_entry("stderr", ago - i / 100, name, textPayload=line) for i, line in enumerate(lines)))
    ran = {"job": "extractor", "template": job()["template"]["template"]}
    first = ran | {"name": "jobs/extractor/executions/extractor-1", "createTime": stamp(600)}
    second = ran | {"name": "jobs/extractor/executions/extractor-2", "createTime": stamp(200)}
    world.plant(jobs=[job()], executions=[first, second])
    judged = judge(JOB, await in_session(world, JOB))
    assert NEW_ERROR in {finding.code for finding in judged.findings}

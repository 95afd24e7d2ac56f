"""Claims, known noise, expected entries, moved errors and rates: over the real wire."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signoff.checks.healthy import (
    KNOWN_ERROR,
    MISSING,
    MOVED,
    NEW_ERROR,
    NOISE,
    NOISE_RAN_OUT,
    RATE_ROSE,
    judge,
)
from signoff.gather.health import health
from signoff.model.facts import Unknown
from signoff.model.judgement import Status
from signoff.model.log_rules import Expected, LogRules, Noise
from signoff.model.subject import Workload, WorkloadName
from support.logged import GONE, OLD, World, asked, broke, entry, service
from support.samples import WEB

TODAY = datetime.now(UTC).date()
HOSTILE = "/(a+)+$/"


def ruled(*noise: Noise, expect: tuple[Expected, ...] = ()) -> Workload:
    return replace(WEB, logs=LogRules(expect, noise))


@pytest.mark.parametrize(
    "gone",
    [
        "KeyError",
        "/Key.*'School'/",
        f'Traceback (most recent call last):\n  File "/app/main.py", line 9\n{GONE}',
    ],
)
async def test_an_error_is_named_by_a_text_a_regular_expression_or_its_traceback(world: World, gone: str) -> None:
    world.plant(asked("/report", 200, 100), *OLD)
    assert (await world.claim(gone)).status is Status.PASS
    world.plant(*broke(50, "web-00002-new"))
    assert (await world.claim(gone)).status is Status.FAIL


async def test_a_regular_expression_that_never_ends_leaves_the_claim_unknown(world: World) -> None:
    long = "a" * 200 + "!"
    world.plant(asked("/report", 200, 100), *broke(900, "web-00001-old", f"ValueError: {long}"), *OLD)
    began = time.monotonic()
    assert (await world.claim(HOSTILE)).status is Status.UNKNOWN
    assert time.monotonic() - began < 10


async def test_noise_whose_pattern_never_ends_is_no_pass(world: World) -> None:
    long = "a" * 200 + "!"
    world.plant(asked("/report", 200, 100), *broke(90, "web-00002-new", f"ValueError: {long}"))
    noisy = ruled(Noise("why", TODAY, pattern=HOSTILE[1:-1]))
    async with world.survey(workloads=(noisy,)) as survey:
        facts = await health(survey, noisy)
    assert isinstance(facts, Unknown)
    assert facts.why == "timeout"


async def test_known_noise_is_let_be_and_said(world: World) -> None:
    world.plant(*broke(90, "web-00002-new", "ValueError: flaky upstream"), asked("/report", 200, 100))
    for one in (Noise("theirs", TODAY, text="flaky"), Noise("theirs", TODAY, pattern="fla.y up")):
        noisy = ruled(one)
        judged = judge(noisy, await world.facts(workload=noisy))
        assert judged.status is Status.PASS
        assert [(note.code, note.severity) for note in judged.findings] == [(NOISE, "note")]


async def test_noise_that_has_run_out_is_judged_again_and_said(world: World) -> None:
    world.plant(*broke(90, "web-00002-new", "ValueError: flaky upstream"), asked("/report", 200, 100))
    noisy = ruled(Noise("theirs", TODAY - timedelta(days=1), text="flaky", line=7))
    judged = judge(noisy, await world.facts(workload=noisy))
    assert judged.status is Status.FAIL
    assert [finding.code for finding in judged.findings] == [NEW_ERROR, NOISE_RAN_OUT]


async def test_known_noise_never_excuses_what_the_session_says_is_gone(world: World) -> None:
    world.plant(*broke(90, "web-00002-new"), asked("/report", 200, 100), *OLD)
    noisy = ruled(Noise("theirs", TODAY, text="School"))
    assert judge(noisy, await world.facts(GONE, workload=noisy)).status is Status.FAIL


async def test_an_error_that_another_workload_had_is_said_to_have_moved(world: World) -> None:
    other = replace(WEB, name=WorkloadName("analysis"), resource="analysis")
    moved = [one | {"resource": _of("analysis", "analysis-00002-new")} for one in broke(90, "")]
    answered = asked("/x", 200, 100) | {"resource": _of("analysis", "analysis-00002-new")}
    world.plant(
        *OLD, asked("/report", 200, 100), *moved, answered, services=[service("analysis", "analysis-00002-new")]
    )
    judged = judge(other, await world.facts(workload=other, others=(WEB,)))
    assert [finding.code for finding in judged.findings] == [MOVED]
    assert "was in the logs of web before" in "".join(
        str(p) for p in judged.findings[0].message.parts if p.__class__ is str
    )
    assert (await world.claim(GONE, WEB, other)).status is Status.FAIL


async def test_an_expected_entry_is_counted_in_text_and_in_structured_lines(world: World) -> None:
    expecting = ruled(expect=(Expected("rows written", 2, within=timedelta(0)),))
    world.plant(asked("/report", 200, 300), entry("stdout", 290, textPayload="7 rows written"))
    judged = judge(expecting, await world.facts(workload=expecting))
    assert [finding.code for finding in judged.findings] == [MISSING]
    world.plant(entry("stdout", 280, jsonPayload={"message": "9 rows written"}))
    assert judge(expecting, await world.facts(workload=expecting)).status is Status.PASS


async def test_entries_of_the_revision_before_are_not_what_is_expected_of_this_one(world: World) -> None:
    expecting = ruled(expect=(Expected("rows written", within=timedelta(0)),))
    world.plant(asked("/report", 200, 300), entry("stdout", 290, "web-00001-old", textPayload="7 rows written"))
    assert judge(expecting, await world.facts(workload=expecting)).status is Status.FAIL


async def test_a_known_failure_that_became_frequent_fails_with_its_figures(world: World) -> None:
    before = [asked("/report", 500 if i < 2 else 200, 2000 + i, "web-00001-old") for i in range(200)]
    now = [asked("/report", 500 if i < 10 else 200, 100 + i) for i in range(60)]
    world.plant(*before, *now)
    judged = judge(WEB, await world.facts())
    assert {RATE_ROSE, KNOWN_ERROR} == set(codes_of(judged))
    message = next(f.message for f in judged.findings if f.code == RATE_ROSE)
    assert "10 of 60 requests fail on web-00002-new (17 %), 2 of 200 on web-00001-old before (1 %)" in str(
        message.parts
    )


async def test_a_rise_that_chance_explains_is_no_alarm(world: World) -> None:
    before = [asked("/report", 500 if i < 2 else 200, 2000 + i, "web-00001-old") for i in range(100)]
    now = [asked("/report", 500 if i < 2 else 200, 100 + i) for i in range(60)]
    world.plant(*before, *now)
    judged = judge(WEB, await world.facts())
    assert judged.status is Status.PASS
    assert "n = 60, 2 failed, 2 of 100 on web-00001-old before" in str(judged.reason.parts if judged.reason else "")


def codes_of(judged: Any) -> list[str]:
    return [finding.code for finding in judged.findings]


def _of(name: str, revision: str) -> dict[str, Any]:
    labels = {"service_name": name, "revision_name": revision, "location": "us-central1"}
    return {"type": "cloud_run_revision", "labels": labels}

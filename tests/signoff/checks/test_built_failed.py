"""`built` where a build failed: what is told of it, and when it does not matter."""

from __future__ import annotations

import pytest

from signoff.checks import built
from signoff.gather import failed_build
from signoff.model.judgement import Link
from support.estate import Estate, at, codes, statuses, words

from .test_built import change, look


async def test_a_failed_build_of_the_change_is_named_with_its_detail(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    commit = change(estate)
    estate.build(commit, 9, status="FAILURE", failureInfo={"detail": "Failed to collect page data"})
    links = await estate.links()
    assert statuses(links) == ("fail", "blocked", "blocked")
    assert codes(links[Link.BUILT]) == [built.FAILED]
    assert "Failed to collect page data" in words(links[Link.BUILT])


async def failed_with_a_log(estate: Estate) -> None:
    """A build of the change failed in its second step, and Cloud Logging has its log."""
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    steps = [{"name": "fetch", "status": "SUCCESS"}, {"name": "pack", "status": "FAILURE", "exitCode": 1}]
    options = {"logging": "CLOUD_LOGGING_ONLY"}
    estate.build(change(estate), 9, status="FAILURE", steps=steps, options=options)
    own = (one for one in estate.sandbox.state()["builds"] if one["name"].startswith(f"projects/{estate.project}/"))
    (failed,) = (one for one in own if one["status"] == "FAILURE")
    lines = [
        "starting build",
        "Step #0: 0 errors",
        "Step #1: collecting pages",
        "Step #1: Error: no such page",
        "ERROR",
    ]
    entries = [
        {
            "logName": f"projects/{estate.project}/logs/cloudbuild",
            "resource": {"type": "build", "labels": {"build_id": failed["id"], "project_id": estate.project}},
            "timestamp": at(9 + number / 60),
            "insertId": f"line-{number}",
            "textPayload": line,
        }
        for number, line in enumerate(lines)
    ]
    estate.sandbox.plant({"logEntries": entries})


async def test_a_failed_build_is_told_with_the_first_line_of_its_log_that_names_an_error(estate: Estate) -> None:
    await failed_with_a_log(estate)
    found = await look(estate)
    assert codes(found) == [built.FAILED]
    assert words(found).endswith("; its log: Error: no such page")
    assert estate.boundary.calls["logging", "entries.list build"] == 1


async def test_a_log_that_can_not_be_read_takes_nothing_from_the_finding(estate: Estate) -> None:
    await failed_with_a_log(estate)
    estate.sandbox.fault("google.logging.v2.LoggingServiceV2/ListLogEntries", code="PERMISSION_DENIED")
    found = await look(estate)
    assert codes(found) == [built.FAILED]
    assert "ended with exit code 1" in words(found)
    assert "its log" not in words(found)


async def test_a_log_that_does_not_come_is_not_waited_for(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    await failed_with_a_log(estate)
    monkeypatch.setattr(failed_build, "LOG_SECONDS", 0.1)
    estate.sandbox.fault("google.logging.v2.LoggingServiceV2/ListLogEntries", latencySeconds=30)
    assert codes(await look(estate)) == [built.FAILED]


async def test_the_log_of_a_failed_build_is_not_read_where_another_one_is_good(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.build(estate.clone.head(), 9, status="FAILURE", options={"logging": "CLOUD_LOGGING_ONLY"})
    assert statuses(await estate.links()) == ("pass", "pass", "pass")
    assert ("logging", "entries.list build") not in estate.boundary.calls


async def test_a_failure_followed_by_a_success_of_the_same_commit_passes(estate: Estate) -> None:
    estate.build(estate.clone.head(), 5, status="FAILURE")
    estate.deployed(estate.build(estate.clone.head(), 7), 8)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_failed_build_of_another_branch_does_not_hide_what_is_missing(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.clone.switch("other", new=True)
    other = estate.clone.commit({"web/other.py": "1\n"})
    estate.clone.switch("main")
    change(estate)
    estate.build(other, 9, status="FAILURE", options={"logging": "CLOUD_LOGGING_ONLY"})
    assert codes(await look(estate)) == [built.BEHIND]
    assert ("logging", "entries.list build") not in estate.boundary.calls

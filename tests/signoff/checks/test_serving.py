"""`serving` against Google's wire: traffic decides, and a job's runs."""

from __future__ import annotations

from typing import Any

import pytest

from signoff.checks import serving
from signoff.model.finding import Action
from signoff.model.judgement import Link
from signoff.model.report import LinkReport
from signoff.model.run import DEPLOY_TAG
from support.estate import JOB, LATEST, PINNED, Estate, codes, statuses, variables, words


async def look(estate: Estate, **options: Any) -> LinkReport:
    return (await estate.links(**options))[Link.SERVING]


def two_revisions(estate: Estate, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Revisions of two commits; the second one holds what is wanted."""
    old = estate.build(estate.clone.head(), 5)
    commit = estate.clone.commit({"web/app.py": "print('new')\n"})
    estate.clone.push()
    new = estate.build(commit, 10)
    return estate.revision(1, old, 6), estate.revision(2, new, 11, **fields)


async def test_traffic_pinned_to_the_old_revision_fails_with_the_command_that_frees_it(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={0: 100}, pinned=True)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "fail")
    assert codes(links[Link.SERVING]) == [serving.PINNED]
    assert "web-00001-abc carries 100 %" in words(links[Link.SERVING])
    fix: Any = links[Link.SERVING].findings[0].fix
    assert fix.argv[:6] == ("gcloud", "run", "services", "update-traffic", "web", "--to-latest")


async def test_a_pin_that_names_the_newest_revision_passes(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={1: 100}, pinned=True)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_revision_left_without_traffic_behind_its_tag_fails(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={0: 100}, pinned=True, tags={"next": 1})
    found = await look(estate)
    assert codes(found) == [serving.NO_TRAFFIC]
    assert "tag next" in words(found)


@pytest.mark.parametrize("shares", [{0: 100}, {0: 90, 1: 10}])
async def test_what_a_deploy_of_ours_held_back_gets_its_traffic_by_a_deploy_and_not_by_hand(
    estate: Estate, shares: dict[int, int]
) -> None:
    estate.service(*two_revisions(estate), shares=shares, pinned=True, tags={DEPLOY_TAG: 1})
    [finding] = (await look(estate)).findings
    assert finding.fix == Action("deploy", ("web",))


async def test_a_revision_that_never_became_ready_gets_no_traffic_by_hand(estate: Estate) -> None:
    failed = {"conditions": [{"type": "Ready", "state": "CONDITION_FAILED"}]}
    old, new = two_revisions(estate, **failed)
    estate.service(old, new, shares={0: 100}, pinned=True, latestReadyRevision=old["name"])
    [finding] = (await look(estate)).findings
    assert (finding.code, finding.fix) == (serving.PINNED, Action("deploy", ("web",)))


async def test_what_a_deploy_of_ours_made_and_a_person_rolled_back_gets_no_traffic_by_hand(estate: Estate) -> None:
    made = {"labels": {"signoff-operation": "op-1"}}
    estate.service(*two_revisions(estate, **made), shares={0: 100}, pinned=True)
    [finding] = (await look(estate)).findings
    assert (finding.code, finding.fix) == (serving.PINNED, Action("deploy", ("web",)))


async def test_a_staged_revision_that_is_older_than_what_serves_does_not_matter(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={1: 100}, pinned=True, tags={"old": 0})
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_split_fails_and_says_the_newest_ones_share(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={0: 90, 1: 10}, pinned=True)
    found = await look(estate)
    assert codes(found) == [serving.SPLIT]
    assert "has 10 %" in words(found)


async def test_shares_of_one_revision_are_summed(estate: Estate) -> None:
    first, second = two_revisions(estate)
    name = second["name"].rpartition("/")[2]
    parts = [
        {"type": LATEST, "revision": name, "percent": 60},
        {"type": PINNED, "revision": name, "percent": 40, "tag": "blue"},
        {"type": PINNED, "revision": first["name"].rpartition("/")[2], "tag": "green"},
    ]
    estate.service(first, second, trafficStatuses=parts)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_an_older_revision_with_the_same_content_and_settings_serves_as_well(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    revisions = estate.revision(1, made, 6), estate.revision(2, made, 7)
    estate.service(*revisions, shares={0: 100}, pinned=True)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert codes(links[Link.SERVING]) == [serving.NOT_NEWEST]


async def test_an_older_revision_with_other_settings_does_not(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    first = estate.revision(1, made, 6, env=[{"name": "MODE", "value": "old"}])
    second = estate.revision(2, made, 7, env=[{"name": "MODE", "value": "new"}])
    estate.service(first, second, shares={0: 100}, pinned=True)
    assert codes(await look(estate)) == [serving.PINNED]


async def test_traffic_on_its_way_is_waited_for(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={0: 100}, reconciling=True)
    assert statuses(await estate.links()) == ("pass", "waiting", "waiting")


async def test_traffic_that_cloud_run_does_not_tell_is_unknown(estate: Estate) -> None:
    estate.service(*two_revisions(estate), trafficStatuses=[])
    assert statuses(await estate.links())[2] == "unknown"


async def test_a_revision_that_serves_and_is_gone_from_the_list_is_asked_by_name(estate: Estate) -> None:
    estate.service(*two_revisions(estate), shares={0: 100}, pinned=True)
    estate.sandbox.fault("google.cloud.run.v2.Revisions/ListRevisions", emptyList=True)
    assert codes(await look(estate)) == [serving.PINNED]
    assert estate.sandbox.calls()["google.cloud.run.v2.Revisions/GetRevision"] == 2


def a_job(estate: Estate) -> tuple[str, str]:
    old = estate.build(estate.clone.head(), 5, name="job")
    commit = estate.clone.commit({"job/main.py": "print('new')\n"})
    estate.clone.push()
    return old, estate.build(commit, 10, name="job")


async def test_a_job_that_has_not_run_since_its_update_is_waited_for(estate: Estate) -> None:
    old, new = a_job(estate)
    estate.job(new, 11, estate.execution(1, old, 7))
    links = await estate.links(JOB)
    assert statuses(links) == ("pass", "pass", "waiting")
    assert links[Link.SERVING].waits_on == "runs"


async def test_a_job_that_never_ran_is_waited_for(estate: Estate) -> None:
    _, new = a_job(estate)
    estate.job(new, 11)
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "waiting")


async def test_a_run_of_the_new_image_before_a_later_change_of_settings_passes(estate: Estate) -> None:
    _, new = a_job(estate)
    estate.job(new, 20, estate.execution(1, new, 12))
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")


async def test_a_run_of_the_old_image_after_the_update_fails(estate: Estate) -> None:
    old, new = a_job(estate)
    estate.job(new, 11, estate.execution(1, old, 12))
    links = await estate.links(JOB)
    assert statuses(links) == ("pass", "pass", "fail")
    assert codes(links[Link.SERVING]) == [serving.OLD_RUN]


async def test_an_old_run_that_goes_on_beside_the_new_one_fails_with_its_cancellation(estate: Estate) -> None:
    old, new = a_job(estate)
    stale = estate.execution(1, old, 7, done=False)
    estate.job(new, 11, stale, estate.execution(2, new, 12))
    links = await estate.links(JOB)
    assert codes(links[Link.SERVING]) == [serving.OLD_RUN_GOES_ON]
    fix: Any = links[Link.SERVING].findings[0].fix
    assert fix.argv[:6] == ("gcloud", "run", "jobs", "executions", "cancel", "job-1")


async def test_an_old_run_that_goes_on_is_named_also_while_nothing_ran_after_it(estate: Estate) -> None:
    old, new = a_job(estate)
    estate.job(new, 11, estate.execution(1, old, 7, done=False) | {"retriedCount": 2})
    links = await estate.links(JOB)
    assert codes(links[Link.SERVING]) == [serving.OLD_RUN_GOES_ON]


async def test_a_run_that_succeeded_and_is_counted_as_retried_is_no_fault(estate: Estate) -> None:
    """Cloud Run counts retries of tasks that succeeded at their first attempt (a known issue; incident F2)."""
    _, new = a_job(estate)
    estate.job(new, 11, estate.execution(1, new, 12) | {"retriedCount": 1})
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")


async def test_a_retried_run_of_the_new_image_that_goes_on_is_no_fault(estate: Estate) -> None:
    _, new = a_job(estate)
    slow = estate.execution(1, new, 12, done=False) | {"retriedCount": 1}
    estate.job(new, 11, slow, estate.execution(2, new, 13))
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")


@pytest.mark.parametrize("size", [1, 5])
async def test_services_of_others_do_not_disturb(estate: Estate, size: int) -> None:
    for number in range(size):
        estate.deployed("not an image reference at all", 3, name=f"stranger-{number}")
    estate.deployed(estate.build(estate.clone.head(), 5), 6, env=variables("A"))
    assert statuses(await estate.links()) == ("pass", "pass", "pass")

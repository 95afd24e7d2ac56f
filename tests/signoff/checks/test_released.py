"""`released` against a real repository and Google's wire: each situation, its fault and its near-miss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from signoff.checks import released
from signoff.gather.standing import standing
from signoff.model.facts import Unknown
from signoff.model.judgement import Link
from signoff.model.report import LinkReport
from signoff.model.subject import Candidate
from support.estate import JOB, REGION, WEB, Estate, codes, digest, ready, statuses, words

FAILED = ready("FAILED", "The user-provided container failed to start", revisionReason="HEALTH_CHECK_CONTAINER_ERROR")


async def look(estate: Estate, **options: Any) -> LinkReport:
    return (await estate.links(**options))[Link.RELEASED]


def two_builds(estate: Estate, path: str = "web/app.py", **fields: Any) -> tuple[str, str]:
    """The digests of builds of two commits; the second one is wanted."""
    old = estate.build(estate.clone.head(), 5, **fields)
    commit = estate.clone.commit({path: "print('new')\n"})
    estate.clone.push()
    return old, estate.build(commit, 10, **fields)


async def test_a_service_that_does_not_exist_is_a_failure(estate: Estate) -> None:
    estate.build(estate.clone.head(), 5)
    found = await look(estate)
    assert codes(found) == [released.NOT_DEPLOYED]
    assert "web does not exist in us-central1" in words(found)
    assert found.evidence[0].look[:4] == ("gcloud", "run", "services", "describe")


async def test_one_of_two_regions_without_the_service_is_a_warning(estate: Estate) -> None:
    estate.regions = (REGION, "europe-west1")
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert codes(links[Link.RELEASED]) == [released.NOT_IN_REGION]


async def test_an_old_image_in_one_of_two_regions_is_a_failure(estate: Estate) -> None:
    estate.regions = (REGION, "europe-west1")
    old, new = two_builds(estate)
    estate.deployed(new, 11)
    far = estate.revision(1, old, 6, region="europe-west1")
    estate.service(far, region="europe-west1")
    links = await estate.links()
    assert statuses(links) == ("pass", "fail", "blocked")
    assert "europe-west1" in str(links[Link.RELEASED].evidence[0].resource)


async def test_a_built_image_that_was_never_deployed_is_named_with_what_lacks(estate: Estate) -> None:
    old, new = two_builds(estate)
    estate.deployed(old, 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "fail", "blocked")
    assert codes(links[Link.RELEASED]) == [released.OLD_IMAGE]
    assert "lacks 1 commit by Ada" in words(links[Link.RELEASED])
    assert new.removeprefix("sha256:")[:12] in words(links[Link.RELEASED])


async def test_a_tag_that_moved_without_a_new_revision_is_named(estate: Estate) -> None:
    old, _ = two_builds(estate)
    template = {"containers": [{"image": f"{estate.path()}:latest"}]}
    estate.service(estate.revision(1, old, 6), template=template)
    found = await look(estate)
    assert codes(found) == [released.TAG_MOVED]
    assert "tag web:latest moved" in words(found)


async def test_a_tag_moved_by_a_build_of_another_branch_is_no_fault(estate: Estate) -> None:
    good = estate.build(estate.clone.head(), 5)
    estate.clone.switch("other", new=True)
    other = estate.clone.commit({"web/app.py": "print('other')\n"})
    estate.clone.switch("main")
    estate.build(other, 9)
    estate.deployed(good, 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_revision_that_never_became_ready_fails_with_its_own_reason(estate: Estate) -> None:
    old, new = two_builds(estate)
    first, second = estate.revision(1, old, 6), estate.revision(2, new, 11, conditions=[FAILED])
    estate.service(first, second, shares={0: 100}, latestReadyRevision=first["name"])
    links = await estate.links()
    assert statuses(links) == ("pass", "fail", "blocked")
    assert codes(links[Link.RELEASED]) == [released.NEVER_READY]
    assert "HEALTH_CHECK_CONTAINER_ERROR: The user-provided container failed" in words(links[Link.RELEASED])


async def test_a_staged_revision_that_is_ready_is_not_taken_for_a_failed_one(estate: Estate) -> None:
    serving = estate.build(estate.clone.head(), 5)
    estate.clone.switch("other", new=True)
    other = estate.clone.commit({"web/app.py": "print('other')\n"})
    estate.clone.switch("main")
    staged = estate.build(other, 9, tag="pr-1")
    retired = [ready(), {"type": "Active", "state": "CONDITION_FAILED", "revisionReason": "RETIRED"}]
    first, second = estate.revision(1, serving, 6), estate.revision(2, staged, 11, conditions=retired)
    estate.service(first, second, shares={0: 100}, pinned=True, tags={"pr": 1}, latestReadyRevision=first["name"])
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert codes(links[Link.RELEASED]) == [released.STAGED]


async def test_a_revision_that_is_being_made_ready_is_waited_for(estate: Estate) -> None:
    old, new = two_builds(estate)
    first = estate.revision(1, old, 6)
    second = estate.revision(2, new, 11, conditions=[ready("RECONCILING")])
    estate.service(first, second, shares={0: 100}, latestReadyRevision=first["name"], reconciling=True)
    links = await estate.links()
    assert statuses(links) == ("pass", "waiting", "waiting")


async def test_an_update_that_is_not_observed_yet_is_waited_for(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    estate.service(estate.revision(1, made, 6), generation="4")
    assert statuses(await estate.links())[1] == "waiting"


async def test_a_label_that_lies_is_a_warning_where_the_digest_is_good(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    estate.deployed(made, 6, labels={"commit-sha": "f" * 40})
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert codes(links[Link.RELEASED]) == [released.LABEL_DISAGREES]
    assert links[Link.RELEASED].findings[0].severity == "warning"


async def test_the_digest_wins_over_a_label_that_names_the_wanted_commit(estate: Estate) -> None:
    old, _ = two_builds(estate)
    estate.deployed(old, 6, labels={"commit-sha": estate.clone.head()})
    links = await estate.links()
    assert statuses(links) == ("pass", "fail", "blocked")
    assert codes(links[Link.RELEASED]) == [released.OLD_IMAGE, released.LABEL_DISAGREES]


async def test_a_shortened_commit_in_a_label_agrees(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    estate.deployed(made, 6, labels={"commit-sha": estate.clone.head()[:7]})
    assert codes(await look(estate)) == []


async def test_an_image_beside_the_built_one_is_a_failure(estate: Estate) -> None:
    index = estate.build(estate.clone.head(), 5)
    estate.image(index, children=[digest("amd64"), digest("arm64")])
    stranger = digest("stranger")
    estate.image(stranger)
    estate.deployed(stranger, 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "fail", "blocked")
    assert codes(links[Link.RELEASED]) == [released.OTHER_IMAGE]


async def test_without_the_registry_a_platform_image_is_unknown(estate: Estate) -> None:
    estate.build(estate.clone.head(), 5)
    estate.deployed(digest("amd64"), 6)
    estate.sandbox.fault("google.devtools.artifactregistry.*", code="PERMISSION_DENIED")
    links = await estate.links()
    assert statuses(links) == ("pass", "unknown", "blocked")
    assert "the registry does not say" in words(links[Link.RELEASED])


async def test_the_ingress_container_is_judged_and_not_its_sidecars(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    sidecar = {"name": "proxy", "image": f"docker.io/envoy/envoy@{digest('envoy')}"}
    app = {"name": "app", "image": f"{estate.path()}@{made}", "ports": [{"containerPort": 8080}]}
    estate.service(estate.revision(1, made, 6, containers=[sidecar, app]))
    assert statuses(await estate.links()) == ("pass", "pass", "pass")
    stale = {"name": "app", "image": f"{estate.path()}@{digest('stale')}", "ports": [{"containerPort": 8080}]}
    sidecar["image"] = f"{estate.path()}@{made}"
    estate.service(estate.revision(1, made, 6, containers=[sidecar, stale]))
    assert statuses(await estate.links())[1] != "pass"


async def test_an_image_by_tag_alone_is_unknown(estate: Estate) -> None:
    estate.build(estate.clone.head(), 5)
    estate.service(estate.revision(1, f"{estate.path()}:latest", 6))
    found = await look(estate)
    assert found.status == "unknown"
    assert codes(found) == [released.BY_TAG]


async def test_what_was_deployed_to_another_region_is_not_what_the_target_runs(estate: Estate) -> None:
    old, new = two_builds(estate)
    estate.deployed(old, 6)
    estate.service(estate.revision(1, new, 11, region="europe-west1"), region="europe-west1")
    assert codes(await look(estate)) == [released.OLD_IMAGE]


async def test_two_faults_are_both_named(estate: Estate) -> None:
    """What is deployed is not the newest build, and that one is behind as well."""
    old, _ = two_builds(estate)
    estate.clone.commit({"web/app.py": "print('newest')\n"})
    estate.clone.push()
    estate.deployed(old, 6)
    assert statuses(await estate.links())[:2] == ("fail", "fail")


async def test_a_job_on_an_old_digest_fails_with_the_command_that_pins_the_new_one(estate: Estate) -> None:
    old, new = two_builds(estate, "job/main.py", name="job")
    estate.job(old, 6, estate.execution(1, old, 7))
    links = await estate.links(JOB)
    assert statuses(links) == ("pass", "fail", "blocked")
    fix: Any = links[Link.RELEASED].findings[0].fix
    assert fix.argv[:4] == ("gcloud", "run", "jobs", "update")
    assert f"--image={estate.path('job')}@{new}" in fix.argv


async def test_a_change_outside_the_jobs_inputs_leaves_its_old_digest_alone(estate: Estate) -> None:
    old, _ = two_builds(estate, "web/app.py", name="job")
    estate.job(old, 6, estate.execution(1, old, 7))
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")


async def test_a_job_that_names_a_tag_is_judged_by_its_run(estate: Estate) -> None:
    old, new = two_builds(estate, "job/main.py", name="job")
    tag = f"{estate.path('job')}:latest"
    estate.job(tag, 11, estate.execution(1, new, 12))
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")
    estate.job(tag, 11, estate.execution(2, old, 12))
    links = await estate.links(JOB)
    assert statuses(links) == ("pass", "fail", "fail")
    assert codes(links[Link.RELEASED]) == [released.TAG_MOVED]


async def test_a_job_that_names_a_tag_and_did_not_run_since_is_unknown(estate: Estate) -> None:
    old, _ = two_builds(estate, "job/main.py", name="job")
    estate.job(f"{estate.path('job')}:latest", 11, estate.execution(1, old, 7))
    assert statuses(await estate.links(JOB)) == ("pass", "unknown", "waiting")


@pytest.mark.parametrize(
    ("method", "code"),
    [("Services/ListServices", "PERMISSION_DENIED"), ("Revisions/ListRevisions", "RESOURCE_EXHAUSTED")],
)
async def test_cloud_run_that_does_not_answer_is_unknown(estate: Estate, method: str, code: str) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.boundary.policy = type(estate.boundary.policy)(tries=1)
    estate.sandbox.fault(f"google.cloud.run.v2.{method}", code=code)
    assert statuses(await estate.links()) == ("unknown", "unknown", "unknown")


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "UNAVAILABLE"])
async def test_what_heals_by_itself_is_asked_again(estate: Estate, code: str) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.sandbox.fault("google.cloud.run.v2.Services/ListServices", code=code, times=1)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_worker_pool_is_judged_by_its_template(estate: Estate) -> None:
    old, new = two_builds(estate)
    name = f"{estate.place()}/workerPools/web"
    revision = f"{name}/revisions/web-00001-abc"
    pool: dict[str, Any] = {
        "name": name,
        "createTime": "2026-01-01T00:00:00Z",
        "template": {"containers": [{"image": f"{estate.path()}@{new}"}]},
        "latestCreatedRevision": revision,
        "latestReadyRevision": revision,
        "instanceSplitStatuses": [{"revision": "web-00001-abc", "percent": 100}],
    }
    workload = replace(WEB, kind="worker-pool")
    estate.plant(workerPools=[pool])
    assert statuses(await estate.links(workload)) == ("pass", "pass", "pass")
    pool["template"] = {"containers": [{"image": f"{estate.path()}@{old}"}]}
    estate.plant(workerPools=[pool])
    assert statuses(await estate.links(workload)) == ("pass", "fail", "blocked")


async def test_a_candidate_is_judged_in_place_of_the_newest_revision(estate: Estate) -> None:
    old, new = two_builds(estate)
    first, second = estate.revision(1, new, 11), estate.revision(2, old, 12)
    estate.service(first, second, shares={0: 100}, pinned=True)
    candidate = {WEB.name: Candidate("web-00002-abc")}
    async with estate.survey() as survey:
        survey.subject = replace(survey.subject, candidate=candidate)
        facts = await standing(survey, WEB)
    assert not isinstance(facts, Unknown)
    assert facts.placements[0].newest is not None
    assert facts.placements[0].newest.name == "web-00002-abc"
    async with estate.survey() as survey:
        survey.subject = replace(survey.subject, candidate={WEB.name: Candidate("web-00009-xyz")})
        gone = await standing(survey, WEB)
    assert not isinstance(gone, Unknown)
    assert released.judge(WEB, gone).status == "unknown"

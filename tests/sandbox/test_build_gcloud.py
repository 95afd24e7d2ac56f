"""`gcloud run …` in steps: each flag does what gcloud's does, and what is not interpreted fails by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2
from google.cloud.devtools.cloudbuild_v1 import Build

from support.builds import log_of, run, step
from support.cloudrun import IMAGE, PLACE, Lab, app, lab

Status = Build.Status
SDK = "gcr.io/google.com/cloudsdktool/google-cloud-cli:slim"
REGION = "--region=us-central1"
FLAGS = ("--quiet", "--platform=managed", REGION)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def gcloud(cloud: Lab, *arguments: str, **fields: Any) -> Build:
    return await run(cloud, Build(steps=[{"name": SDK, "entrypoint": "gcloud", "args": list(arguments)}], **fields))


async def deployed(cloud: Lab, *arguments: str) -> run_v2.Service:
    build = await gcloud(cloud, "run", "deploy", "web", *FLAGS, *arguments)
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    return await cloud.service()


async def test_a_deploy_makes_a_service_and_another_one_changes_it(cloud: Lab) -> None:
    await cloud.build(app("one"))
    await cloud.build(app("two"), f"{IMAGE}:two")
    flags = ("--set-env-vars=A=1,B=2", "--labels=team=web", "--allow-unauthenticated", "--memory=1Gi", "--timeout=5m")
    made = await deployed(cloud, f"--image={IMAGE}:latest", *flags, "--max-instances=3", "--concurrency=10")
    assert (await cloud.http.get(made.uri)).text.startswith("one ")
    template = made.template
    assert {env.name: env.value for env in template.containers[0].env} == {"A": "1", "B": "2"}
    assert template.containers[0].resources.limits["memory"] == "1Gi"
    assert (template.timeout.seconds, template.scaling.max_instance_count) == (300, 3)
    assert template.max_instance_request_concurrency == 10
    changed = await deployed(cloud, "--image", f"{IMAGE}:two", "--update-env-vars", "^;^C=x,y;A=9", "--labels=env=live")
    assert (await cloud.http.get(made.uri)).text.startswith("two ")
    assert {env.name: env.value for env in changed.template.containers[0].env} == {"A": "9", "B": "2", "C": "x,y"}
    assert dict(changed.labels) == {"team": "web", "env": "live"}
    assert "client.knative.dev/nonce" in changed.template.labels
    wiped = await deployed(cloud, "--image", f"{IMAGE}:two", "--set-env-vars=ONLY=1")
    assert [env.name for env in wiped.template.containers[0].env] == ["ONLY"]
    assert wiped.template.max_instance_request_concurrency == 10


async def test_a_revision_without_traffic_is_staged_under_its_tag_and_then_promoted(cloud: Lab) -> None:
    await cloud.build(app("one"))
    await cloud.build(app("two"), f"{IMAGE}:two")
    made = await deployed(cloud, f"--image={IMAGE}:latest", "--allow-unauthenticated")
    staged = await deployed(cloud, f"--image={IMAGE}:two", "--no-traffic", "--tag=next", "--revision-suffix=green")
    assert (await cloud.http.get(made.uri)).text.startswith("one ")
    shares = {(status.revision, status.tag): status.percent for status in staged.traffic_statuses}
    assert shares == {(made.latest_ready_revision.rpartition("/")[2], ""): 100, ("web-green", "next"): 0}
    build = await gcloud(cloud, "run", "services", "update-traffic", "web", REGION, "--to-revisions=web-green=100")
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    assert (await cloud.http.get(made.uri)).text.startswith("two ")
    assert "  100% web-green" in log_of(cloud, build)
    back = await gcloud(cloud, "run", "services", "update-traffic", "web", REGION, "--to-latest")
    assert back.status == Status.SUCCESS
    assert [target.percent for target in (await cloud.service()).traffic] == [100, 0]


async def test_a_job_is_deployed_and_executed(cloud: Lab) -> None:
    script = {"Dockerfile": 'FROM python:3\nCOPY main.py /\nCMD ["python", "/main.py"]\n', "main.py": "print('ran')"}
    await cloud.build(script)
    flags = (f"--image={IMAGE}:latest", REGION, "--tasks=2", "--max-retries=0", "--labels=a=b")
    build = await gcloud(cloud, "beta", "run", "jobs", "deploy", "extract", *flags, "--execute-now", "--wait")
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    job = await cloud.jobs.get_job(name=f"{PLACE}/jobs/extract")
    assert (job.template.task_count, dict(job.labels), job.execution_count) == (2, {"a": "b"}, 1)
    assert "has successfully completed." in log_of(cloud, build)[-2]
    before = ("--quiet", "--project", "demo", "--verbosity=info")
    updated = await gcloud(cloud, *before, "run", "jobs", "update", "extract", REGION, "--update-env-vars=X=1")
    assert updated.status == Status.SUCCESS
    assert (await cloud.jobs.get_job(name=job.name)).template.template.containers[0].env[0].name == "X"
    executed = await gcloud(cloud, "run", "jobs", "execute", "extract", REGION)
    assert "has successfully started running." in log_of(cloud, executed)[-2]


async def test_a_failing_execution_and_a_failing_revision_fail_the_step(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": 'FROM scratch\nCMD ["/bin/sh", "-c", "exit 3"]\n'})
    image = f"--image={IMAGE}:latest"
    build = await gcloud(cloud, "run", "jobs", "deploy", "bad", image, REGION, "--max-retries=0", "--wait")
    assert build.status == Status.FAILURE
    assert log_of(cloud, build)[-3].startswith("ERROR: (gcloud.run.jobs.deploy) ")
    build = await gcloud(cloud, "run", "deploy", "web", image, REGION)
    assert build.status == Status.FAILURE
    assert "ERROR: (gcloud.run.deploy) Revision 'web-00001-" in " ".join(log_of(cloud, build))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compute", "instances", "list"), "gcloud compute instances list is not modelled in steps of the sandbox"),
        (("run", "deploy", "web", "--source=.", REGION), "unrecognized arguments: --source=."),
        (("run", "deploy", "web", "--platform=gke", REGION), "invalid choice: 'gke'"),
        (("run", "deploy", "web", "--set-secrets=/x=s:1", REGION), "secrets as files are not modelled"),
        (("run", "deploy", "web", "--max-instances=many", REGION), "invalid int value"),
        (("run", "deploy", "web", f"--image={IMAGE}"), "Please specify --region."),
        (("run", "services", "update", "web", REGION), "Service [web] could not be found."),
        (("run", "jobs", "update", "web", REGION), "Job [web] could not be found."),
        (("run", "jobs", "execute", "web", REGION), "was not found"),
        (("run", "services", "update-traffic", "web", REGION, "--to-latest"), "Service [web] could not be found."),
        (("run", "deploy", "Web", f"--image={IMAGE}", REGION), "must use only lowercase"),
    ],
)
async def test_what_cannot_be_done_fails_the_step_and_says_what(
    cloud: Lab, arguments: tuple[str, ...], words: str
) -> None:
    build = await gcloud(cloud, *arguments)
    assert build.status == Status.FAILURE
    assert words in " ".join(log_of(cloud, build))


async def test_a_script_deploys_to_the_region_of_its_environment(cloud: Lab) -> None:
    await cloud.build(app("one"))
    script = step(
        f"gcloud run deploy web --image {IMAGE}:latest && echo deployed", env=["CLOUDSDK_RUN_REGION=us-east1"]
    )
    build = await run(cloud, Build(steps=[script]))
    assert "deployed" in log_of(cloud, build)
    name = f"{PLACE.replace('us-central1', 'us-east1')}/services/web"
    assert (await cloud.services.get_service(name=name)).client == "gcloud"

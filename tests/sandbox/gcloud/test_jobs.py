"""`gcloud run jobs …` on the sandbox: deployed, listed, described, executed, updated, deleted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.cloudrun import IMAGE
from support.gcloud import REGION, Gcloud
from support.made import DOCKERFILE, built, created

HERE = ("--region", REGION)
PROGRAM = (
    "import os, sys\nprint('ran', sys.argv[1:], os.environ.get('MODE'))\nsys.exit(int(os.environ.get('CODE', 0)))\n"
)


@pytest.fixture(scope="module")
def image(gcloud: Gcloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(gcloud.sandbox, tmp_path_factory.mktemp("source") / "repository", PROGRAM, "job")


def job(gcloud: Gcloud, name: str, image: str, retries: int = 3, **environment: str) -> None:
    env = [{"name": key, "value": value} for key, value in environment.items()]
    task = {"containers": [{"image": image, "env": env}], "maxRetries": retries}
    created(gcloud.sandbox, "jobs", name, {"template": task})


def executed(text: str) -> str:
    """The name of the execution that gcloud speaks of."""
    found = re.search(r"executions describe (\S+)", text)
    assert found, text
    return found[1]


def test_a_deployed_job_is_listed_and_described(gcloud: Gcloud, image: str) -> None:
    said = gcloud("run", "jobs", "deploy", "nightly", "--image", image, "--tasks=2", "--max-retries=1", *HERE).err
    assert "Creating job..." in said
    assert "Job [nightly] has successfully been deployed." in said
    header, row = gcloud("run", "jobs", "list", "--filter=metadata.name=nightly").out.splitlines()
    assert header.split() == ["JOB", "REGION", "LAST", "RUN", "AT", "CREATED", "CREATED", "BY"]
    assert row.split()[:3] == ["✔", "nightly", REGION] and row.endswith("you@example.com")
    told = gcloud("run", "jobs", "describe", "nightly", *HERE).out
    assert "✔ Job nightly in region us-central1" in told
    assert "Executed 0 times" in told
    assert re.search(r"Last updated on \S+Z by you@example\.com", told)
    settings = dict(re.findall(r"^ *(Tasks|Image|Max Retries|Task Timeout|Memory|CPU): +(\S+)$", told, re.MULTILINE))
    assert settings == {
        "Tasks": "2",
        "Image": image,
        "Memory": "512Mi",
        "CPU": "1000m",
        "Task Timeout": "10m",
        "Max Retries": "1",
    }


def test_a_job_in_json_is_a_knative_object(gcloud: Gcloud, image: str) -> None:
    gcloud(
        *("run", "jobs", "deploy", "shape", "--image", image, "--labels=team=data", "--set-env-vars=MODE=live"), *HERE
    )
    made = gcloud.json("run", "jobs", "describe", "shape", *HERE)
    assert (made["apiVersion"], made["kind"], made["metadata"]["name"]) == ("run.googleapis.com/v1", "Job", "shape")
    assert made["metadata"]["labels"]["team"] == "data"
    assert made["metadata"]["annotations"]["run.googleapis.com/client-name"] == "gcloud"
    task = made["spec"]["template"]["spec"]["template"]["spec"]
    assert task["containers"][0]["env"] == [{"name": "MODE", "value": "live"}]
    assert (task["maxRetries"], task["timeoutSeconds"]) == (3, "600")
    (ready,) = made["status"]["conditions"]
    assert (ready["type"], ready["status"]) == ("Ready", "True")
    assert made["status"]["observedGeneration"] == made["metadata"]["generation"] == 1


def test_a_job_is_deployed_from_source_and_runs_at_once(gcloud: Gcloud, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "main.py").write_text("print('from source')\n")
    said = gcloud("run", "jobs", "deploy", "sourced", "--source", str(tmp_path), "--execute-now", "--wait", *HERE).err
    assert f"Job [sourced] has successfully been deployed and completed execution [{executed(said)}]." in said
    assert "from source" in gcloud("run", "jobs", "logs", "read", "sourced", *HERE).out
    task = gcloud.json("run", "jobs", "describe", "sourced", *HERE)["spec"]["template"]["spec"]["template"]["spec"]
    assert "/cloud-run-source-deploy/sourced@sha256:" in task["containers"][0]["image"]


def test_an_execution_that_succeeds_is_waited_for(gcloud: Gcloud, image: str) -> None:
    job(gcloud, "good", image)
    said = gcloud("run", "jobs", "execute", "good", "--wait", "--args=--day,7", "--update-env-vars=MODE=x", *HERE).err
    name = executed(said)
    assert f"Execution [{name}] has successfully completed." in said
    told = gcloud("run", "jobs", "describe", "good", *HERE).out
    assert "Executed 1 time\n" in told and f"with execution {name}" in told
    assert "ran ['--day', '7'] x" in gcloud("run", "jobs", "logs", "read", "good", *HERE).out


def test_an_execution_that_fails_makes_the_command_fail(gcloud: Gcloud, image: str) -> None:
    job(gcloud, "bad", image, retries=0, CODE="3")
    said = gcloud("run", "jobs", "execute", "bad", "--wait", *HERE, code=1).err
    assert "ERROR: (gcloud.run.jobs.execute) The execution failed." in said
    told = gcloud("run", "jobs", "executions", "describe", executed(said), *HERE).out
    assert "1 task failed to complete" in told
    assert "failed with exit code: 3 and message: The container exited with an error." in " ".join(told.split())


def test_an_image_that_does_not_exist_makes_the_deployment_fail(gcloud: Gcloud) -> None:
    said = gcloud("run", "jobs", "deploy", "ghost", "--image", f"{IMAGE}:none", *HERE, code=1).err
    assert "Job failed to deploy" in said
    assert f"ERROR: (gcloud.run.jobs.deploy) Image '{IMAGE}:none' not found." in said
    made = gcloud.json("run", "jobs", "describe", "ghost", *HERE)
    assert made["status"]["conditions"][0]["reason"] == "ContainerMissing"


def test_an_update_keeps_what_it_does_not_name(gcloud: Gcloud, image: str) -> None:
    job(gcloud, "grows", image, retries=1, MODE="a")
    gcloud("run", "jobs", "update", "grows", "--parallelism=2", "--tasks=4", "--update-env-vars=CODE=0", *HERE)
    spec = gcloud.json("run", "jobs", "describe", "grows", *HERE)["spec"]["template"]["spec"]
    assert (spec["parallelism"], spec["taskCount"]) == (2, 4)
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["template"]["spec"]["maxRetries"] == 1
    assert {one["name"]: one["value"] for one in container["env"]} == {"MODE": "a", "CODE": "0"}


def test_a_job_that_is_not_there_is_named(gcloud: Gcloud) -> None:
    assert "Cannot find job [nothing]" in gcloud("run", "jobs", "describe", "nothing", *HERE, code=1).err
    said = gcloud("run", "jobs", "execute", "nothing", *HERE, code=1).err
    assert "NOT_FOUND: Resource 'nothing' of kind 'JOB' in region 'us-central1' in project 'demo'" in said
    assert "Job [nothing] could not be found." in gcloud("run", "jobs", "delete", "nothing", *HERE, code=1).err


def test_a_deleted_job_is_gone(gcloud: Gcloud, image: str) -> None:
    job(gcloud, "brief", image)
    assert "Deleted job [brief]." in gcloud("run", "jobs", "delete", "brief", *HERE).err
    assert "Cannot find job [brief]" in gcloud("run", "jobs", "describe", "brief", *HERE, code=1).err


def test_a_quota_that_is_used_up_is_said(gcloud: Gcloud, image: str) -> None:
    job(gcloud, "locked", image)
    gcloud.sandbox.fault("run.namespaces.jobs.run", code="RESOURCE_EXHAUSTED", message="too many", times=1)
    said = gcloud("run", "jobs", "execute", "locked", *HERE, code=1).err
    assert "too many executions are already running" in " ".join(said.split())

"""What signoff does to a target, step by step: for tests that end each step in every way."""

from __future__ import annotations

from dataclasses import dataclass

UPDATE = "google.cloud.run.v2.Services/UpdateService"
UPDATE_JOB = "google.cloud.run.v2.Jobs/UpdateJob"
RUN_JOB = "google.cloud.run.v2.Jobs/RunJob"
CREATE_BUILD = "google.devtools.cloudbuild.v1.CloudBuild/CreateBuild"
GET_BUILD = "google.devtools.cloudbuild.v1.CloudBuild/GetBuild"
READ = "google.cloud.run.v2.*"


@dataclass(frozen=True)
class Flow:
    """What is asked for, and its steps, each with the call it depends on; `writes`: those that change the target."""

    workload: str
    steps: dict[str, str]
    writes: tuple[str, ...]
    action: str = "deploy"


SERVICE_FLOW = Flow(
    "web",
    {
        "preflight": UPDATE,
        "build": CREATE_BUILD,
        "revision": UPDATE,
        "smoke": READ,
        "traffic 10": UPDATE,
        "watch 10": READ,
        "traffic 100": UPDATE,
        "prove": READ,
    },
    ("preflight", "revision", "traffic 100"),
)
JOB_FLOW = Flow(
    "extractor",
    {"preflight": UPDATE_JOB, "build": GET_BUILD, "template": UPDATE_JOB, "prove": READ},
    ("preflight", "template"),
)
ROLL_BACK = Flow("web", {"preflight": UPDATE, "traffic": UPDATE, "prove": READ}, ("preflight", "traffic"), "roll-back")
RUN = Flow("extractor", {"preflight": UPDATE_JOB, "run": RUN_JOB, "prove": READ}, ("preflight",), "run")
FLOWS = {"service": SERVICE_FLOW, "job": JOB_FLOW, "roll-back": ROLL_BACK, "run": RUN}

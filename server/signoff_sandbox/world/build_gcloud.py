"""`gcloud run …` in steps, interpreted: what a step deploys is deployed in this sandbox.

The commands are those of deploying steps: `run deploy`, `run services update|update-traffic`, `run jobs
deploy|update|execute`. Any other command, and any flag that is not in `build_gcloud_flags.py`, fails the step with a
line that names it.
https://cloud.google.com/sdk/gcloud/reference/run/deploy
"""

from __future__ import annotations

import argparse
import secrets
from typing import Any, NoReturn

from google.cloud.run_v2.types import Job, RunJobRequest, Service
from google.iam.v1.policy_pb2 import Policy

from signoff_sandbox.world import operations, run_jobs, run_services
from signoff_sandbox.world.build_gcloud_flags import add_flags, apply_to_job, apply_to_service, apply_to_traffic
from signoff_sandbox.world.build_workshop import Command, UsageError, Workshop
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.store import copy_of

USAGE = 2
INVOKER = "roles/run.invoker"
GLOBAL_VALUES = ("--project", "--format", "--verbosity")
#: What a command is called after `gcloud`, tracks left out -> what it works on, and whether it may make a new one.
COMMANDS: dict[tuple[str, ...], tuple[str, bool]] = {
    ("run", "deploy"): ("services", True),
    ("run", "services", "update"): ("services", False),
    ("run", "services", "update-traffic"): ("traffic", False),
    ("run", "jobs", "deploy"): ("jobs", True),
    ("run", "jobs", "update"): ("jobs", False),
    ("run", "jobs", "execute"): ("execute", False),
}


async def gcloud(shop: Workshop, command: Command) -> int:
    words = _command_first([word for word in command.arguments if word not in ("beta", "alpha")])
    name = next((known for known in COMMANDS if tuple(words[: len(known)]) == known), None)
    if name is None:
        shown = " ".join(word for word in words[:3] if not word.startswith("-"))
        raise UsageError(f"gcloud {shown} is not modelled in steps of the sandbox")
    kind, may_create = COMMANDS[name]
    parser = _Parser(prog=f"gcloud {' '.join(name)}", add_help=False, allow_abbrev=False)
    add_flags(parser, kind)
    try:
        options = parser.parse_args(words[len(name) :])
    except _BadFlag as error:
        command.log(f"ERROR: ({'.'.join(('gcloud', *name))}) {error}")
        return USAGE
    place = _place(shop, command, options)
    try:
        if kind == "services":
            return await _deploy_service(shop, command, options, place, may_create=may_create)
        if kind == "traffic":
            return await _update_traffic(shop, command, options, place)
        if kind == "jobs":
            return await _deploy_job(shop, command, options, place, may_create=may_create)
        return await _execute(shop, command, options, place)
    except ApiError as error:
        command.log(f"ERROR: ({'.'.join(('gcloud', *name))}) {error.message}")
        return 1


def _command_first(words: list[str]) -> list[str]:
    """`--project P --quiet run deploy …` with the flags behind the command, where they may stand as well."""
    flags: list[str] = []
    while words and words[0].startswith("-"):
        length = 2 if words[0] in GLOBAL_VALUES else 1
        flags, words = [*flags, *words[:length]], words[length:]
    return [*words, *flags]


async def _deploy_service(shop: Workshop, command: Command, options: Any, place: str, *, may_create: bool) -> int:
    cloud, name = shop.cloud, f"{place}/services/{options.name}"
    where = f"project [{place.split('/')[1]}] region [{place.split('/')[3]}]"
    current: Any = cloud.store.get("services", name)
    if current is None and not may_create:
        raise UsageError(f"ERROR: (gcloud.run.services.update) Service [{options.name}] could not be found.")
    command.log(f"Deploying container to Cloud Run service [{options.name}] in {where}")
    service: Any = Service.pb()() if current is None else copy_of(current)
    apply_to_service(service, options, fresh=f"{options.name}-{service.generation + 1:05d}-{cloud.machine.suffix()}")
    service.template.labels["client.knative.dev/nonce"] = secrets.token_hex(5)
    service.client = "gcloud"
    service.ClearField("etag")
    if current is None:
        operation = run_services.create(cloud, place, options.name, service)
    else:
        operation = run_services.update(cloud, service, None)
    if options.allow_unauthenticated:
        _let_everybody_invoke(cloud, name)
    ready: Any = await operations.outcome(cloud, operation)
    shares = {short(status.revision) or short(ready.latest_ready_revision): 0 for status in ready.traffic_statuses}
    for status in ready.traffic_statuses:
        shares[short(status.revision) or short(ready.latest_ready_revision)] += status.percent
    revision = short(ready.latest_created_revision)
    command.log("Done.")
    command.log(
        f"Service [{options.name}] revision [{revision}] has been deployed and is serving "
        f"{shares.get(revision, 0)} percent of traffic."
    )
    command.log(f"Service URL: {ready.uri}")
    return 0


async def _update_traffic(shop: Workshop, command: Command, options: Any, place: str) -> int:
    service: Any = shop.cloud.store.get("services", f"{place}/services/{options.name}")
    if service is None:
        raise UsageError(f"ERROR: (gcloud.run.services.update-traffic) Service [{options.name}] could not be found.")
    apply_to_traffic(service, options)
    service.ClearField("etag")
    ready: Any = await operations.outcome(shop.cloud, run_services.update(shop.cloud, service, None))
    command.log("Done.")
    for status in ready.traffic_statuses:
        command.log(f"  {status.percent}% {status.revision or 'LATEST'}")
    return 0


async def _deploy_job(shop: Workshop, command: Command, options: Any, place: str, *, may_create: bool) -> int:
    cloud, name = shop.cloud, f"{place}/jobs/{options.name}"
    current: Any = cloud.store.get("jobs", name)
    if current is None and not may_create:
        raise UsageError(f"ERROR: (gcloud.run.jobs.update) Job [{options.name}] could not be found.")
    job: Any = Job.pb()() if current is None else copy_of(current)
    apply_to_job(job, options)
    job.client = "gcloud"
    job.ClearField("etag")
    operation = run_jobs.create(cloud, place, options.name, job) if current is None else run_jobs.update(cloud, job)
    await operations.outcome(cloud, operation)
    command.log(f"Job [{options.name}] has successfully been deployed.")
    if options.execute_now or options.wait:
        return await _execute(shop, command, options, place)
    return 0


async def _execute(shop: Workshop, command: Command, options: Any, place: str) -> int:
    request = RunJobRequest.pb()(name=f"{place}/jobs/{options.name}")
    operation = await run_jobs.run_job(shop.cloud, request)
    execution = short(operations.unpacked(operation.metadata).name)
    if options.wait:
        await operations.outcome(shop.cloud, operation)
        command.log(f"Execution [{execution}] has successfully completed.")
    else:
        command.log(f"Execution [{execution}] has successfully started running.")
    return 0


def _let_everybody_invoke(cloud: Cloud, service: str) -> None:
    policy = cloud.iam_policies.get(service, Policy(version=1))
    if not any(binding.role == INVOKER and "allUsers" in binding.members for binding in policy.bindings):
        policy.bindings.add(role=INVOKER, members=["allUsers"])
        cloud.iam_policies[service] = policy


def _place(shop: Workshop, command: Command, options: Any) -> str:
    region = options.region or command.environment.get("CLOUDSDK_RUN_REGION", "")
    if not region:
        raise UsageError("ERROR: (gcloud.run) Missing required argument [region]: Please specify --region.")
    return f"projects/{options.project or shop.build.project_id}/locations/{region}"


class _BadFlag(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _BadFlag(f"{message} (or not modelled in steps of the sandbox)")

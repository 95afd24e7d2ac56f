"""The flags of `gcloud run deploy` and its kin that are interpreted, and what they change.

https://cloud.google.com/sdk/gcloud/reference/run/deploy, …/run/jobs/deploy
"""

from __future__ import annotations

import argparse
from typing import Any

from google.cloud.run_v2.types import EnvVar, TrafficTarget, TrafficTargetAllocationType

from signoff_sandbox.world.run_names import short

LATEST = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
SERVICE_VALUES = ("--tag", "--revision-suffix", "--concurrency", "--min-instances", "--max-instances", "--port")
JOB_VALUES = ("--tasks", "--max-retries", "--parallelism")


def add_flags(parser: argparse.ArgumentParser, kind: str) -> None:
    """The flags of commands on `services`, on `jobs`, or of `execute`."""
    parser.add_argument("name")
    for flag in ("--region", "--project", "--format", "--verbosity"):
        parser.add_argument(flag)
    parser.add_argument("--platform", choices=["managed"])
    parser.add_argument("-q", "--quiet", action="store_true")
    if kind != "services":
        parser.add_argument("--wait", action="store_true")
    if kind == "execute":
        return
    parser.add_argument("--labels", "--update-labels", type=dictionary, dest="labels", default={})
    parser.add_argument("--image", required=False)
    parser.add_argument("--set-env-vars", type=dictionary)
    parser.add_argument("--update-env-vars", type=dictionary, default={})
    parser.add_argument("--remove-env-vars", type=_words, default=[])
    parser.add_argument("--clear-env-vars", action="store_true")
    for flag in ("--service-account", "--memory", "--cpu", "--command", "--args"):
        parser.add_argument(flag)
    for flag in SERVICE_VALUES if kind == "services" else JOB_VALUES:
        parser.add_argument(flag)
    if kind == "services":
        parser.add_argument("--no-traffic", action="store_true")
        parser.add_argument("--allow-unauthenticated", action="store_true")
    else:
        parser.add_argument("--execute-now", action="store_true")


def dictionary(text: str) -> dict[str, str]:
    """`A=1,B=2`, or with a separator of one's own `^;^A=1;B=2` (gcloud topic escaping)."""
    return dict(word.partition("=")[::2] for word in _words(text))


def _words(text: str) -> list[str]:
    separator = ","
    if text.startswith("^") and "^" in text[1:]:
        separator, _, text = text[1:].partition("^")
    return [word for word in text.split(separator) if word]


def apply_to_service(service: Any, options: Any, fresh: str) -> None:
    """Change a v2 Service as the flags say; `fresh` is the name of the next revision where one must be known."""
    template = service.template
    _apply_to_container(template, options)
    # gcloud writes labels to the service and to its next revision.
    service.labels.update(options.labels)
    template.labels.update(options.labels)
    template.service_account = options.service_account or template.service_account
    template.max_instance_request_concurrency = int(options.concurrency or template.max_instance_request_concurrency)
    if options.min_instances is not None:
        template.scaling.min_instance_count = int(options.min_instances)
    if options.max_instances is not None:
        template.scaling.max_instance_count = int(options.max_instances)
    if options.port is not None:
        del template.containers[0].ports[:]
        template.containers[0].ports.add(name="http1", container_port=int(options.port))
    name = short(fresh).rpartition("-")[0].rpartition("-")[0]
    template.revision = f"{name}-{options.revision_suffix}" if options.revision_suffix else ""
    if options.no_traffic or options.tag:
        template.revision = template.revision or fresh
    if options.no_traffic:
        for target in service.traffic:
            if target.type_ == LATEST and service.latest_ready_revision:
                target.type_, target.revision = REVISION, short(service.latest_ready_revision)
    if options.tag:
        kept = [target for target in service.traffic if target.tag != options.tag]
        del service.traffic[:]
        service.traffic.extend(kept or [TrafficTarget.pb()(type_=LATEST, percent=100)])
        service.traffic.add(type_=REVISION, revision=template.revision, tag=options.tag)


def apply_to_job(job: Any, options: Any) -> None:
    """Change a v2 Job as the flags say."""
    template = job.template.template
    _apply_to_container(template, options)
    job.labels.update(options.labels)
    job.template.labels.update(options.labels)
    template.service_account = options.service_account or template.service_account
    job.template.task_count = int(options.tasks or job.template.task_count)
    job.template.parallelism = int(options.parallelism or job.template.parallelism)
    if options.max_retries is not None:
        template.max_retries = int(options.max_retries)


def _apply_to_container(template: Any, options: Any) -> None:
    """The first container; there is one unless others were deployed before."""
    container = template.containers[0] if template.containers else template.containers.add()
    container.image = options.image or container.image
    for resource in ("cpu", "memory"):
        if getattr(options, resource):
            container.resources.limits[resource] = getattr(options, resource)
    for field in ("command", "args"):
        if getattr(options, field) is not None:
            getattr(container, field)[:] = _words(getattr(options, field))
    _apply_environment(container, options)


def _apply_environment(container: Any, options: Any) -> None:
    """--set-env-vars and --clear-env-vars drop every value that is written down; references to secrets stay."""
    replaced = options.set_env_vars is not None or options.clear_env_vars
    values = {} if replaced else {env.name: env.value for env in container.env if not env.HasField("value_source")}
    secrets = [env for env in container.env if env.HasField("value_source")]
    values |= {**(options.set_env_vars or {}), **options.update_env_vars}
    for name in options.remove_env_vars:
        values.pop(name, None)
    kept = [env for env in secrets if env.name not in values]
    del container.env[:]
    container.env.extend([*(EnvVar.pb()(name=name, value=value) for name, value in values.items()), *kept])

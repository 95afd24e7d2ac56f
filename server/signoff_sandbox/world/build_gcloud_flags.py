"""The flags of `gcloud run deploy` and its kin that are interpreted, and what they change.

https://cloud.google.com/sdk/gcloud/reference/run/deploy, …/run/jobs/deploy
"""

from __future__ import annotations

import argparse
from typing import Any

from google.cloud.run_v2.types import EnvVar, IngressTraffic, TrafficTarget, TrafficTargetAllocationType

from signoff_sandbox.world.run_names import short

LATEST = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
SERVICE_NUMBERS = ("--concurrency", "--min-instances", "--max-instances", "--port")
INGRESS = {
    "all": IngressTraffic.INGRESS_TRAFFIC_ALL,
    "internal": IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY,
    "internal-and-cloud-load-balancing": IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
}
JOB_NUMBERS = ("--tasks", "--max-retries", "--parallelism")


def add_flags(parser: argparse.ArgumentParser, kind: str) -> None:
    """The flags of commands on `services`, on their `traffic`, on `jobs`, or of `execute`."""
    parser.add_argument("name")
    for flag in ("--region", "--project", "--format", "--verbosity"):
        parser.add_argument(flag)
    parser.add_argument("--platform", choices=["managed"])
    parser.add_argument("-q", "--quiet", action="store_true")
    if kind in ("jobs", "execute"):
        parser.add_argument("--wait", action="store_true")
    if kind == "traffic":
        parser.add_argument("--to-latest", action="store_true")
        parser.add_argument("--to-revisions", type=_shares, default={})
    if kind in ("execute", "traffic"):
        return
    parser.add_argument("--labels", "--update-labels", type=dictionary, dest="labels", default={})
    parser.add_argument("--image", required=False)
    parser.add_argument("--set-env-vars", type=dictionary)
    parser.add_argument("--update-env-vars", type=dictionary, default={})
    parser.add_argument("--set-secrets", type=_secrets)
    parser.add_argument("--update-secrets", type=_secrets, default={})
    parser.add_argument("--remove-env-vars", type=_words, default=[])
    parser.add_argument("--clear-env-vars", action="store_true")
    for flag in ("--service-account", "--memory", "--cpu", "--command", "--args"):
        parser.add_argument(flag)
    for flag in SERVICE_NUMBERS if kind == "services" else JOB_NUMBERS:
        parser.add_argument(flag, type=int)
    if kind == "services":
        for flag in ("--tag", "--revision-suffix"):
            parser.add_argument(flag)
        parser.add_argument("--timeout", type=_seconds)
        parser.add_argument("--no-traffic", action="store_true")
        parser.add_argument("--allow-unauthenticated", action="store_true")
        parser.add_argument("--no-allow-unauthenticated", action="store_true")
        parser.add_argument("--ingress", choices=sorted(INGRESS))
    else:
        parser.add_argument("--execute-now", action="store_true")


def dictionary(text: str) -> dict[str, str]:
    """`A=1,B=2`, or with a separator of one's own `^;^A=1;B=2` (gcloud topic escaping)."""
    return dict(word.partition("=")[::2] for word in _words(text))


def _shares(text: str) -> dict[str, int]:
    return {name: int(percent) for name, percent in dictionary(text).items()}


def _secrets(text: str) -> dict[str, str]:
    """Variables alone: `NAME=SECRET:VERSION`."""
    found = dictionary(text)
    for name in found:
        if name.startswith("/"):
            raise argparse.ArgumentTypeError(f"{name}: secrets as files are not modelled here")
    return found


def _seconds(text: str) -> int:
    """`300`, `300s` or `5m`."""
    unit = {"m": 60, "h": 3600}.get(text[-1:], 1)
    return int(text.rstrip("smh")) * unit


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
    template.max_instance_request_concurrency = options.concurrency or template.max_instance_request_concurrency
    if options.min_instances is not None:
        template.scaling.min_instance_count = options.min_instances
    if options.max_instances is not None:
        template.scaling.max_instance_count = options.max_instances
    if options.timeout:
        template.timeout.seconds = options.timeout
    if options.ingress:
        service.ingress = INGRESS[options.ingress]
    if options.port is not None:
        del template.containers[0].ports[:]
        template.containers[0].ports.add(name="http1", container_port=options.port)
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


def apply_to_traffic(service: Any, options: Any) -> None:
    """`run services update-traffic`: tags stay where they are."""
    tagged = [target for target in service.traffic if target.tag]
    for target in tagged:
        target.percent = 0
    shares = dict(options.to_revisions)
    latest = 100 if options.to_latest else shares.pop("LATEST", 0)
    del service.traffic[:]
    if latest:
        service.traffic.add(type_=LATEST, percent=latest)
    for name, percent in shares.items():
        service.traffic.add(type_=REVISION, revision=name, percent=percent)
    service.traffic.extend(tagged)


def apply_to_job(job: Any, options: Any) -> None:
    """Change a v2 Job as the flags say."""
    template = job.template.template
    _apply_to_container(template, options)
    job.labels.update(options.labels)
    job.template.labels.update(options.labels)
    template.service_account = options.service_account or template.service_account
    job.template.task_count = options.tasks or job.template.task_count
    job.template.parallelism = options.parallelism or job.template.parallelism
    if options.max_retries is not None:
        template.max_retries = options.max_retries


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
    secrets = {env.name: env for env in container.env if env.HasField("value_source")}
    if options.set_secrets is not None:
        secrets = {}
    for name, reference in {**(options.set_secrets or {}), **options.update_secrets}.items():
        env = EnvVar.pb()(name=name)
        env.value_source.secret_key_ref.secret, _, version = reference.partition(":")
        env.value_source.secret_key_ref.version = version or "latest"
        secrets[name] = env
        values.pop(name, None)
    values |= {**(options.set_env_vars or {}), **options.update_env_vars}
    for name in options.remove_env_vars:
        values.pop(name, None)
    kept = [env for name, env in secrets.items() if name not in values]
    del container.env[:]
    container.env.extend([*(EnvVar.pb()(name=name, value=value) for name, value in values.items()), *kept])

"""From a revision to what its instances are started from, and how many of them there may be."""

from __future__ import annotations

import math
import secrets
from typing import Any

from signoff_sandbox.runtime.instances import ContainerPlan, Plan, StartFailed
from signoff_sandbox.runtime.pool import Limits
from signoff_sandbox.runtime.probes import Probe
from signoff_sandbox.world import run_logs, run_secrets, run_traffic
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_defaults import DEFAULT_PORT, PROBE_DEFAULT, PROBE_TYPE
from signoff_sandbox.world.run_environment import environment_of
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_revisions import main_container, service_of

#: https://cloud.google.com/run/docs/configuring/max-instances
DEFAULT_MAXIMUM = 100


async def plan(cloud: Cloud, revision: Any) -> Plan:
    """What an instance of the revision is started from. Raises StartFailed, SecretUnreadable."""
    place = run_logs.revision_resource(service_of(revision.name), short(revision.name))

    labels = {"instanceId": secrets.token_hex(56)}

    def say(text: str, severity: str) -> None:
        run_logs.system(cloud, place, text, severity, labels)

    main = main_container(revision)
    return Plan(
        id=labels["instanceId"],
        containers=[await _container(cloud, revision, container, place, labels) for container in revision.containers],
        startup=startup_probe(revision, cloud.settings.startup_timeout_seconds),
        liveness=_probe(main.liveness_probe) if main.HasField("liveness_probe") else None,
        say=say,
        port=ingress_port(revision),
    )


async def _container(cloud: Cloud, revision: Any, container: Any, place: Any, labels: dict[str, str]) -> ContainerPlan:
    image = cloud.machine.images.get(digest_of(cloud, container.image) or "")
    if image is None:
        raise StartFailed(f"image {container.image} was not built in this sandbox: there is nothing to run")
    service = service_of(revision.name)
    labels = labels | ({"container_name": container.name} if container.name else {})
    environment = await environment_of(cloud, service, container, revision.service_account)
    environment |= {
        "K_SERVICE": short(service),
        "K_REVISION": short(revision.name),
        "K_CONFIGURATION": short(service),
    }
    return ContainerPlan(
        image=image,
        environment=environment,
        on_line=run_logs.output(cloud, place, labels),
        name=container.name,
        command=tuple(container.command),
        arguments=tuple(container.args),
        workdir=container.working_dir,
        mounted=run_secrets.files(cloud, service, revision, container),
        listens=container == main_container(revision),
    )


def startup_probe(revision: Any, default_seconds: float) -> Probe:
    """The startup probe of the container that gets requests; by default a TCP connection within `default_seconds`."""
    main = main_container(revision)
    if main.HasField("startup_probe") and revision.labels.get(PROBE_TYPE) != PROBE_DEFAULT:
        return _probe(main.startup_probe)
    return Probe(timeout=default_seconds, period=default_seconds, threshold=1, chosen=False)


def _probe(message: Any) -> Probe:
    """https://cloud.google.com/run/docs/reference/rest/v2/Container#Probe has the defaults."""
    web = message.http_get if message.HasField("http_get") else None
    return Probe(
        path=None if web is None else web.path or "/",
        headers={} if web is None else {header.name: header.value for header in web.http_headers},
        delay=message.initial_delay_seconds,
        timeout=message.timeout_seconds or 1,
        period=message.period_seconds or 10,
        threshold=message.failure_threshold or 3,
    )


def limits(cloud: Cloud, name: str) -> Limits:
    """How many instances the revision may have, and how many requests each.

    A minimum of the revision holds while it is routed to, by percent or by tag; one of the service is shared by the
    traffic. https://cloud.google.com/run/docs/configuring/min-instances
    """
    revision: Any = cloud.store.get("revisions", name)
    service: Any = cloud.store.get("services", service_of(name))
    if revision is None:
        return Limits()
    minimum, maximum = 0, revision.scaling.max_instance_count or DEFAULT_MAXIMUM
    if service is not None:
        mine = [route for route in run_traffic.routes(cloud, service) if route.revision == short(name)]
        share = math.ceil(service.scaling.min_instance_count * sum(route.percent for route in mine) / 100)
        minimum = max(share, revision.scaling.min_instance_count if mine else 0)
        maximum = min(maximum, service.scaling.max_instance_count or maximum)
    return Limits(revision.max_instance_request_concurrency or 80, min(minimum, maximum), maximum)


def ingress_port(revision: Any) -> int:
    ports = main_container(revision).ports
    return int(ports[0].container_port) if ports and ports[0].container_port else DEFAULT_PORT

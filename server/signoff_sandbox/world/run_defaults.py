"""What Google fills into a service that leaves it out, and answers from then on."""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import Probe
from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.world import run_traffic
from signoff_sandbox.world.identities import default_service_account
from signoff_sandbox.world.run_names import project_of
from signoff_sandbox.world.run_revisions import main_container

DEFAULT_PORT = 8080
LIMITS = (("cpu", "1000m"), ("memory", "512Mi"))
#: A label of templates and revisions: whether the startup probe is the platform's own.
PROBE_TYPE, PROBE_DEFAULT = "run.googleapis.com/startupProbeType", "Default"


def complete(service: Any) -> None:
    """Fill a v2 service in place."""
    template = service.template
    template.service_account = template.service_account or default_service_account(project_of(service.name))
    if not template.HasField("timeout"):
        template.timeout.CopyFrom(Duration(seconds=300))
    if not template.max_instance_request_concurrency:
        template.max_instance_request_concurrency = 80
    if not service.traffic:
        service.traffic.append(run_traffic.by_default())
    containers = template.containers
    if len(containers) == 1 and not containers[0].ports:
        containers[0].ports.add(container_port=DEFAULT_PORT)
    for container in containers:
        for port in container.ports:
            port.name = port.name or "http1"
        if not container.HasField("resources"):
            container.resources.cpu_idle = True  # where resources are given, they must say it themselves
        limit(container)
    if containers and main_container(template).ports:
        _complete_probe(template, main_container(template))


def limit(container: Any) -> None:
    """Give a container, of a service, job or worker pool, the limits that it does not name."""
    for resource, amount in LIMITS:
        if resource not in container.resources.limits:
            container.resources.limits[resource] = amount


def _complete_probe(template: Any, main: Any) -> None:
    """https://cloud.google.com/run/docs/configuring/healthchecks#startup-probe-defaults

    The default probe follows the port. One that was changed is the user's from then on.
    """
    default = Probe.pb()(timeout_seconds=240, period_seconds=240, failure_threshold=1)
    default.tcp_socket.port = main.ports[0].container_port
    if main.HasField("startup_probe"):
        if template.labels.get(PROBE_TYPE) != PROBE_DEFAULT:
            return
        given = Probe.pb()()
        given.CopyFrom(main.startup_probe)
        given.tcp_socket.port = default.tcp_socket.port
        if given != default:
            del template.labels[PROBE_TYPE]
            return
    main.startup_probe.CopyFrom(default)
    template.labels[PROBE_TYPE] = PROBE_DEFAULT

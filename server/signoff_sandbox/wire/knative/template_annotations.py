"""Annotations of v1 that are fields in v2, of whatever holds containers: templates and revisions.

Those that v2 writes into each container are in specs.py.
"""

from __future__ import annotations

import json
from typing import Any

from google.cloud.run_v2.types import EncryptionKeyRevocationAction, ExecutionEnvironment, VpcAccess

from signoff_sandbox.wire.knative.annotations import RUN
from signoff_sandbox.wire.knative.lens import (
    Lens,
    boolean,
    compact,
    drop_if_empty,
    flag,
    natural,
    number,
    text,
    word,
)

AUTOSCALING = "autoscaling.knative.dev"
#: The words of v1 for numbers of v2, both ways.
EGRESS = {
    VpcAccess.VpcEgress.ALL_TRAFFIC: "all-traffic",
    VpcAccess.VpcEgress.PRIVATE_RANGES_ONLY: "private-ranges-only",
}
ENVIRONMENT = {
    ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN1: "gen1",
    ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2: "gen2",
}
REVOCATION = {
    EncryptionKeyRevocationAction.PREVENT_NEW: "prevent-new",
    EncryptionKeyRevocationAction.SHUTDOWN: "shut-down",
}


def _interfaces(message: Any) -> str | None:
    made = [
        {
            key: value
            for key, value in (
                ("network", interface.network),
                ("subnetwork", interface.subnetwork),
                ("tags", list(interface.tags)),
            )
            if value
        }
        for interface in message.vpc_access.network_interfaces
    ]
    return compact(made) if made else None


def _set_interfaces(message: Any, value: str | None) -> None:
    access = message.vpc_access
    del access.network_interfaces[:]
    for interface in json.loads(value) if value else []:
        tags = interface.get("tags", [])
        access.network_interfaces.add(
            network=interface.get("network", ""),
            subnetwork=interface.get("subnetwork", ""),
            tags=tags.split(",") if isinstance(tags, str) else tags,
        )
    drop_if_empty(message, "vpc_access")


def _shutdown_hours(message: Any) -> str | None:
    hours = message.encryption_key_shutdown_duration.seconds // 3600
    return str(hours) if hours else None


def _set_shutdown_hours(message: Any, value: str | None) -> None:
    message.ClearField("encryption_key_shutdown_duration")
    if value:
        message.encryption_key_shutdown_duration.seconds = natural(value) * 3600


def _redundancy(message: Any) -> str | None:
    if not message.HasField("gpu_zonal_redundancy_disabled"):
        return None
    return "true" if message.gpu_zonal_redundancy_disabled else "false"


def _set_redundancy(message: Any, value: str | None) -> None:
    message.ClearField("gpu_zonal_redundancy_disabled")
    if value is not None:
        message.gpu_zonal_redundancy_disabled = boolean(value)


#: Of whatever holds containers: revision and task templates, revisions.
OF_TEMPLATE: tuple[Lens, ...] = (
    number(f"{AUTOSCALING}/minScale", "scaling.min_instance_count"),
    number(f"{AUTOSCALING}/maxScale", "scaling.max_instance_count"),
    text(f"{RUN}/vpc-access-connector", "vpc_access.connector"),
    word(f"{RUN}/vpc-access-egress", "vpc_access.egress", EGRESS),
    Lens(f"{RUN}/network-interfaces", ("vpc_access",), _interfaces, _set_interfaces),
    word(f"{RUN}/execution-environment", "execution_environment", ENVIRONMENT),
    text(f"{RUN}/encryption-key", "encryption_key"),
    word(f"{RUN}/post-key-revocation-action-type", "encryption_key_revocation_action", REVOCATION),
    Lens(
        f"{RUN}/encryption-key-shutdown-hours",
        ("encryption_key_shutdown_duration",),
        _shutdown_hours,
        _set_shutdown_hours,
    ),
    text(f"{RUN}/mesh", "service_mesh.mesh"),
    flag(f"{RUN}/sessionAffinity", "session_affinity"),
    flag(f"{RUN}/health-check-disabled", "health_check_disabled"),
    Lens(f"{RUN}/gpu-zonal-redundancy-disabled", ("gpu_zonal_redundancy_disabled",), _redundancy, _set_redundancy),
)

"""Annotations of v1 that are fields in v2: of services, jobs and worker pools, and of their templates.

https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta lists them. All others stay annotations in v2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.api.launch_stage_pb2 import LaunchStage
from google.cloud.run_v2.types import (
    EncryptionKeyRevocationAction,
    ExecutionEnvironment,
    IngressTraffic,
    ServiceScaling,
    VpcAccess,
)

from signoff_sandbox.wire.knative.lens import (
    Lens,
    boolean,
    compact,
    drop_if_empty,
    flag,
    set_or_clear,
    shown,
    take,
    text,
)

RUN = "run.googleapis.com"
AUTOSCALING = "autoscaling.knative.dev"
CREATOR, MODIFIER = "serving.knative.dev/creator", "serving.knative.dev/lastModifier"
#: The words of v1 for numbers of v2, both ways.
INGRESS = {
    IngressTraffic.INGRESS_TRAFFIC_ALL: "all",
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY: "internal",
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: "internal-and-cloud-load-balancing",
    IngressTraffic.INGRESS_TRAFFIC_NONE: "none",
}
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
SCALING_MODE = {ServiceScaling.ScalingMode.AUTOMATIC: "automatic", ServiceScaling.ScalingMode.MANUAL: "manual"}
#: What only the platform writes into metadata: whatever a request says about it does not count.
PLATFORM = frozenset(
    {CREATOR, MODIFIER, "cloud.googleapis.com/location"}
    | {
        f"{RUN}/{name}"
        for name in ("creator", "lastModifier", "operation-id", "urls", "ingress-status", "satisfiesPzs")
    }
)


def word(key: str, path: str, words: Mapping[Any, str]) -> Lens:
    """An enum field, `field` or `message.field`, in v1's words."""
    numbers = {name: int(number) for number, name in words.items()}

    def write(message: Any, value: str | None) -> None:
        if value is not None and value.lower() not in numbers:
            raise ValueError(f"none of {', '.join(numbers)}")
        _put(message, path, numbers[value.lower()] if value is not None else None)

    return Lens(key, (path,), lambda m: words.get(_get(m, path)), write)


def nested(key: str, path: str) -> Lens:
    """A string field of a sub-message: `vpc_access.connector`."""
    return Lens(key, (path,), lambda m: _get(m, path) or None, lambda m, v: _put(m, path, v))


def number(key: str, path: str) -> Lens:
    """An integer in an annotation; zero means absent."""

    def read(message: Any) -> str | None:
        value = _get(message, path)
        return str(value) if value else None

    return Lens(key, (path,), read, lambda m, v: _put(m, path, _natural(v)))


def _get(message: Any, path: str) -> Any:
    for field in path.split("."):
        message = getattr(message, field)
    return message


def _put(message: Any, path: str, value: Any) -> None:
    parent, _, field = path.rpartition(".")
    set_or_clear(getattr(message, parent) if parent else message, field, value)
    if parent:
        drop_if_empty(message, parent)


def _natural(value: str | None) -> int:
    count = int(value) if value else 0
    if count < 0:
        raise ValueError("must not be negative")
    return count


def _stage(message: Any) -> str | None:
    """GA is what is meant without the annotation."""
    stage = message.launch_stage
    return None if stage in (LaunchStage.LAUNCH_STAGE_UNSPECIFIED, LaunchStage.GA) else str(LaunchStage.Name(stage))


def _set_stage(message: Any, value: str | None) -> None:
    message.launch_stage = LaunchStage.Value(value) if value else LaunchStage.LAUNCH_STAGE_UNSPECIFIED


def _authorization(message: Any) -> str | None:
    policy = message.binary_authorization
    return "default" if policy.use_default else policy.policy or None


def _set_authorization(message: Any, value: str | None) -> None:
    policy = message.binary_authorization
    policy.ClearField("use_default")
    policy.ClearField("policy")
    if value == "default":
        policy.use_default = True
    elif value:
        policy.policy = value
    drop_if_empty(message, "binary_authorization")


def _audiences(message: Any) -> str | None:
    return compact(list(message.custom_audiences)) if message.custom_audiences else None


def _set_audiences(message: Any, value: str | None) -> None:
    message.custom_audiences[:] = json.loads(value) if value else []


def _manual(message: Any) -> str | None:
    scaling = message.scaling
    return str(scaling.manual_instance_count) if scaling.HasField("manual_instance_count") else None


def _set_manual(message: Any, value: str | None) -> None:
    if value is None:
        message.scaling.ClearField("manual_instance_count")
    else:
        message.scaling.manual_instance_count = _natural(value)
    drop_if_empty(message, "scaling")


def _build_variables(message: Any) -> str | None:
    values = message.build_config.environment_variables
    return compact(dict(sorted(values.items()))) if values else None


def _set_build_variables(message: Any, value: str | None) -> None:
    values = message.build_config.environment_variables
    values.clear()
    values.update(json.loads(value) if value else {})
    drop_if_empty(message, "build_config")


def _updates(message: Any) -> str | None:
    """Said of whatever a source deployment built."""
    if not message.HasField("build_config"):
        return None
    return "true" if message.build_config.enable_automatic_updates else "false"


def _set_updates(message: Any, value: str | None) -> None:
    _put(message, "build_config.enable_automatic_updates", boolean(value))
    if value is not None:
        message.build_config.SetInParent()


def _build_id(message: Any) -> str | None:
    return message.build_config.name.rpartition("/")[2] or None


def _set_build_id(message: Any, value: str | None) -> None:
    """The id alone, from a client that does not give the build's name."""
    _put(message, "build_config.name", value)


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
        message.encryption_key_shutdown_duration.seconds = _natural(value) * 3600


def _redundancy(message: Any) -> str | None:
    if not message.HasField("gpu_zonal_redundancy_disabled"):
        return None
    return "true" if message.gpu_zonal_redundancy_disabled else "false"


def _set_redundancy(message: Any, value: str | None) -> None:
    message.ClearField("gpu_zonal_redundancy_disabled")
    if value is not None:
        message.gpu_zonal_redundancy_disabled = boolean(value)


#: Of a service, a job, a worker pool.
OF_RESOURCE: tuple[Lens, ...] = (
    text(f"{RUN}/client-name", "client"),
    text(f"{RUN}/client-version", "client_version"),
    text(f"{RUN}/description", "description"),
    Lens(f"{RUN}/launch-stage", ("launch_stage",), _stage, _set_stage),
    word(f"{RUN}/ingress", "ingress", INGRESS),
    Lens(f"{RUN}/binary-authorization", ("binary_authorization",), _authorization, _set_authorization),
    nested(f"{RUN}/binary-authorization-breakglass", "binary_authorization.breakglass_justification"),
    Lens(f"{RUN}/custom-audiences", ("custom_audiences",), _audiences, _set_audiences),
    flag(f"{RUN}/invoker-iam-disabled", "invoker_iam_disabled"),
    flag(f"{RUN}/default-url-disabled", "default_uri_disabled"),
    flag(f"{RUN}/iap-enabled", "iap_enabled"),
    number(f"{RUN}/minScale", "scaling.min_instance_count"),
    number(f"{RUN}/maxScale", "scaling.max_instance_count"),
    word(f"{RUN}/scalingMode", "scaling.scaling_mode", SCALING_MODE),
    Lens(f"{RUN}/manualInstanceCount", ("scaling.manual_instance_count",), _manual, _set_manual),
    nested(f"{RUN}/build-name", "build_config.name"),
    Lens(f"{RUN}/build-id", ("build_config.name",), _build_id, _set_build_id),
    nested(f"{RUN}/build-source-location", "build_config.source_location"),
    nested(f"{RUN}/build-function-target", "build_config.function_target"),
    nested(f"{RUN}/build-image-uri", "build_config.image_uri"),
    nested(f"{RUN}/build-base-image", "build_config.base_image"),
    nested(f"{RUN}/build-worker-pool", "build_config.worker_pool"),
    nested(f"{RUN}/build-service-account", "build_config.service_account"),
    Lens(
        f"{RUN}/build-environment-variables",
        ("build_config.environment_variables",),
        _build_variables,
        _set_build_variables,
    ),
    Lens(
        f"{RUN}/build-enable-automatic-updates",
        ("build_config.enable_automatic_updates",),
        _updates,
        _set_updates,
    ),
)
#: Of whatever holds containers: revision and task templates, revisions.
OF_TEMPLATE: tuple[Lens, ...] = (
    number(f"{AUTOSCALING}/minScale", "scaling.min_instance_count"),
    number(f"{AUTOSCALING}/maxScale", "scaling.max_instance_count"),
    nested(f"{RUN}/vpc-access-connector", "vpc_access.connector"),
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
    nested(f"{RUN}/mesh", "service_mesh.mesh"),
    flag(f"{RUN}/sessionAffinity", "session_affinity"),
    flag(f"{RUN}/health-check-disabled", "health_check_disabled"),
    Lens(f"{RUN}/gpu-zonal-redundancy-disabled", ("gpu_zonal_redundancy_disabled",), _redundancy, _set_redundancy),
)


def of_resource(resource: Any) -> dict[str, str]:
    """Annotations of a service, job or worker pool: its own, and those that are fields in v2."""
    return {**resource.annotations, **shown(OF_RESOURCE, resource)}


def take_resource(resource: Any, annotations: Mapping[str, str]) -> None:
    """The other way round, in place. Raises INVALID_ARGUMENT."""
    take(OF_RESOURCE, resource, annotations)
    keep_own(resource.annotations, annotations, OF_RESOURCE)


def keep_own(target: Any, given: Mapping[str, str], *lenses: tuple[Lens, ...]) -> None:
    """Make the map of a v2 message hold what is neither a field there nor the platform's."""
    elsewhere = {lens.key for group in lenses for lens in group} | PLATFORM
    target.clear()
    target.update({key: value for key, value in given.items() if key not in elsewhere})

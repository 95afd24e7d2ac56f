"""Annotations of v1 that are fields in v2, of services, jobs and worker pools.

https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta lists them. All others stay annotations in v2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.api.launch_stage_pb2 import LaunchStage
from google.cloud.run_v2.types import IngressTraffic, ServiceScaling

from signoff_sandbox.wire.knative.lens import (
    Lens,
    boolean,
    compact,
    drop_if_empty,
    flag,
    natural,
    number,
    put,
    shown,
    take,
    text,
    word,
)

RUN = "run.googleapis.com"
CREATOR, MODIFIER = "serving.knative.dev/creator", "serving.knative.dev/lastModifier"
#: The words of v1 for numbers of v2, both ways.
INGRESS = {
    IngressTraffic.INGRESS_TRAFFIC_ALL: "all",
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY: "internal",
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: "internal-and-cloud-load-balancing",
    IngressTraffic.INGRESS_TRAFFIC_NONE: "none",
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
        message.scaling.manual_instance_count = natural(value)
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
    put(message, "build_config.enable_automatic_updates", boolean(value))
    if value is not None:
        message.build_config.SetInParent()


def _build_id(message: Any) -> str | None:
    return message.build_config.name.rpartition("/")[2] or None


def _set_build_id(message: Any, value: str | None) -> None:
    """The id alone, from a client that does not give the build's name."""
    put(message, "build_config.name", value)


#: Of a service, a job, a worker pool.
OF_RESOURCE: tuple[Lens, ...] = (
    text(f"{RUN}/client-name", "client"),
    text(f"{RUN}/client-version", "client_version"),
    text(f"{RUN}/description", "description"),
    Lens(f"{RUN}/launch-stage", ("launch_stage",), _stage, _set_stage),
    word(f"{RUN}/ingress", "ingress", INGRESS),
    Lens(f"{RUN}/binary-authorization", ("binary_authorization",), _authorization, _set_authorization),
    text(f"{RUN}/binary-authorization-breakglass", "binary_authorization.breakglass_justification"),
    Lens(f"{RUN}/custom-audiences", ("custom_audiences",), _audiences, _set_audiences),
    flag(f"{RUN}/invoker-iam-disabled", "invoker_iam_disabled"),
    flag(f"{RUN}/default-url-disabled", "default_uri_disabled"),
    flag(f"{RUN}/iap-enabled", "iap_enabled"),
    number(f"{RUN}/minScale", "scaling.min_instance_count"),
    number(f"{RUN}/maxScale", "scaling.max_instance_count"),
    word(f"{RUN}/scalingMode", "scaling.scaling_mode", SCALING_MODE),
    Lens(f"{RUN}/manualInstanceCount", ("scaling.manual_instance_count",), _manual, _set_manual),
    text(f"{RUN}/build-name", "build_config.name"),
    Lens(f"{RUN}/build-id", ("build_config.name",), _build_id, _set_build_id),
    text(f"{RUN}/build-source-location", "build_config.source_location"),
    text(f"{RUN}/build-function-target", "build_config.function_target"),
    text(f"{RUN}/build-image-uri", "build_config.image_uri"),
    text(f"{RUN}/build-base-image", "build_config.base_image"),
    text(f"{RUN}/build-worker-pool", "build_config.worker_pool"),
    text(f"{RUN}/build-service-account", "build_config.service_account"),
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

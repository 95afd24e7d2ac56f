"""What runs: a RevisionSpec or TaskSpec with its annotations (v1), and a template or a revision (v2).

`spec_of` and `annotations_of` show a v2 message in v1's way; `take_spec` changes it so that it shows what a request
says, and leaves alone whatever v1 has no words for. The v2 message is a RevisionTemplate, a TaskTemplate, a
WorkerPoolRevisionTemplate or a Revision: each takes part with the fields that it has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.cloud.run_v2.types import Container
from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.wire.knative import secrets, volumes
from signoff_sandbox.wire.knative.annotations import RUN, keep_own
from signoff_sandbox.wire.knative.containers import container_of, take_container
from signoff_sandbox.wire.knative.lens import Lens, boolean, compact, refuse_unknown, shown, take, text, whole
from signoff_sandbox.wire.knative.template_annotations import OF_TEMPLATE
from signoff_sandbox.world.errors import ApiError, invalid_argument

ACCELERATOR = f"{RUN}/accelerator"
UPDATED_BASE_IMAGE = f"{RUN}/linux-base-image-update"
#: Fields that Knative has and Cloud Run does not use: they may be there, and say nothing.
IDLE = {"enableServiceLinks", "runtimeClassName", "imagePullSecrets"}


def annotations_of(template: Any) -> dict[str, str]:
    """Those of v1 that stand for fields of the v2 message, without its own."""
    return shown((*OF_TEMPLATE, *OF_CONTAINERS, SECRETS), template)


def take_annotations(template: Any, annotations: Mapping[str, str]) -> None:
    """The other way round, in place; after `take_spec`. Raises INVALID_ARGUMENT."""
    take((*OF_TEMPLATE, *OF_CONTAINERS), template, annotations)


def keep_annotations(target: Any, annotations: Mapping[str, str]) -> None:
    """Make a v2 map of annotations hold those that are no fields there."""
    keep_own(target, annotations, OF_TEMPLATE, OF_CONTAINERS, (SECRETS,))


def spec_of(template: Any) -> dict[str, Any]:
    """The v1 RevisionSpec of a v2 message, or its TaskSpec."""
    spec: dict[str, Any] = shown(OF_SPEC, template)
    sql = volumes.sql_instances(template) is not None
    spec["containers"] = [container_of(one, without_sql=sql) for one in template.containers]
    known = [one for one in template.volumes if not (sql and one.name == volumes.SQL_VOLUME)]
    if known:
        spec["volumes"] = [volumes.volume_of(one) for one in known]
    if _base_images(template) and "max_retries" not in template.DESCRIPTOR.fields_by_name:  # not of a TaskSpec
        spec["runtimeClassName"] = UPDATED_BASE_IMAGE
    return spec


def take_spec(template: Any, spec: Mapping[str, Any], annotations: Mapping[str, str]) -> None:
    """Change a v2 message in place so that it shows `spec` and `annotations`. INVALID_ARGUMENT, UNIMPLEMENTED."""
    refuse_unknown("spec", spec, {lens.key for lens in OF_SPEC} | {"containers", "volumes"} | IDLE)
    aliases = secrets.read_aliases(annotations)
    if not annotations.get(volumes.CLOUD_SQL) and volumes.sql_instances(template) is not None:
        volumes.put_sql(template, None)
    # Before anything changes: containers that only name such a mount make no volume the annotation's.
    sql = volumes.sql_instances(template) is not None
    before = spec_of(template)
    try:
        if spec.get("containers", []) != before["containers"]:
            _take_containers(template, spec.get("containers", []), aliases, sql=sql)
        if spec.get("volumes", []) != before.get("volumes", []):
            _take_volumes(template, spec.get("volumes", []), aliases, sql=sql)
    except ApiError:
        raise
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise invalid_argument(f"spec: {error}", spec="invalid") from error
    take(OF_SPEC, template, spec)
    take_annotations(template, annotations)


def _take_containers(template: Any, contents: list[Any], aliases: Mapping[str, str], *, sql: bool) -> None:
    known = {container.name: container for container in template.containers}
    made = []
    for index, content in enumerate(contents):
        container = Container.pb()()
        before = known.get(content.get("name", "")) or (
            known.popitem()[1] if len(known) == len(contents) == 1 else None
        )
        if before is not None:
            container.CopyFrom(before)
        else:
            container.resources.cpu_idle = True
        take_container(container, content, aliases, f"spec.containers[{index}]", without_sql=sql)
        made.append(container)
    del template.containers[:]
    template.containers.extend(made)


def _take_volumes(template: Any, contents: list[Any], aliases: Mapping[str, str], *, sql: bool) -> None:
    kept = [one for one in template.volumes if sql and one.name == volumes.SQL_VOLUME]
    made = [volumes.volume_from(one, aliases, f"spec.volumes[{index}]") for index, one in enumerate(contents)]
    del template.volumes[:]
    template.volumes.extend([*made, *kept])


def _throttling(template: Any) -> str | None:
    """Without the annotation the CPU is there during requests only."""
    return None if all(container.resources.cpu_idle for container in template.containers) else "false"


def _set_throttling(template: Any, value: str | None) -> None:
    for container in template.containers:
        container.resources.cpu_idle = value is None or boolean(value)


def _boost(template: Any) -> str | None:
    return "true" if any(container.resources.startup_cpu_boost for container in template.containers) else None


def _set_boost(template: Any, value: str | None) -> None:
    for container in template.containers:
        container.resources.startup_cpu_boost = boolean(value)


def _dependencies(template: Any) -> str | None:
    named = {one.name: list(one.depends_on) for one in template.containers if one.depends_on}
    return compact(named) if named else None


def _set_dependencies(template: Any, value: str | None) -> None:
    named = json.loads(value) if value else {}
    for container in template.containers:
        container.depends_on[:] = named.get(container.name, [])


def _base_images(template: Any) -> str | None:
    named = {one.name: one.base_image_uri for one in template.containers if one.base_image_uri}
    return compact(named) if named else None


def _set_base_images(template: Any, value: str | None) -> None:
    named = json.loads(value) if value else {}
    for container in template.containers:
        container.base_image_uri = named.get(container.name, "")


def _seconds(template: Any) -> int | str | None:
    """A string for a task, as JSON writes 64-bit numbers; a number for a revision."""
    seconds = template.timeout.seconds
    if not seconds:
        return None
    return str(seconds) if "max_retries" in template.DESCRIPTOR.fields_by_name else int(seconds)


def _set_seconds(template: Any, value: int | str | None) -> None:
    template.ClearField("timeout")
    if value is not None:
        template.timeout.CopyFrom(Duration(seconds=int(value)))


def _retries(template: Any) -> int | None:
    """Zero is a wish in a template, where the field says whether it is set; a task always has a number."""
    field = template.DESCRIPTOR.fields_by_name["max_retries"]
    return int(template.max_retries) if not field.has_presence or template.HasField("max_retries") else None


def _set_retries(template: Any, value: int | None) -> None:
    template.ClearField("max_retries")
    if value is not None:
        template.max_retries = int(value)


def _selector(template: Any) -> dict[str, str] | None:
    return {ACCELERATOR: template.node_selector.accelerator} if template.node_selector.accelerator else None


def _set_selector(template: Any, value: Mapping[str, str] | None) -> None:
    template.ClearField("node_selector")
    if value:
        template.node_selector.accelerator = value.get(ACCELERATOR, "")


#: Annotations that v2 writes into each container.
OF_CONTAINERS: tuple[Lens, ...] = (
    Lens(f"{RUN}/cpu-throttling", ("max_instance_request_concurrency",), _throttling, _set_throttling),
    Lens(f"{RUN}/startup-cpu-boost", ("max_instance_request_concurrency",), _boost, _set_boost),
    Lens(f"{RUN}/container-dependencies", ("containers",), _dependencies, _set_dependencies),
    Lens(f"{RUN}/base-images", ("containers",), _base_images, _set_base_images),
    Lens(volumes.CLOUD_SQL, ("volumes",), volumes.sql_instances, volumes.put_sql),
)
SECRETS = Lens(secrets.KEY, ("containers",), secrets.annotation_of, lambda _, __: None)  # said by those who use them
OF_SPEC: tuple[Lens, ...] = (
    whole("containerConcurrency", "max_instance_request_concurrency"),
    Lens("timeoutSeconds", ("timeout",), _seconds, _set_seconds),
    Lens("maxRetries", ("max_retries",), _retries, _set_retries),
    text("serviceAccountName", "service_account"),
    Lens("nodeSelector", ("node_selector",), _selector, _set_selector),
)

"""`run.namespaces.services` and `run.projects.locations.services`: a Knative Service is a v2 Service.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import DeleteServiceRequest, Service

from signoff_sandbox.wire.knative import specs
from signoff_sandbox.wire.knative.annotations import (
    CREATOR,
    INGRESS,
    MODIFIER,
    PLATFORM,
    RUN,
    of_resource,
    take_resource,
)
from signoff_sandbox.wire.knative.kinds import Kind
from signoff_sandbox.wire.knative.lens import compact, refuse_unknown, shown, take
from signoff_sandbox.wire.knative.meta import (
    SERVING,
    conditions,
    object_meta,
    section,
    strings,
)
from signoff_sandbox.wire.knative.traffic import TARGETS, target_of
from signoff_sandbox.world import operations, run_services
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_names import short

GROUP = "serving.knative.dev"
MISSING = "containers' envFrom and sandboxes"


def service_of(cloud: Cloud, service: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 Service."""
    annotations = {
        **of_resource(service),
        CREATOR: service.creator,
        MODIFIER: service.last_modifier,
        f"{RUN}/operation-id": short(operations.latest_of(cloud, service.name)),
        f"{RUN}/ingress-status": INGRESS.get(service.ingress, ""),
        f"{RUN}/urls": compact(list(service.urls)) if service.urls else "",
        f"{RUN}/satisfiesPzs": "true" if service.satisfies_pzs else "",
    }
    return {
        "apiVersion": SERVING,
        "kind": "Service",
        "metadata": object_meta(
            service,
            api=SERVING,
            collection="services",
            labels=service.labels,
            annotations={key: value for key, value in annotations.items() if value or key not in PLATFORM},
        ),
        "spec": {"template": template_of(service.template), **shown([TARGETS], service)},
        "status": _status(service),
    }


def template_of(template: Any) -> dict[str, Any]:
    """The v1 RevisionTemplate of a v2 one."""
    meta = {
        "name": template.revision,
        "labels": dict(sorted(template.labels.items())),
        "annotations": dict(sorted({**template.annotations, **specs.annotations_of(template)}.items())),
    }
    return {"metadata": {key: value for key, value in meta.items() if value}, "spec": specs.spec_of(template)}


def _status(service: Any) -> dict[str, Any]:
    latest = short(service.latest_ready_revision)
    terminal = [service.terminal_condition] if service.HasField("terminal_condition") else []
    made: dict[str, Any] = {
        "observedGeneration": service.observed_generation,
        "conditions": conditions(*terminal, *service.conditions),
        "latestReadyRevisionName": latest,
        "latestCreatedRevisionName": short(service.latest_created_revision),
        "traffic": [target_of(status, latest) for status in service.traffic_statuses],
        "url": service.uri,
        "address": {"url": service.uri} if service.uri else None,
    }
    return {key: value for key, value in made.items() if value}


def take_service(service: Any, meta: dict[str, Any], spec: dict[str, Any]) -> None:
    """Change a v2 Service in place so that it shows metadata and spec of a v1 one. Raises INVALID_ARGUMENT."""
    refuse_unknown("spec", spec, {"template", "traffic"})
    template = section(spec, "template")
    refuse_unknown("spec.template", template, {"metadata", "spec"})
    annotations = strings(meta, "annotations")
    take_resource(service, annotations)
    service.labels.clear()
    service.labels.update({key: value for key, value in strings(meta, "labels").items() if key not in PLATFORM})
    take_template(service.template, section(template, "metadata"), section(template, "spec"))
    take([TARGETS], service, spec)


def take_template(template: Any, meta: dict[str, Any], spec: dict[str, Any]) -> None:
    """Change a v2 RevisionTemplate in place so that it shows metadata and spec of a v1 one. Raises INVALID_ARGUMENT."""
    annotations = strings(meta, "annotations")
    template.revision = meta.get("name") or ""
    template.labels.clear()
    template.labels.update(strings(meta, "labels"))
    specs.take_spec(template, spec, annotations)
    specs.keep_annotations(template.annotations, annotations)


def _create(cloud: Cloud, place: str, name: str, service: Any, dry_run: bool) -> Any:
    return run_services.create(cloud, place, name, service, validate_only=dry_run)


def _update(cloud: Cloud, service: Any, dry_run: bool) -> Any:
    return run_services.update(cloud, service, None, validate_only=dry_run)


async def _delete(cloud: Cloud, name: str, dry_run: bool) -> Any:
    return await run_services.delete_service(cloud, DeleteServiceRequest.pb()(name=name, validate_only=dry_run))


KIND = Kind(
    kind="Service",
    kinds="ServiceList",
    word="SERVICE",
    api=SERVING,
    group=GROUP,
    collection="services",
    message=Service.pb(),
    shown=service_of,
    take=take_service,
    create=_create,
    update=_update,
    delete=_delete,
    by_location=True,
    missing={"list": "fieldSelector", "create": MISSING, "replaceService": MISSING},
)
ROUTES = KIND.routes()

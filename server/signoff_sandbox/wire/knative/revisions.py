"""`run.namespaces.revisions`: a Knative Revision is a v2 Revision.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.revisions
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import DeleteRevisionRequest
from starlette.responses import Response

from signoff_sandbox.wire.knative import places, specs
from signoff_sandbox.wire.knative.annotations import CREATOR, RUN
from signoff_sandbox.wire.knative.meta import SERVING, conditions, listing, object_meta
from signoff_sandbox.wire.knative.selectors import selected
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world import run_revisions
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import ImageRef
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_revisions import USER_IMAGE, main_container
from signoff_sandbox.world.run_revisions import service_of as owner_of
from signoff_sandbox.world.store import copy_of

GROUP = "serving.knative.dev"
POOLS = "/workerPools/"


def revision_of(cloud: Cloud, revision: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 Revision, of a service or of a worker pool."""
    of_pool = POOLS in revision.name
    annotations = {**revision.annotations, **specs.annotations_of(revision), CREATOR: revision.creator}
    meta = object_meta(
        revision,
        api=SERVING,
        collection="revisions",
        labels={**revision.labels, **_filled(_pool_labels(revision) if of_pool else _labels(cloud, revision))},
        annotations=_filled(annotations),
    )
    if not of_pool:
        meta["ownerReferences"] = [_configuration(cloud, revision)]
    spec, status = specs.spec_of(_as_asked(revision)), _status(revision)
    return {"apiVersion": SERVING, "kind": "Revision", "metadata": meta, "spec": spec, "status": status}


def _labels(cloud: Cloud, revision: Any) -> dict[str, str]:
    owner, uid = short(owner_of(revision.name)), _owner_uid(cloud, revision)
    return {
        f"{GROUP}/configuration": owner,
        f"{GROUP}/configurationGeneration": _generation_of(revision),
        f"{GROUP}/configurationUid": uid,
        f"{GROUP}/route": owner,
        f"{GROUP}/service": owner,
        f"{GROUP}/serviceUid": uid,
    }


def _pool_labels(revision: Any) -> dict[str, str]:
    return {f"{RUN}/workerPool": short(owner_of(revision.name))}


def _configuration(cloud: Cloud, revision: Any) -> dict[str, Any]:
    return {
        "apiVersion": SERVING,
        "kind": "Configuration",
        "name": short(owner_of(revision.name)),
        "uid": _owner_uid(cloud, revision),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _owner_uid(cloud: Cloud, revision: Any) -> str:
    service: Any = cloud.store.get("services", owner_of(revision.name))
    return service.uid if service is not None else ""


def _as_asked(revision: Any) -> Any:
    """With the image that was asked for: v1 has it in the spec and its digest in the status, v2 only the digest."""
    shown, image = copy_of(revision), revision.annotations.get(USER_IMAGE, "")
    if image and ImageRef.parse(image).name == ImageRef.parse(main_container(shown).image).name:
        main_container(shown).image = image
    return shown


def _generation_of(revision: Any) -> str:
    """The generation of the service that made it, which is in its name unless that was chosen."""
    middle = short(revision.name).removeprefix(f"{short(owner_of(revision.name))}-").partition("-")[0]
    return str(int(middle)) if middle.isdigit() else ""


def _status(revision: Any) -> dict[str, Any]:
    images = [_filled({"name": one.name, "imageDigest": _digested(one.image)}) for one in revision.containers]
    return _filled(
        {
            "observedGeneration": revision.observed_generation,
            "conditions": conditions(*revision.conditions),
            "serviceName": "" if POOLS in revision.name else short(owner_of(revision.name)),
            "imageDigest": next((one.get("imageDigest", "") for one in images), ""),
            "containerStatuses": [one for one in images if one],
            "desiredReplicas": revision.scaling_status.desired_min_instance_count,
            "logUrl": revision.log_uri,
        }
    )


def _digested(image: str) -> str:
    """The image if it is named by digest: one that was not found never got one."""
    return image if "@sha256:" in image else ""


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _of_place(visit: Visit, place: str) -> tuple[list[Any], list[str]]:
    """Those of services, then those of worker pools; and the locations that could not be reached."""
    of_services, unreachable = places.reached(visit, "revisions", f"{place}/services/-")
    of_pools, _ = places.reached(visit, "revisions", f"{place}/workerPools/-")
    return [*of_services, *of_pools], unreachable


def find(visit: Visit) -> Any:
    """The stored revision that the path names, whichever service or worker pool it is of. Raises NOT_FOUND."""
    name = places.resource_of(visit, "revisions")
    place = name.rpartition("/revisions/")[0]
    for revision in _of_place(visit, place)[0]:
        if short(revision.name) == short(name):
            return revision
    raise places.missing(name, "REVISION")


async def list_revisions(visit: Visit) -> Response:
    place = places.place_of(visit)
    places.require(visit, "run.revisions.list", place)
    stored, unreachable = _of_place(visit, place)
    items, more = selected(visit, [revision_of(visit.cloud, revision) for revision in stored])
    return json_response(listing(SERVING, "RevisionList", items, more=more, unreachable=unreachable))


async def get_revision(visit: Visit) -> Response:
    places.require(visit, "run.revisions.get", places.resource_of(visit, "revisions"))
    return json_response(revision_of(visit.cloud, find(visit)))


async def delete_revision(visit: Visit) -> Response:
    places.require(visit, "run.revisions.delete", places.resource_of(visit, "revisions"))
    revision = find(visit)
    await run_revisions.delete_revision(visit.cloud, DeleteRevisionRequest.pb()(name=revision.name))
    return json_response(places.deleted(revision, GROUP, "revisions"))


ROUTES: tuple[PathMethod, ...] = (
    *places.methods(GROUP, "revisions", "list", "GET", list_revisions, missing="fieldSelector"),
    *places.methods(GROUP, "revisions", "get", "GET", get_revision, places.NAME),
    *places.methods(GROUP, "revisions", "delete", "DELETE", delete_revision, places.NAME, missing="dryRun"),
)

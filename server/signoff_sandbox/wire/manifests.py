"""The Docker registry API, as far as reading manifests: `GET|HEAD /v2/PROJECT/REPOSITORY/IMAGE/manifests/REFERENCE`.

It is how the platform children of an image index are read. A served manifest names the digest it is stored under in
`Docker-Content-Digest`; its bytes do not hash to it, since a planted image has no content.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.responses import Response

from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.wire.permissions import refuse
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.registry import DOCKER_MANIFEST, IMAGES

METHOD = "docker.registry.v2.Manifests/GetManifest"
PERMISSION = "artifactregistry.repositories.downloadArtifacts"


async def get_manifest(visit: Visit) -> Response:
    """The manifest of a tag or a digest, or Docker's MANIFEST_UNKNOWN."""
    cloud, path, reference = visit.cloud, visit.path["path"], visit.path["reference"]
    refuse(cloud, PERMISSION, path)
    found = find(cloud, path, reference)
    if found is None:
        error = {"code": "MANIFEST_UNKNOWN", "message": f'Failed to fetch "{reference}" of {path}.'}
        return json_response({"errors": [error]}, 404)
    digest, manifest = found
    headers = {"Docker-Content-Digest": digest, "Docker-Distribution-Api-Version": "registry/2.0"}
    return Response(json.dumps(manifest), headers=headers, media_type=manifest["mediaType"])


async def ping(visit: Visit) -> Response:  # noqa: ARG001 - the shape of every handler
    """`GET /v2/`: this is a registry, and the token is right."""
    return json_response({})


def find(cloud: Cloud, path: str, reference: str) -> tuple[str, dict[str, Any]] | None:
    """Digest and manifest of `reference` (a tag or a digest) of the image at `path`, without its host."""
    for _, stored in cloud.store.items(IMAGES):
        image: Any = stored
        name, _, digest = image.uri.partition("@")
        if name.partition("/")[2] != path:
            continue
        if reference == digest or reference in image.tags:
            return digest, _manifest(image)
        for child in image.image_manifests:
            if child.digest == reference:
                return child.digest, _leaf(child.media_type or DOCKER_MANIFEST, 0)
    return None


def _manifest(image: Any) -> dict[str, Any]:
    if not image.image_manifests and "index" not in image.media_type and "manifest.list" not in image.media_type:
        return _leaf(image.media_type or DOCKER_MANIFEST, image.image_size_bytes)
    return {
        "schemaVersion": 2,
        "mediaType": image.media_type,
        "manifests": [
            {
                "mediaType": child.media_type or DOCKER_MANIFEST,
                "digest": child.digest,
                "size": 0,
                "platform": {
                    key: value
                    for key, value in (
                        ("architecture", child.architecture),
                        ("os", child.os),
                        ("variant", child.variant),
                        ("os.version", child.os_version),
                    )
                    if value or key in ("architecture", "os")
                },
            }
            for child in image.image_manifests
        ],
    }


def _leaf(media_type: str, size: int) -> dict[str, Any]:
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of no bytes
    oci = media_type.startswith("application/vnd.oci.")
    config = "application/vnd.oci.image.config.v1+json" if oci else "application/vnd.docker.container.image.v1+json"
    layer = (
        "application/vnd.oci.image.layer.v1.tar+gzip" if oci else "application/vnd.docker.image.rootfs.diff.tar.gzip"
    )
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"mediaType": config, "size": 0, "digest": empty},
        "layers": [{"mediaType": layer, "size": size, "digest": empty}] if size else [],
    }


ROUTES: tuple[PathMethod, ...] = (
    PathMethod("", ("GET",), re.compile("/v2/"), ping),
    PathMethod(
        METHOD, ("GET", "HEAD"), re.compile(r"/v2/(?P<path>.+)/manifests/(?P<reference>[\w][\w.:-]*)"), get_manifest
    ),
)

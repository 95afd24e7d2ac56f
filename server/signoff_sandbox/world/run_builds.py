"""`builds:submit` of Cloud Run v2: what `gcloud run deploy --source` asks for, given to Cloud Build in the same region.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.builds/submit
"""

from __future__ import annotations

from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions
from google.cloud.run_v2.types import SubmitBuildResponse

from signoff_sandbox.world import build_making
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import invalid_argument

REGIONAL = BuildOptions.DefaultLogsBucketBehavior.REGIONAL_USER_OWNED_BUCKET
BUILDER = "gcr.io/buildpacks/builder:latest"


async def submit_build(cloud: Cloud, request: Any) -> Any:
    """Build an uploaded source with its Dockerfile or with buildpacks, and push it as `image_uri`."""
    if not request.image_uri:
        raise invalid_argument("image_uri must not be empty.", image_uri="missing")
    kind = request.WhichOneof("build_type")
    if kind is None or not request.HasField("storage_source"):
        raise invalid_argument("A build needs its storage_source and a build type.", build_type="missing")
    build: Any = Build.pb()()
    source = request.storage_source
    build.source.storage_source.bucket = source.bucket
    build.source.storage_source.object_ = source.object_
    build.source.storage_source.generation = source.generation
    if kind == "docker_build":
        arguments = ["build", "--network", "cloudbuild", "--no-cache", "-t", request.image_uri, "."]
        build.steps.add(name="gcr.io/cloud-builders/docker", args=arguments)
    else:
        build.steps.add(name="gcr.io/k8s-skaffold/pack", entrypoint="pack", args=_pack(request))
    build.images.append(request.image_uri)
    build.tags.extend(request.tags)
    build.service_account = request.service_account
    if request.service_account:  # Cloud Run picks the bucket of the region: one of the project's own
        build.options.default_logs_bucket_behavior = REGIONAL
    response = SubmitBuildResponse.pb()(build_operation=build_making.start(cloud, request.parent, build))
    response.base_image_uri = request.buildpack_build.base_image
    return response


def _pack(request: Any) -> list[str]:
    packs = request.buildpack_build
    values = dict(packs.environment_variables)
    if packs.function_target:
        values["GOOGLE_FUNCTION_TARGET"] = packs.function_target
    arguments = ["build", request.image_uri, "--builder", BUILDER, "--network", "cloudbuild"]
    for key, value in sorted(values.items()):
        arguments += ["--env", f"{key}={value}"]
    return arguments


METHODS: dict[str, Handler] = {"google.cloud.run.v2.Builds/SubmitBuild": submit_build}
PARTLY: dict[str, str] = {
    "google.cloud.run.v2.Builds/SubmitBuild": (
        "buildpacks start what a Procfile, GOOGLE_ENTRYPOINT or the start script of package.json says; worker pools, "
        "machine types and automatic updates of base images change nothing"
    )
}

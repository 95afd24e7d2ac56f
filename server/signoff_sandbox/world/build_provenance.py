"""What Cloud Build attests of an image: SLSA v1.0 provenance in Container Analysis, for builds that a trigger ran.

https://cloud.google.com/build/docs/securing-builds/view-build-provenance. Builds that somebody submits, with an archive
or with a git source of their own, get none. The signed envelope is left out: nobody here has Google's key.
"""

from __future__ import annotations

import uuid
from typing import Any

from signoff_sandbox.world import git_remotes
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.google_json import from_json, to_json
from signoff_sandbox.world.run_names import location_of

OCCURRENCES = "occurrences"
BUILDER = "https://cloudbuild.googleapis.com/GoogleHostedWorker"
BUILD_TYPE = "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1"
STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
NOTE = "projects/verified-builder/notes/intoto_slsa_v1"


def record(cloud: Cloud, build: Any) -> None:
    """Keep one occurrence for each image of a build that succeeded; none without a trigger and a commit."""
    if not build.build_trigger_id or not _source(build)[1]:
        return
    try:
        occurrence_class = message_class("grafeas.v1.Occurrence")
    except ApiError:  # the package is not installed: Container Analysis then answers nothing, and says why
        return
    for image in build.results.images:
        uri = image.name.rpartition(":")[0] if ":" in image.name.rpartition("/")[2] else image.name
        name = f"projects/{build.project_id}/occurrences/{uuid.uuid4()}"
        stamp = to_json(build)["finishTime"]
        content = {
            "name": name,
            "resourceUri": f"https://{uri}@{image.digest}",
            "noteName": f"{NOTE}_{build.id}",
            "kind": "BUILD",
            "createTime": stamp,
            "updateTime": stamp,
            "build": {"inTotoSlsaProvenanceV1": _statement(build, uri, image.digest)},
        }
        cloud.store.put(OCCURRENCES, name, from_json(content, occurrence_class()))


def _statement(build: Any, uri: str, digest: str) -> dict[str, Any]:
    times = to_json(build)
    return {
        "_type": STATEMENT,
        "predicateType": PREDICATE,
        "subject": [{"name": f"https://{uri}", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicate": {
            "buildDefinition": _definition(build),
            "runDetails": {
                "builder": {"id": BUILDER},
                "metadata": {
                    "invocationId": f"https://cloudbuild.googleapis.com/v1/{build.name}",
                    "startedOn": times["startTime"],
                    "finishedOn": times["finishTime"],
                },
            },
        },
    }


def _definition(build: Any) -> dict[str, Any]:
    """What was built: the configuration's file and ref, the substitutions, and the commit that was fetched."""
    values = dict(build.substitutions)
    own = {key: value for key, value in values.items() if key.startswith("_")}
    repository, commit = _source(build)
    ref = _ref(values)
    config = {"path": values.get("TRIGGER_BUILD_CONFIG_PATH", ""), "ref": ref, "repository": f"git+{repository}"}
    trigger = f"projects/{build.project_id}/locations/{location_of(build.name)}/triggers/{build.build_trigger_id}"
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "buildConfigSource": {key: value for key, value in config.items() if value},
            "substitutions": own,
        },
        "internalParameters": {
            "systemSubstitutions": {
                **{key: value for key, value in values.items() if key not in own},
                "BUILD_ID": build.id,
                "LOCATION": location_of(build.name),
            },
            "triggerUri": trigger,
        },
        "resolvedDependencies": [
            {"uri": f"git+{repository}{f'@{ref}' if ref else ''}", "digest": {"gitCommit": commit}},
            *({"uri": step.name} for step in build.steps),
        ],
    }


def _source(build: Any) -> tuple[str, str]:
    """Address and commit of the repository that the build was made from."""
    provenance = build.source_provenance
    if provenance.HasField("resolved_git_source"):
        return git_remotes.same(provenance.resolved_git_source.url), provenance.resolved_git_source.revision
    if provenance.HasField("resolved_connected_repository"):
        connected = provenance.resolved_connected_repository
        return connected.repository, connected.revision
    source = provenance.resolved_repo_source
    address = git_remotes.source_repository(source.project_id or build.project_id, source.repo_name)
    return address, source.commit_sha


def _ref(values: dict[str, str]) -> str:
    if values.get("TAG_NAME"):
        return f"refs/tags/{values['TAG_NAME']}"
    return f"refs/heads/{values['BRANCH_NAME']}" if values.get("BRANCH_NAME") else ""

"""Provenance: attested for builds that a trigger ran, for no others; found by the filters that clients send."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.devtools.cloudbuild_v1 import Build, BuildTrigger
from google.oauth2.credentials import Credentials
from grafeas import grafeas_v1

from signoff_sandbox import state
from support.builds import finished
from support.cloudrun import IMAGE, PROJECT, Lab, app, lab
from support.discovery import problems
from support.google_clients import over_grpc
from support.sandbox import TOKEN

PARENT = f"projects/{PROJECT}"
STEPS = "steps:\n- {name: docker, args: [build, -t, '" + IMAGE + ":$SHORT_SHA', .]}\n"
CONFIG = f"{STEPS}images: ['{IMAGE}:$SHORT_SHA']\n"
PUBLIC = "https://github.com/acme/shop.git"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        state.merge(made.cloud, {"gitRemotes": {PUBLIC: str(made.repository.folder)}})
        yield made


async def triggered(cloud: Lab) -> Build:
    cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    github = {"owner": "acme", "name": "shop", "push": {"branch": "^main$"}}
    trigger = BuildTrigger(name="web", filename="cloudbuild.yaml", github=github, substitutions={"_COLOUR": "red"})
    await cloud.builds.create_build_trigger(project_id=PROJECT, trigger=trigger)
    return await finished(cloud, await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id="web"))


def client(cloud: Lab) -> Any:
    return over_grpc(grafeas_v1.GrafeasAsyncClient, cloud._channel)


async def listed(cloud: Lab, text: str = "") -> list[grafeas_v1.Occurrence]:
    return [one async for one in await client(cloud).list_occurrences(parent=PARENT, filter=text)]


async def test_the_image_of_a_triggered_build_is_attested_with_its_commit(cloud: Lab) -> None:
    build = await triggered(cloud)
    (occurrence,) = await listed(cloud)
    digest = build.results.images[0].digest
    assert occurrence.resource_uri == f"https://{IMAGE}@{digest}"
    assert occurrence.kind == grafeas_v1.NoteKind.BUILD
    statement = occurrence.build.in_toto_slsa_provenance_v1
    assert statement.subject[0].digest["sha256"] == digest.removeprefix("sha256:")
    definition = statement.predicate.build_definition
    assert definition.resolved_dependencies[0].digest["gitCommit"] == build.substitutions["COMMIT_SHA"]
    assert definition.resolved_dependencies[0].uri == "git+https://github.com/acme/shop@refs/heads/main"
    assert definition.external_parameters["buildConfigSource"]["path"] == "cloudbuild.yaml"
    assert definition.external_parameters["substitutions"] == {"_COLOUR": "red"}
    assert definition.internal_parameters["systemSubstitutions"]["BUILD_ID"] == build.id
    assert build.build_trigger_id in definition.internal_parameters["triggerUri"]
    run = statement.predicate.run_details
    assert run.builder.id == "https://cloudbuild.googleapis.com/GoogleHostedWorker"
    assert run.metadata.invocation_id.endswith(build.name)
    assert await client(cloud).get_occurrence(name=occurrence.name) == occurrence
    assert "envelope" not in occurrence


async def test_its_json_is_what_google_declares(cloud: Lab) -> None:
    await triggered(cloud)
    address = f"http://{cloud.sandbox.http_address}/v1/{PARENT}/occurrences"
    answer = (await cloud.http.get(address, headers={"authorization": "Bearer sandbox"})).json()
    assert problems("containeranalysis.v1", "ListOccurrencesResponse", answer) == []
    assert answer["occurrences"][0]["build"]["inTotoSlsaProvenanceV1"]["_type"] == "https://in-toto.io/Statement/v1"


async def test_builds_that_somebody_submits_are_not_attested(cloud: Lab) -> None:
    await cloud.build(app("one"))
    assert await listed(cloud) == []


async def test_the_filters_of_gcloud_and_of_clients_find_it(cloud: Lab) -> None:
    await triggered(cloud)
    (found,) = await listed(cloud)
    url = found.resource_uri
    bare = url.removeprefix("https://")
    for text in (
        f'((kind = "BUILD") OR (kind = "SBOM_REFERENCE")) AND ((resourceUrl = "{url}") OR (resourceUrl = "{bare}"))',
        f'kind="BUILD" AND resource_url="{url}"',
        f'has_prefix(resourceUrl, "https://{IMAGE}")',
        f'has_prefix(resource_url, "https://{IMAGE}@sha256") AND kind = "BUILD"',
    ):
        assert await listed(cloud, text) == [found], text
    for text in ('kind="VULNERABILITY"', f'resourceUrl="{url.upper()}"', 'has_prefix(resourceUrl, "https://x")'):
        assert await listed(cloud, text) == [], text
    for text in ('colour="red"', 'has_prefix(kind, "B")', 'has_prefix(resourceUrl, "a", "b")', "kind="):
        with pytest.raises(exceptions.InvalidArgument):
            await listed(cloud, text)


async def test_occurrences_are_planted_and_read_over_rest_too(cloud: Lab) -> None:
    name = f"{PARENT}/occurrences/1"
    planted = {"name": name, "resourceUri": "https://x", "kind": "ATTESTATION", "noteName": "projects/a/notes/n"}
    state.merge(cloud.cloud, {"occurrences": [planted]})
    transport = grafeas_v1.GrafeasClient.get_transport_class("rest")
    credentials = Credentials(token=TOKEN)
    rest = grafeas_v1.GrafeasClient(
        transport=transport(host=cloud.sandbox.http_address, url_scheme="http", credentials=credentials)
    )
    found = await asyncio.to_thread(lambda: list(rest.list_occurrences(parent=PARENT, filter="")))
    assert [one.name for one in found] == [name]
    with pytest.raises(exceptions.NotFound):
        await client(cloud).get_occurrence(name=f"{PARENT}/occurrences/2")
    assert state.dump(cloud.cloud)["occurrences"] == [planted]


async def test_attested_images_come_back_from_a_state_file(cloud: Lab) -> None:
    await triggered(cloud)
    saved = state.dump(cloud.cloud)["occurrences"]
    assert "_type" in saved[0]["build"]["inTotoSlsaProvenanceV1"]
    before = await listed(cloud)
    state.merge(cloud.cloud, {"occurrences": saved})
    assert await listed(cloud) == before


async def test_without_its_package_builds_work_and_occurrences_say_what_is_missing(
    cloud: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "grafeas"]:
        monkeypatch.setitem(sys.modules, name, None)
    build = await triggered(cloud)
    assert build.status == Build.Status.SUCCESS
    address = f"http://{cloud.sandbox.http_address}/v1/{PARENT}/occurrences"
    answer = await cloud.http.get(address, headers={"authorization": "Bearer sandbox"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")
    assert "grafeas" in answer.json()["error"]["message"]
    assert "pip install grafeas" in answer.json()["error"]["message"]

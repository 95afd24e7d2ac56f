"""What is not modelled says so by its name, over gRPC and over REST; what is modelled never does."""

from __future__ import annotations

import re
from collections import Counter

import grpc
import httpx2
import pytest

from signoff_sandbox.server import PATHS, RunningSandbox
from signoff_sandbox.wire import discovery, make_discovery, modelled
from signoff_sandbox.wire.dispatch import HANDLERS, MODULES
from signoff_sandbox.wire.table import Binding, rpcs

METHODS = sorted(rpcs())


def test_the_committed_names_are_what_the_discovery_documents_say() -> None:
    assert make_discovery.FILE.read_text(encoding="utf-8") == make_discovery.text()


def test_every_method_is_in_the_table_once() -> None:
    found = modelled.methods(PATHS)
    assert set(METHODS) <= {method.name for method in found}
    assert [one for one, count in Counter((method.api, method.name) for method in found).items() if count > 1] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_says_of_its_own_methods_what_is_missing(module: object) -> None:
    partly = getattr(module, "PARTLY", {})
    assert set(partly) <= set(module.METHODS), "of methods that it has"  # type: ignore[attr-defined]
    assert all(partly.values())


def test_http_methods_have_googles_names_and_paths() -> None:
    declared = {method.name: [] for api in discovery.apis() for method in api.methods}  # type: ignore[var-annotated]
    for api in discovery.apis():
        for method in api.methods:
            declared[method.name].append(method)
    own = [path for path in PATHS if path.name and not path.name.startswith("docker.registry.")]
    assert [path.name for path in own if path.name not in declared] == []
    reached = {
        path.name
        for path in own
        for method in declared[path.name]
        if method.verb in path.verbs and path.pattern.fullmatch(method.example())
    }
    elsewhere = {
        "storage.objects.insert",  # declared with the path of what comes without content
        "artifactregistry.projects.locations.list",  # gcloud asks v1beta2
    }
    assert {path.name for path in own} - reached == elsewhere, "the path of Google's method leads to another place"


def url(binding: Binding) -> str:
    """A path of this method."""
    shaped = re.sub(r"\{[\w.]+=([^}]+)\}", lambda found: re.sub(r"\*+", "x1", found[1]), binding.uri)
    # A region that there is: what Cloud Run is asked for elsewhere it denies before it looks.
    return re.sub(r"\{[\w.]+\}", "x1", shaped).replace("/locations/x1", "/locations/us-central1")


async def over_grpc(channel: grpc.aio.Channel, method: str) -> tuple[grpc.StatusCode, str]:
    call = channel.unary_unary(f"/{method}")
    try:
        await call(b"")
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


async def over_rest(http: httpx2.AsyncClient, verb: str, host: str, path: str) -> tuple[int, str]:
    answer = await http.request(verb.upper(), path, headers={"host": host})
    return answer.status_code, answer.text


async def test_what_is_not_modelled_says_so_over_grpc(running: RunningSandbox, connected: grpc.aio.Channel) -> None:
    for method in (*(one for one in METHODS if one not in HANDLERS), "google.cloud.nothing.v1.Nothing/DoNothing"):
        code, details = await over_grpc(connected, method)
        assert (code, details.partition(" ")[0]) == (grpc.StatusCode.UNIMPLEMENTED, method)


async def test_what_is_not_modelled_says_so_over_rest(running: RunningSandbox, http: httpx2.AsyncClient) -> None:
    for method in METHODS:
        if method not in HANDLERS:
            for binding in rpcs()[method].bindings:
                status, text = await over_rest(http, binding.verb, binding.host, url(binding))
                assert status == 501, (method, binding.uri, text)
                assert f"{method} is not modelled" in text


async def test_what_discovery_documents_declare_and_is_not_modelled_says_so(
    running: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    missing = {(one.api, one.name) for one in modelled.methods(PATHS) if one.missing is None}
    asked = [(api, method) for api in discovery.apis() for method in api.methods if (api.title, method.name) in missing]
    assert len(asked) > 500
    for api, method in asked:
        status, text = await over_rest(http, method.verb, api.host, method.example())
        assert status == 501, (method, text)
        assert "is not modelled" in text


async def test_a_path_of_no_method_names_verb_and_path(running: RunningSandbox, http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v7/projects/p/spaceships")
    assert answer.status_code == 404
    assert (
        "POST /v7/projects/p/spaceships is no method that the signoff sandbox knows"
        in answer.json()["error"]["message"]
    )


async def test_no_modelled_method_breaks_or_denies_itself_when_asked_for_nothing(
    running: RunningSandbox, connected: grpc.aio.Channel, http: httpx2.AsyncClient
) -> None:
    broken = []
    for method in sorted(HANDLERS):
        code, details = await over_grpc(connected, method)
        if code is grpc.StatusCode.UNIMPLEMENTED or "sandbox bug" in details:
            broken.append((method, details))
        for binding in rpcs()[method].bindings:
            status, text = await over_rest(http, binding.verb, binding.host, url(binding))
            if status == 501 or "sandbox bug" in text:
                broken.append((method, text))
    assert broken == []


async def test_no_http_method_breaks_when_asked_for_nothing(running: RunningSandbox, http: httpx2.AsyncClient) -> None:
    named = {path.name for path in PATHS}
    for api in discovery.apis():
        for method in api.methods:
            if method.name in named:
                _, text = await over_rest(http, method.verb, api.host, method.example())
                assert "sandbox bug" not in text, (method, text)

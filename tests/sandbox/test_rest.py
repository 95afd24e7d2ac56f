"""REST as Google transcodes it: parameters, bodies, errors; and the port as gcloud's proxy."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from google.cloud.run_v2.types import UpdateServiceRequest
from google.protobuf import json_format

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.wire.transcode import read_request
from signoff_sandbox.world.errors import ApiError
from support.planted import PLACE, SERVICE
from support.sandbox import TOKEN

Update = UpdateServiceRequest.pb()


def read(query: list[tuple[str, str]], body: bytes = b"", field: str | None = "service") -> dict[str, object]:
    request = read_request(Update, {"service.name": SERVICE}, query, body, field)
    return json_format.MessageToDict(request)


def test_query_parameters_fill_nested_fields_in_both_spellings() -> None:
    assert read([("validateOnly", "true"), ("allow_missing", "1")]) == {
        "service": {"name": SERVICE},
        "validateOnly": True,
        "allowMissing": True,
    }
    assert read([("service.template.service_account", "a@b")])["service"] == {
        "name": SERVICE,
        "template": {"serviceAccount": "a@b"},
    }
    assert read([("service.ingress", "INGRESS_TRAFFIC_ALL")])["service"] == {
        "name": SERVICE,
        "ingress": "INGRESS_TRAFFIC_ALL",
    }


def test_repeated_parameters_and_field_masks_are_lists() -> None:
    assert read([("service.customAudiences", "a"), ("service.customAudiences", "b")])["service"] == {
        "name": SERVICE,
        "customAudiences": ["a", "b"],
    }
    request = read_request(Update, {}, [("updateMask", "template.serviceAccount,labels")], b"", None)
    assert list(request.update_mask.paths) == ["template.service_account", "labels"]


def test_system_parameters_are_no_fields() -> None:
    assert read([("$alt", "json;enum-encoding=int"), ("alt", "json"), ("prettyPrint", "false"), ("key", "k")]) == {
        "service": {"name": SERVICE}
    }


def test_the_path_wins_over_the_body() -> None:
    assert read([], b'{"name": "other", "generation": "7", "labels": {"a": "b"}}')["service"] == {
        "name": SERVICE,
        "generation": "7",
        "labels": {"a": "b"},
    }


@pytest.mark.parametrize(
    ("query", "body", "complaint"),
    [
        ([("validateOnly", "perhaps")], b"", "validateOnly"),
        ([("nothing", "1")], b"", 'Unknown name "nothing"'),
        ([("service.labels.a", "1")], b"", "service.labels.a"),
        ([("service.ingress", "ANY")], b"", "service.ingress"),
        ([("service.generation", "x")], b"", "service.generation"),
        ([], b'{"nme": "x"}', "nme"),
        ([], b'{"generation": {}}', "generation"),
        ([], b"{", "Invalid JSON payload"),
        ([], b"[]", "Invalid JSON payload"),
        ([], b"\xff\xfe", "Invalid JSON payload"),
    ],
)
def test_what_does_not_fit_is_named(query: list[tuple[str, str]], body: bytes, complaint: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(query, body)
    assert refused.value.http_status == 400
    assert complaint in refused.value.message


async def test_an_error_is_googles_error_json(planted: RunningSandbox, http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"/v2/{SERVICE}x")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json() == {
        "error": {"code": 404, "message": f"Resource '{SERVICE}x' was not found", "status": "NOT_FOUND"}
    }
    unknown = await http.get("/v9/nothing")
    assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
    details = (await http.get("/v2/projects/demo/locations/-/services")).json()["error"]["details"]
    assert details[0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert details[0]["fieldViolations"][0]["field"] == "parent"


async def test_the_port_answers_as_a_plain_proxy(planted: RunningSandbox) -> None:
    async with httpx2.AsyncClient(
        proxy=f"http://{planted.http_address}", trust_env=False, headers={"authorization": f"Bearer {TOKEN}"}
    ) as through:
        answer = await through.get(f"http://us-central1-run.googleapis.com/v2/{PLACE}/services?pageSize=1")
    assert [service["name"] for service in answer.json()["services"]] == [SERVICE]


async def test_the_proxy_refuses_to_tunnel(running: RunningSandbox) -> None:
    reader, writer = await asyncio.open_connection(*running.http_address.split(":"))
    writer.write(b"CONNECT run.googleapis.com:443 HTTP/1.1\r\nHost: run.googleapis.com:443\r\n\r\n")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b" 403 " in status


async def test_a_docker_login_with_the_token_counts(running: RunningSandbox) -> None:
    async with httpx2.AsyncClient(trust_env=False, auth=("oauth2accesstoken", TOKEN)) as docker:
        assert (await docker.get(f"http://{running.http_address}/v2/")).status_code == 200
    async with httpx2.AsyncClient(trust_env=False, auth=("oauth2accesstoken", "stranger")) as docker:
        assert (await docker.get(f"http://{running.http_address}/v2/")).status_code == 401

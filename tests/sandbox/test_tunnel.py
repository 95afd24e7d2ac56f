"""The addresses of the sandbox behind TLS: reached by CONNECT, ended in the sandbox, and no other is."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.wire.certificate import certificate_file, public_part
from support.google_clients import Token
from support.planted import PLACE, POOL
from support.sandbox import TOKEN

BUCKET, NAME = "demo.cloudbuild-logs.googleusercontent.com", "log-1.txt"
URL = f"https://storage.googleapis.com/{BUCKET}/{NAME}"


@pytest.fixture
async def proxied(running: RunningSandbox) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the sandbox as its proxy that trusts the sandbox's certificate and no other."""
    trusted = ssl.create_default_context(cadata=public_part(certificate_file(running.cloud.machine.folder)))
    async with httpx2.AsyncClient(
        proxy=f"http://{running.http_address}",
        verify=trusted,
        headers={"authorization": f"Bearer {TOKEN}"},
        trust_env=False,
        timeout=10,
    ) as client:
        yield client


@pytest.fixture
def log(running: RunningSandbox) -> bytes:
    folder = running.cloud.machine.folder / "storage" / BUCKET
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(b"starting build\n" * 5000)
    return (folder / NAME).read_bytes()


async def test_the_log_of_a_build_is_read_over_https_in_ranges(proxied: httpx2.AsyncClient, log: bytes) -> None:
    whole = await proxied.get(URL)
    assert (whole.status_code, whole.content) == (200, log)
    rest = await proxied.get(URL, headers={"range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, log[100:])
    assert (await proxied.get(URL, headers={"range": f"bytes={len(log)}-"})).status_code == 416


async def test_an_object_that_is_not_there_is_xml_not_found(proxied: httpx2.AsyncClient) -> None:
    answer = await proxied.get(URL)
    assert answer.status_code == 404
    assert "<Code>NoSuchKey</Code>" in answer.text


async def test_the_token_is_asked_for_inside_of_the_tunnel(proxied: httpx2.AsyncClient, log: bytes) -> None:
    assert (await proxied.get(URL, headers={"authorization": "Bearer x"})).status_code == 401


async def called_over(address: str, sandbox: RunningSandbox, trusted: bytes) -> list[str]:
    """The names of the worker pools, asked of `address` over gRPC with TLS and the sandbox as the proxy."""
    credentials = grpc.ssl_channel_credentials(root_certificates=trusted)
    options = [("grpc.http_proxy", f"http://{sandbox.http_address}")]
    transport = run_v2.WorkerPoolsAsyncClient.get_transport_class("grpc_asyncio")
    async with grpc.aio.secure_channel(address, credentials, options, interceptors=[Token()]) as channel:
        client = run_v2.WorkerPoolsAsyncClient(transport=transport(channel=channel))
        return [one.name async for one in await client.list_worker_pools(parent=PLACE, timeout=10, retry=None)]


async def test_grpc_to_the_cloud_run_of_a_region_is_answered_here(planted: RunningSandbox) -> None:
    trusted = public_part(certificate_file(planted.cloud.machine.folder)).encode()
    assert await called_over("us-central1-run.googleapis.com:443", planted, trusted) == [POOL]
    assert await called_over("europe-west1-run.googleapis.com:443", planted, trusted) == [POOL]
    with pytest.raises(exceptions.ServiceUnavailable):
        await called_over("run.googleapis.com:443", planted, trusted)


async def test_long_answers_come_through_the_tunnel_whole(planted: RunningSandbox) -> None:
    pools = [{"name": f"{PLACE}/workerPools/p{number}", "description": "x" * 900_000} for number in range(3)]
    state.merge(planted.cloud, {"workerPools": pools})
    trusted = public_part(certificate_file(planted.cloud.machine.folder)).encode()
    address = "us-central1-run.googleapis.com:443"
    found = await asyncio.gather(*(called_over(address, planted, trusted) for _ in range(3)))
    assert [len(names) for names in found] == [4, 4, 4]


@pytest.mark.parametrize("host", ["run.googleapis.com", "example.com", "storage.googleapis.com.example.com"])
async def test_no_other_address_is_tunnelled(proxied: httpx2.AsyncClient, host: str) -> None:
    with pytest.raises(httpx2.ProxyError, match="403"):
        await proxied.get(f"https://{host}/")


async def test_a_client_that_trusts_only_the_public_authorities_is_not_answered(
    running: RunningSandbox, log: bytes
) -> None:
    async with httpx2.AsyncClient(proxy=f"http://{running.http_address}", trust_env=False) as client:
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(URL, headers={"authorization": f"Bearer {TOKEN}"})


async def test_a_connect_in_pieces_is_understood(running: RunningSandbox) -> None:
    reader, writer = await asyncio.open_connection(*running.http_address.split(":"))
    for piece in (b"CONN", b"ECT storage.googleapis.com:443 HTTP/1.1\r\nHost: stor", b"age\r\n\r\n"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
    writer.close()
    await writer.wait_closed()


async def test_the_key_is_readable_by_its_owner_alone(running: RunningSandbox) -> None:
    path = certificate_file(running.cloud.machine.folder)
    assert path.stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in public_part(path)
    assert certificate_file(running.cloud.machine.folder).read_bytes() == path.read_bytes()

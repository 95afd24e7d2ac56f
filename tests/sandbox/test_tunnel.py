"""The one https address of the sandbox: reached by CONNECT, ended in the sandbox, and no other is."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.wire.certificate import certificate_file, public_part
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

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from signoff.boundary import Boundary, Policy
from signoff.model.facts import Known, Unknown
from signoff.model.http import Failure, Outgoing, Response
from signoff.model.secret import Secret
from signoff.systems.http.client import AT_ONCE, BODY, Http
from signoff.systems.http.failures import failure_of
from support.answering import answer, answering, listening

QUICK = Policy(seconds=5.0)


async def sent(url: str, http: Http | None = None, method: str = "GET", **over: object) -> Response | Failure:
    known = await (http or Http(Boundary(QUICK))).send(Outgoing(method, url, **over))  # type: ignore[arg-type]
    assert isinstance(known, Known), known
    return known.value


async def test_an_answer_is_a_fact_whatever_its_status() -> None:
    async with answering({"/x": answer("503 Busy", "X-Who: me", body="no")}) as server:
        said = await sent(f"{server.url}/x")
    assert isinstance(said, Response)
    assert (said.status, said.body) == (503, b"no")
    assert [value.outside for name, value in said.headers if name == "x-who"] == ["me"]


async def test_a_redirect_is_not_followed_and_a_cookie_not_kept() -> None:
    async with answering({"/": answer("302 Found", "Location: /login", "Set-Cookie: session=1")}) as server:
        http = Http(Boundary(QUICK))
        for _ in range(2):
            said = await sent(f"{server.url}/", http)
            assert isinstance(said, Response)
            assert said.status == 302
    assert [asked.target for asked in server.asked] == ["/", "/"]
    assert all("cookie" not in asked.headers for asked in server.asked)


async def test_method_headers_and_body_go_out_as_they_are_given() -> None:
    async with answering() as server:
        await sent(f"{server.url}/y?q=1", method="POST", headers=(("X-A", "1"),), body=b'{"a": 1}')
    asked = server.asked[0]
    assert (asked.method, asked.target, asked.headers["x-a"], asked.body) == ("POST", "/y?q=1", "1", b'{"a": 1}')


async def test_an_identity_is_sent_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    token = Secret("a-token-of-a-person")
    async with answering() as server:
        outgoing = Outgoing("GET", f"{server.url}/", bearer=token)
        await Http(Boundary(QUICK)).send(outgoing)
    assert server.asked[0].headers["authorization"] == "Bearer a-token-of-a-person"
    assert "a-token" not in repr(outgoing) + caplog.text


async def test_an_identity_is_never_sent_without_tls_to_another_machine() -> None:
    known = await Http(Boundary(QUICK)).send(Outgoing("GET", "http://192.0.2.1/", bearer=Secret("12345678")))
    assert isinstance(known, Unknown)
    assert (known.why, known.detail.outside) == ("denied", "an identity is sent over https alone")


async def test_with_a_sandbox_no_other_machine_is_asked() -> None:
    http = Http(Boundary(QUICK), only_loopback=True)
    for url in ("https://192.0.2.1/", "http://[2001:db8::1]/"):
        known = await http.send(Outgoing("GET", url))
        assert isinstance(known, Unknown)
        assert known.why == "denied"
    async with answering({"/": answer("200 OK")}) as server:
        assert isinstance(await sent(f"http://localhost:{server.port}/", http), Response)


async def test_a_long_body_is_read_up_to_its_limit() -> None:
    async with answering({"/": answer("200 OK", body="x" * (BODY + 10)), "/all": answer("200 OK", body="x")}) as server:
        long, short = await sent(f"{server.url}/"), await sent(f"{server.url}/all")
    assert isinstance(long, Response)
    assert isinstance(short, Response)
    assert (len(long.body), long.cut, short.cut) == (BODY, True, False)


async def test_no_more_than_a_few_requests_are_under_way_at_once() -> None:
    under_way = peak = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, peak
        under_way += 1
        peak = max(peak, under_way)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        writer.write(answer("200 OK"))
        await writer.drain()

    async with listening(serve) as port:
        http = Http(Boundary(QUICK))
        await asyncio.gather(*(sent(f"http://127.0.0.1:{port}/", http) for _ in range(4 * AT_ONCE)))
    assert peak <= AT_ONCE


async def test_nobody_listening_is_told_apart_from_a_connection_that_breaks_off() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = await sent(f"http://127.0.0.1:{free.getsockname()[1]}/")
    async with answering({"/": None, "/odd": b"what is this\r\n\r\n"}) as server:
        broken, odd = await sent(f"{server.url}/"), await sent(f"{server.url}/odd")
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.unsent) == ("refused", True)
    for failure in (broken, odd):
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.unsent) == ("broken", False)


async def test_no_answer_in_time_is_a_fact() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        failure = await sent(f"http://127.0.0.1:{port}/", Http(Boundary(Policy(seconds=0.1))))
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"


async def test_a_certificate_that_nobody_vouches_for_is_a_fact(tmp_path: Path) -> None:
    async with answering({"/": answer("200 OK")}, tls=self_signed(tmp_path)) as server:
        failure = await sent(f"{server.url}/")
    assert isinstance(failure, Failure)
    assert failure.kind == "tls"
    assert "self-signed" in failure.detail.outside
    assert not server.asked


async def test_no_tls_where_tls_is_asked_for_is_a_fact() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("400 Bad Request"))
        await writer.drain()
        await reader.read()

    async with listening(plain) as port:
        failure = await sent(f"https://127.0.0.1:{port}/")
    assert isinstance(failure, Failure)
    assert failure.kind == "tls"


@pytest.mark.parametrize(("code", "kind"), [(socket.EAI_NONAME, "dns"), (socket.EAI_AGAIN, "dns-unsure")])
def test_a_name_that_does_not_exist_is_told_apart_from_one_that_could_not_be_asked_for(code: int, kind: str) -> None:
    failure = failure_of(socket.gaierror(code, "no"), 1)
    assert failure is not None
    assert (failure.kind, failure.unsent) == (kind, True)


def test_a_bug_is_no_failure() -> None:
    assert failure_of(KeyError("x"), 1) is None


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context

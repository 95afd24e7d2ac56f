"""The login that signoff has, as doctor tells of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signoff.boundary import Boundary
from signoff.systems import Systems
from support.doctored import TOML, looked, row
from support.repositories import Clone, Remote


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Remote(tmp_path).clone("work")
    made.commit({"signoff.toml": TOML})
    made.push()
    return made


@contextmanager
def token_endpoint(status: int, answer: Mapping[str, Any]) -> Iterator[str]:
    """A token endpoint over real HTTP that gives one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def service_account(folder: Path, token_uri: str) -> Path:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = folder / "key.json"
    account = {"type": "service_account", "client_email": "reader@acme.example", "private_key": pem}
    file.write_text(json.dumps({**account, "private_key_id": "1", "token_uri": token_uri}), encoding="utf-8")
    return file


@pytest.fixture
def no_metadata(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No login of the machine that runs the test is found."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "nothing"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


async def account(folder: Path) -> Any:
    systems = Systems(Boundary(), folder)
    try:
        return await systems.identity.account()
    finally:
        await systems.close()


@pytest.mark.usefixtures("no_metadata")
async def test_without_any_login_one_row_says_how_to_get_one(clone: Clone) -> None:
    result = await looked(clone.path, None)
    assert [(one.name, one.code) for one in result.rows if one.status != "ok"] == [("login", "identity/expired")]


@pytest.mark.usefixtures("no_metadata")
async def test_a_revoked_login_is_expired(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with token_endpoint(400, {"error": "invalid_grant", "error_description": "Token has been revoked."}) as uri:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, uri)))
        result = await looked(clone.path, None)
    assert [(one.name, one.code) for one in result.rows if one.status != "ok"] == [("login", "identity/expired")]


@pytest.mark.usefixtures("no_metadata")
async def test_a_login_that_works_names_its_account(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token_endpoint(200, {"access_token": "made-up", "expires_in": 3600, "token_type": "Bearer"}) as uri:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, uri)))
        assert (await account(clone.path)).value == "reader@acme.example"


@pytest.mark.usefixtures("no_metadata")
async def test_a_token_endpoint_that_can_not_be_reached_is_unknown_not_expired(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token_endpoint(200, {}) as uri:
        pass  # its port is closed now
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, uri)))
    result = await looked(clone.path, None)
    assert (row(result, "login").status, row(result, "login").code) == ("unknown", None)

"""A Google ID token of a service account, from a token endpoint on loopback."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from signoff.boundary import Boundary, Policy
from signoff.model.facts import Known, Unknown
from signoff.systems.google.connection import Connection
from signoff.systems.google.identity import Identity
from support.answering import Asked, answer, answering

AUDIENCE = "https://app.example.com"


def token(**claims: object) -> str:
    parts = ({"alg": "none"}, {"exp": int(time.time()) + 600, **claims})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".sig"


def account(folder: Path, token_uri: str) -> Path:
    """The key file of a service account."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    said = {
        "type": "service_account",
        "client_email": "signoff@demo.iam.gserviceaccount.com",
        "private_key": key.decode(),
        "token_uri": token_uri,
        "project_id": "demo",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(said), "utf-8")
    return path


async def asked(given: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, list[Asked]]:
    async with answering({"/token": given}) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account(folder, f"{server.url}/token")))
        google = Connection(None)
        try:
            known = await Identity(Boundary(Policy(tries=1)), google).id_token(AUDIENCE)
        finally:
            await google.close()
        return known, server.asked


async def test_a_service_account_gets_a_token_for_the_audience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = token(aud=AUDIENCE)
    given = answer("200 OK", "Content-Type: application/json", body=json.dumps({"id_token": made}))
    known, requests = await asked(given, tmp_path, monkeypatch)
    assert isinstance(known, Known)
    assert known.value.value == made
    assert made not in repr(known)
    assertion = requests[0].body.decode().split("assertion=")[1].split("&")[0]
    claims = json.loads(base64.urlsafe_b64decode(assertion.split(".")[1] + "=="))
    assert claims["target_audience"] == AUDIENCE


async def test_a_login_that_is_not_accepted_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = answer("400 Bad Request", "Content-Type: application/json", body='{"error": "invalid_grant"}')
    known, _ = await asked(given, tmp_path, monkeypatch)
    assert isinstance(known, Unknown)
    assert known.why == "expired"

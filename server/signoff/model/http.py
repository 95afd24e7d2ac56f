"""One HTTP request that signoff sends by itself, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from signoff.model.quoted import Quoted
from signoff.model.secret import Secret

Trouble = Literal["dns", "dns-unsure", "tls", "refused", "network", "timeout", "broken"]
"""Why there is no answer: the name does not exist, or could not be looked up; the certificate or the handshake; nobody
listens; no way there; no answer in time; the connection broke off."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`headers` as they go out. `bearer`: sent as Authorization, and shown nowhere."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    bearer: Secret | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """No HTTP answer came. `unsent`: nothing of the request left this machine."""

    kind: Trouble
    detail: Quoted
    unsent: bool


@dataclass(frozen=True, slots=True)
class Response:
    """`headers`: names in small letters, in their order. `cut`: the body was longer than what is read."""

    status: int
    headers: tuple[tuple[str, Quoted], ...]
    body: bytes
    cut: bool = False

"""Who calls: the token says for whom, the headers say with what program."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from signoff_sandbox.world import identities
from signoff_sandbox.world.callers import Caller
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import unauthenticated

#: Headers in which programs say what they are; Google's clients say more in the second one.
AGENTS = ("user-agent", "x-goog-api-client")


def caller_of(cloud: Cloud, headers: Mapping[str, str]) -> Caller:
    """The caller of a request with these headers (by lower-case name); notes for whom the request is done.

    `Bearer TOKEN` with the sandbox's token or a service account's access token, or Docker's form of that. Raises
    UNAUTHENTICATED for anything else, an identity token included, as Google's APIs do.
    """
    token = _bearer(headers.get("authorization", ""))
    if hmac.compare_digest(token.encode(), cloud.settings.token.encode()):
        identities.speak_for("")
    else:
        found = identities.speaker(cloud, token)
        if found is None or found.audience:
            raise unauthenticated()
        identities.speak_for(found.email)
    return Caller(identities.current(cloud), tuple(headers[name] for name in AGENTS if headers.get(name)))


def _bearer(header: str) -> str:
    """The bearer token; Docker carries it as `Basic oauth2accesstoken:TOKEN`."""
    scheme, _, value = header.partition(" ")
    if scheme == "Bearer":
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return token if user == "oauth2accesstoken" else ""

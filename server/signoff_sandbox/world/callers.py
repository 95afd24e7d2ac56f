"""Who calls: what tells one program or person from another."""

from __future__ import annotations

import fnmatch
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from signoff_sandbox.world.errors import unauthenticated

#: Headers in which programs say what they are; gRPC clients of Google say more in the second one.
AGENT_HEADERS = ("user-agent", "x-goog-api-client")


@dataclass(frozen=True, slots=True)
class Caller:
    """`identity`: an e-mail address. `agents`: what the program says of itself, such as `gcloud/528.0.0 …`."""

    identity: str = ""
    agents: tuple[str, ...] = ()

    def fits(self, glob: str) -> bool:
        """Whether the identity or what the program says of itself is like `glob`."""
        return any(fnmatch.fnmatchcase(known, glob) for known in (self.identity, *self.agents))


def caller_of(token: str, identity: str, headers: Mapping[str, str]) -> Caller:
    """The caller of a request with these headers (by lower-case name).

    `Bearer TOKEN` is `identity`; `Bearer TOKEN:somebody@example.com` is somebody else. Raises UNAUTHENTICATED for any
    other token.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    secret, _, name = given.partition(":")
    if scheme != "Bearer" or not hmac.compare_digest(secret.encode(), token.encode()):
        raise unauthenticated()
    return Caller(name or identity, tuple(headers[key] for key in AGENT_HEADERS if headers.get(key)))

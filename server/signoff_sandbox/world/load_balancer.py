"""What tells a service that a request came through a load balancer, and not straight to its own address.

Cloud Run knows it from Google's network; here it is a secret of this one sandbox, which `signoff_sandbox edge` asks for
and sends along. https://cloud.google.com/run/docs/securing/ingress
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from signoff_sandbox.runtime.proxy import Scope
from signoff_sandbox.world.cloud import Cloud

HEADER = "x-sandbox-load-balancer"


@dataclass(frozen=True, slots=True)
class Balanced:
    """What a load balancer says of a request that it passes on."""

    client: str  # who connected to the load balancer
    forwarded: str  # X-Forwarded-For as it stands: whoever was before, the client, the load balancer
    scheme: str
    host: str


def unwrap(cloud: Cloud, scope: Scope) -> tuple[Scope, Balanced | None]:
    """The request without the secret, and what the load balancer said of it; None if no load balancer sent it.

    https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header
    """
    name = HEADER.encode()
    kept = [(key, value) for key, value in scope["headers"] if key.lower() != name]
    if len(kept) == len(scope["headers"]):
        return scope, None
    said = {key.lower().decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
    inner = {**scope, "headers": kept}
    if not hmac.compare_digest(said[HEADER].encode("latin-1"), cloud.load_balancer_secret.encode()):
        return inner, None
    forwarded = said.get("x-forwarded-for", "")
    addresses = [address.strip() for address in forwarded.split(",")]
    client = addresses[-2] if len(addresses) > 1 else ""
    return inner, Balanced(client, forwarded, said.get("x-forwarded-proto", "https"), said.get("host", ""))


def describe(cloud: Cloud) -> dict[str, Any]:
    """What an edge has to know: the secret, and where each service and each of its tags listens.

    {"secret": "…", "services": {"projects/P/locations/L/services/S": {"": "127.0.0.1:1234", "tag": "127.0.0.1:1235"}}}
    """
    services: dict[str, dict[str, str]] = {}
    for key, port in cloud.machine.listeners.ports().items():
        service, _, tag = key.partition("#")
        services.setdefault(service, {})[tag] = f"127.0.0.1:{port}"
    return {"secret": cloud.load_balancer_secret, "services": services}

"""From where a request comes: from outside, through a load balancer, or from within the project.

https://cloud.google.com/run/docs/securing/ingress
"""

from __future__ import annotations

import hmac
from enum import Enum

from google.cloud.run_v2.types import IngressTraffic

from signoff_sandbox.runtime.proxy import Scope
from signoff_sandbox.world import load_balancer
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.load_balancer import Balanced

#: With the secret of the sandbox: what Cloud Scheduler and the like send, which count as internal.
INTERNAL_HEADER = "x-sandbox-internal"


class Network(Enum):
    OUTSIDE = "outside"
    INTERNAL = "internal"
    BALANCER = "load balancer"


#: Who passes which setting; INGRESS_TRAFFIC_NONE lets nobody in.
ADMITTED = {
    IngressTraffic.INGRESS_TRAFFIC_UNSPECIFIED: frozenset(Network),
    IngressTraffic.INGRESS_TRAFFIC_ALL: frozenset(Network),
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: frozenset({Network.INTERNAL, Network.BALANCER}),
    IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY: frozenset({Network.INTERNAL}),
}


def admits(ingress: int, network: Network) -> bool:
    """Whether a service with this ingress setting lets in what comes from there."""
    return network in ADMITTED.get(IngressTraffic(ingress), frozenset())


def origin(cloud: Cloud, scope: Scope) -> tuple[Scope, Network, Balanced | None]:
    """The request without the sandbox's own headers, where it comes from, and what a load balancer said of it."""
    scope, balanced = load_balancer.unwrap(cloud, scope)
    name = INTERNAL_HEADER.encode()
    said = b"".join(value for key, value in scope["headers"] if key.lower() == name)
    scope = {**scope, "headers": [(key, value) for key, value in scope["headers"] if key.lower() != name]}
    if balanced is not None:
        return scope, Network.BALANCER, balanced
    internal = hmac.compare_digest(said, cloud.load_balancer_secret.encode())
    return scope, Network.INTERNAL if internal else Network.OUTSIDE, None


def internal_headers(cloud: Cloud) -> dict[str, str]:
    """What a part of this sandbox that stands for a Google service sends along."""
    return {INTERNAL_HEADER: cloud.load_balancer_secret}

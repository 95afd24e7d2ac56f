"""Where the services of a running sandbox listen, as it tells an edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff_sandbox.edge.config import ConfigError, EdgeConfig, Route


@dataclass(frozen=True, slots=True)
class Services:
    """`addresses`: full name of a service -> tag ("" for the service itself) -> host:port."""

    secret: str = ""
    addresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def address(self, route: Route) -> str:
        """Where a route's service, or its tag, listens. Raises ConfigError."""
        wanted = route.service or ""
        names = [name for name in self.addresses if name == wanted or name.endswith(f"/services/{wanted}")]
        if not names:
            known = ", ".join(sorted(self.addresses)) or "none"
            raise ConfigError(f"{route.path}: the sandbox has no service {wanted!r}; it has {known}")
        if len(names) > 1:
            raise ConfigError(f"{route.path}: service {wanted!r} is one of {', '.join(sorted(names))}: say which")
        tags = self.addresses[names[0]]
        address = tags.get(route.tag or "")
        if address is None:
            known = ", ".join(sorted(filter(None, tags))) or "none"
            raise ConfigError(f"{route.path}: service {wanted!r} has no tag {route.tag!r}; it has {known}")
        return address


async def ask(config: EdgeConfig, sandbox: str | None, token: str) -> Services:
    """The services of the sandbox at `sandbox` (host:port of its HTTP), if the configuration has any.

    Raises ConfigError.
    """
    import httpx2

    if all(route.service is None for route in config.routes):
        return Services()
    if sandbox is None:
        raise ConfigError("a route to a service needs --sandbox, the HTTP address that the sandbox printed")
    try:
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=10) as client:  # plain http, on loopback
            answer = await client.get(f"http://{sandbox}/sandbox/edge", headers={"authorization": f"Bearer {token}"})
        told: Any = answer.json() if answer.status_code == httpx2.codes.OK else {}
        return Services(told["secret"], told["services"])
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ConfigError(f"no sandbox answers at {sandbox}: {error}") from error
    except (ValueError, KeyError) as error:
        raise ConfigError(f"what answers at {sandbox} is no sandbox: status {answer.status_code}") from error

"""The nginx.conf of an edge, from nginx.conf.j2."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from signoff_sandbox.edge.backends import Services
from signoff_sandbox.edge.cache import KEY
from signoff_sandbox.edge.config import ANY_HOST, EdgeConfig, Route
from signoff_sandbox.edge.urlmap import Place, places
from signoff_sandbox.edge.walls import WALLS, login_hosts, login_paths

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Layout:
    """What belongs to one running edge and not to its configuration. Addresses are host:port."""

    http: str
    https: str
    gate: str
    probe: str  # a host name that nobody else asks for
    certificate: str


@dataclass(frozen=True, slots=True)
class _Location:
    """One location of the template; `kind` is the gate's path where nginx asks the gate for the answer."""

    path: str
    exact: bool
    key: str
    kind: str
    served: Route | None = None  # the route that the location serves; a login's own page has none
    address: str = ""
    secret: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)

    @property
    def walled(self) -> bool:
        return self.served is not None and self.served.login is not None

    @property
    def cached(self) -> bool:
        return self.served is not None and self.served.cache is not None

    @property
    def checked(self) -> bool:
        """The gate is asked before anything else: for the login, and for the age of a cached answer."""
        return self.walled or self.cached

    @property
    def forced(self) -> bool:
        return self.served is not None and self.served.cache == "FORCE_CACHE_ALL"

    @property
    def negative(self) -> bool:
        return self.served is not None and self.served.negative_caching

    @property
    def ttl(self) -> int:
        return 0 if self.served is None else self.served.ttl

    @property
    def spa(self) -> str:
        return "" if self.served is None else self.served.spa or ""


@dataclass(frozen=True, slots=True)
class _Site:
    names: list[str]
    places: list[_Location]

    @property
    def default(self) -> bool:
        return not self.names


def render(config: EdgeConfig, services: Services, layout: Layout, generation: int) -> tuple[str, dict[str, Route]]:
    """The text of nginx.conf, and the routes by the keys under which nginx asks the gate for them.

    Raises ConfigError if a service has no address.
    """
    keys = _Keys(generation)
    hosts = {route.host for route in config.routes} | {ANY_HOST}
    sites = [_site(config, host, services, keys) for host in sorted(hosts)]
    strangers = sorted(login_hosts(config.routes) - hosts - set(config.hosts) - {"localhost", "127.0.0.1"})
    if strangers:
        sites.append(_Site(strangers, [_Location("/", False, "sign-in", "page")]))
    text = _template().render(
        sites=sites,
        counts_age=any(location.cached for site in sites for location in site.places),
        generation=generation,
        provider=config.provider,
        https_only=config.https_only,
        cache_key=KEY,
        user=pwd.getpwuid(0).pw_name if os.geteuid() == 0 else "",  # else its workers become nobody
        http=layout.http,
        https=layout.https,
        gate=layout.gate,
        probe=layout.probe,
        certificate=layout.certificate,
    )
    return text, keys.routes


class _Keys:
    """A key of its own for each location, so that nothing in nginx.conf has a name twice."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self.routes: dict[str, Route] = {}

    def new(self, route: Route) -> str:
        key = f"{self._generation}-{len(self.routes)}"
        self.routes[key] = route
        return key


def _site(config: EdgeConfig, host: str, services: Services, keys: _Keys) -> _Site:
    routes = [route for route in config.routes if route.host == host]
    locations = [_location(place, services, keys) for place in places(routes)]
    taken = {location.path for location in locations}
    locations += [
        _Location(path, not path.endswith("/"), keys.new(route), "login")
        for path, route in login_paths(routes).items()
        if path not in taken
    ]
    return _Site([] if host == ANY_HOST else [host], locations)


def _location(place: Place, services: Services, keys: _Keys) -> _Location:
    route = place.route
    if route is None:
        return _Location(place.path, place.exact, "nowhere", "page")
    address, secret = route.backend or "", ""
    if route.service is not None:
        address, secret = services.address(route), services.secret
    identity = {} if route.login is None else WALLS[route.login].identity
    return _Location(place.path, place.exact, keys.new(route), "answer", route, address, secret, identity)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    text = resources.files(__package__).joinpath("nginx.conf.j2").read_text(encoding="utf-8")
    # Not HTML: what may stand in it was checked when the configuration was read.
    return Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=False).from_string(text)  # noqa: S701

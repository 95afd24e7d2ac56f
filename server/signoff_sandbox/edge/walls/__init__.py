"""Login walls by the name that a route calls them, and the pages that they send people to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from signoff_sandbox.edge.config import LoginKind, Route
from signoff_sandbox.edge.walls import cloudflare, iap, oauth2_proxy, providers, schemes
from signoff_sandbox.edge.walls.asked import Asked, Wall

WALLS: dict[LoginKind, Wall] = {
    "iap": iap.IAP,
    "cloudflare-access": cloudflare.CLOUDFLARE_ACCESS,
    "cloudflare-service-token": cloudflare.CLOUDFLARE_SERVICE_TOKEN,
    "oauth2-proxy": oauth2_proxy.OAUTH2_PROXY,
    "oauth2-proxy-page": oauth2_proxy.OAUTH2_PROXY_PAGE,
    "form": providers.FORM,
    "google": providers.GOOGLE_SIGN_IN,
    "oidc": providers.OPENID_CONNECT,
    "saml": providers.SAML_2,
    "basic": schemes.BASIC,
    "bearer": schemes.BEARER,
}

#: Where a wall sends people unless its route says otherwise; the others send nobody anywhere.
_SENDS_TO: dict[LoginKind, str] = {
    "iap": iap.AUTHORIZE,
    "cloudflare-access": cloudflare.TEAM,
    "oauth2-proxy": oauth2_proxy.PROVIDER,
    "oauth2-proxy-page": oauth2_proxy.PROVIDER,
    "form": providers.LOGIN,
    "google": providers.GOOGLE,
    "oidc": providers.OIDC,
    "saml": providers.SAML,
}


def login_hosts(routes: Iterable[Route]) -> set[str]:
    """Hosts of login pages. The edge has a page for each, so that a client that follows redirects ends on one."""
    hosts = {urlsplit(_sends_to(route) or "").hostname for route in routes}
    return {host for host in hosts if host}


def login_paths(routes: Iterable[Route]) -> dict[str, Route]:
    """Paths of login pages on the protected host itself: path -> a route that needs it; `…/` is a prefix."""
    paths: dict[str, Route] = {}
    for route in routes:
        if route.login in ("oauth2-proxy", "oauth2-proxy-page"):
            paths.setdefault(oauth2_proxy.PREFIX, route)
        elif (at := _sends_to(route)) and at.startswith("/"):
            paths.setdefault(at.partition("?")[0], route)
    return paths


def _sends_to(route: Route) -> str | None:
    return None if route.login is None else route.login_at or _SENDS_TO.get(route.login)


__all__ = ["WALLS", "Asked", "Wall", "login_hosts", "login_paths"]

"""Cloudflare Access, with a login page and for service tokens alone.

The redirect and the cookie CF_Authorization: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/
Service tokens: https://developers.cloudflare.com/cloudflare-one/identity/service-tokens/
An application whose only policy is for service tokens has no login page to send anybody to; it answers 403 with
cf-access-aud and cf-access-domain.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets

from starlette.responses import Response

from signoff_sandbox.edge.walls.asked import VISITOR, Asked, Wall, login_redirect, page, same, set_cookie

TEAM = "https://sandbox.cloudflareaccess.com"
RAY = "-FRA"


def to_login_page(asked: Asked) -> Response:
    host = asked.host.partition(":")[0]
    team = asked.route.login_at or TEAM
    response = login_redirect(
        f"{team}/cdn-cgi/access/login/{host}",
        {"kid": _audience(host), "meta": _meta(asked, host), "redirect_url": asked.target},
    )
    metadata = f"https://{host}/.well-known/cloudflare-access-protected-resource{asked.target.partition('?')[0]}"
    response.headers["www-authenticate"] = f'Cloudflare-Access resource_metadata="{metadata}"'
    set_cookie(response, "CF_AppSession", f"n{secrets.token_hex(8)}", 86400)
    return _from_cloudflare(response)


def refused(asked: Asked) -> Response:
    host = asked.host.partition(":")[0]
    response = page("Forbidden", "<h1>Forbidden</h1><p>You don't have permission to view this.</p>", 403)
    response.headers["cf-access-aud"] = _audience(host)
    response.headers["cf-access-domain"] = host
    return _from_cloudflare(response)


def admits(asked: Asked) -> bool:
    """A session's cookie or token, or a service token: CF-Access-Client-Secret beside any CF-Access-Client-Id."""
    credential = asked.route.credential
    secret = asked.headers.get("cf-access-client-secret", "")
    if "cf-access-client-id" in asked.headers and same(secret, credential):
        return True
    if asked.route.login == "cloudflare-service-token":
        return False
    return asked.shows(credential, headers=("cf-access-token",), cookies=("CF_Authorization",))


def _audience(host: str) -> str:
    return hashlib.sha256(host.encode()).hexdigest()


def _meta(asked: Asked, host: str) -> str:
    """A token of the shape of Cloudflare's, signed by nobody."""
    said = {"type": "meta", "aud": _audience(host), "hostname": host, "redirect_url": asked.target}
    header = {"alg": "RS256", "typ": "JWT"}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, said)]
    return ".".join([*parts, secrets.token_urlsafe(64)])


def _from_cloudflare(response: Response) -> Response:
    response.headers["server"] = "cloudflare"
    response.headers["cf-ray"] = secrets.token_hex(8) + RAY
    return response


_IDENTITY = {"Cf-Access-Authenticated-User-Email": VISITOR}
CLOUDFLARE_ACCESS = Wall(to_login_page, admits, _IDENTITY)
CLOUDFLARE_SERVICE_TOKEN = Wall(refused, admits)

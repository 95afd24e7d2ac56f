"""Who answers in a workload's place: one small rule a wall, tried in this order.

A rule explains and never proves: that nothing arrived is shown by the request log alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from signoff.model.arrival import Wall, WallKind
from signoff.model.http import Response
from signoff.model.quoted import Quoted
from signoff.reading.reply import Reply

Shown = tuple[str, Quoted]
"""The field that gives a wall away, and what it holds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """See `Wall` for the words; `find` gives what shows that it is this wall, or None."""

    kind: WallKind
    called: str
    find: Callable[[Reply], Shown | None]
    change: str
    docs: str
    guards: bool = True


def wall(url: str, response: Response) -> Wall | None:
    """The first wall whose rule fits the answer to a request of `url`; None: nothing gives one away."""
    reply = Reply(url, response)
    for rule in RULES:
        if (shown := rule.find(reply)) is not None:
            return Wall(rule.kind, rule.called, *shown, guards=rule.guards, change=rule.change, docs=rule.docs)
    return None


def named(kind: str, shown: str, value: Quoted) -> Wall | None:
    """A wall that was recognised before, from what was kept of it; None for a kind that is not known any more."""
    for rule in RULES:
        if rule.kind == kind:
            return Wall(rule.kind, rule.called, shown, value, guards=rule.guards, change=rule.change, docs=rule.docs)
    return None


def _header(reply: Reply, name: str) -> Shown | None:
    return (f"header {name}", Quoted(value)) if (value := reply.header(name)) else None


def _leads(reply: Reply) -> Shown:
    return "header location", reply.shown_location()


def _iap(reply: Reply) -> Shown | None:
    return _header(reply, "x-goog-iap-generated-response")


def _cloudflare_access(reply: Reply) -> Shown | None:
    if reply.leads_to.endswith(".cloudflareaccess.com") or "/cdn-cgi/access/login" in reply.shown_location().outside:
        return _leads(reply)
    if reply.header("www-authenticate").lower().startswith("cloudflare-access"):
        return _header(reply, "www-authenticate")
    return _header(reply, "cf-access-domain") or _header(reply, "cf-access-aud")


def _bot_challenge(reply: Reply) -> Shown | None:
    return _header(reply, "cf-mitigated")


def _oauth2_proxy(reply: Reply) -> Shown | None:
    """Also where it sends straight on to the provider: its cookie and its callback say so."""
    if (
        reply.redirects
        and reply.location is not None
        and re.match(r"/oauth2/(start|sign_in|auth)", reply.location.path)
    ):
        return _leads(reply)
    cookie = next((name for name in sorted(reply.cookies) if name.startswith("_oauth2_proxy")), None)
    if cookie and (reply.redirects or reply.status in {401, 403}):
        return "header set-cookie", Quoted(cookie)
    if reply.query.get("redirect_uri", "").rstrip("/").endswith("/oauth2/callback"):
        return _leads(reply)
    if reply.status in {401, 403} and re.search(r'action="[^"]*/oauth2/(start|sign_in)"', reply.text):
        return "body", Quoted('a form that leads to "/oauth2/start"')
    return None


def _google_sign_in(reply: Reply) -> Shown | None:
    return _leads(reply) if reply.leads_to == "accounts.google.com" else None


def _saml(reply: Reply) -> Shown | None:
    if "SAMLRequest" in reply.query:
        return _leads(reply)
    return ("body", Quoted('a form with "SAMLRequest"')) if 'name="samlrequest"' in reply.text else None


_PROVIDERS = re.compile(
    r"(^|\.)(login\.microsoftonline\.com|login\.microsoft\.com|okta\.com|oktapreview\.com|auth0\.com|amazoncognito\.com"
    r"|onelogin\.com|pingone\.com|ciamlogin\.com|b2clogin\.com|workos\.com|clerk\.accounts\.dev)$"
)


def _oidc(reply: Reply) -> Shown | None:
    asks = "client_id" in reply.query and ("response_type" in reply.query or "scope" in reply.query)
    return _leads(reply) if asks or _PROVIDERS.search(reply.leads_to) else None


def _basic(reply: Reply) -> Shown | None:
    said = reply.header("www-authenticate")
    return ("header www-authenticate", Quoted(said)) if reply.status == 401 and said.lower()[:6] == "basic " else None


_NOT_INVOKER = re.compile(
    r"the request was not authenticated\. either allow unauthenticated invocations"
    r"|your client does not have permission to get url|the access token could not be verified"
)


def _invoker(reply: Reply) -> Shown | None:
    found = _NOT_INVOKER.search(reply.text) if reply.status in {401, 403} else None
    return ("body", Quoted(found[0])) if found else None


_GOOGLE_404 = re.compile(
    r"error 404 \(not found\)!!1"
    r"|<h1>error: [^<]{1,40}</h1> ?<h2>(the requested url was not found on this server|page not found)"
)
_RESERVED = re.compile(r"/eventlog|/_ah/.*|.*z")


def _google_404(reply: Reply) -> Shown | None:
    found = _GOOGLE_404.search(reply.text) if reply.status == 404 and reply.html else None
    return ("body", Quoted(re.sub(r"<[^>]*> ?", "", found[0]))) if found else None


def _reserved_path(reply: Reply) -> Shown | None:
    return _google_404(reply) if _RESERVED.fullmatch(reply.asked.path) else None


_LOGIN_PATH = re.compile(r"(^|/)(log-?in|sign-?in|sign_in|log_in|sso|auth|authorize|session/new|sessions/new)(/|\.|$)")
_LOGIN_HOST = re.compile(r"(login|auth|sso|signin|sign-in|accounts?|idp?|identity|keycloak)\.")


def _login_redirect(reply: Reply) -> Shown | None:
    """A path of that name, or another host that is told where to come back to."""
    if not reply.redirects or reply.location is None:
        return None
    back = any(reply.asked.path in value and len(reply.asked.path) > 1 for value in reply.query.values())
    back = back or any((reply.asked.hostname or "-") in value for value in reply.query.values())
    elsewhere = reply.leads_to != reply.asked.hostname
    to_login = _LOGIN_PATH.search(reply.location.path.lower()) and reply.location.path != reply.asked.path
    if to_login or (elsewhere and (back or _LOGIN_HOST.match(reply.leads_to))):
        return _leads(reply)
    return None


def _login_page(reply: Reply) -> Shown | None:
    shown = reply.html and reply.status in {200, 401, 403} and re.search(r"type=[\"']?password", reply.text)
    return ("body", Quoted("a form with a password")) if shown else None


def _moved(reply: Reply) -> Shown | None:
    """The same path at another host or scheme: a name for the same thing, not a wall."""
    if not reply.redirects or reply.location is None:
        return None
    same = reply.location.path.rstrip("/") == reply.asked.path.rstrip("/")
    other = (reply.location.scheme, reply.location.netloc) != (reply.asked.scheme, reply.asked.netloc)
    return _leads(reply) if same and other else None


_EXEMPT = 'exempt the path there, or write an identity or expect = "blocked" for it in signoff.toml'

RULES: tuple[Rule, ...] = (
    Rule(
        "iap",
        "Identity-Aware Proxy",
        _iap,
        "who runs the load balancer: let the path past Identity-Aware Proxy (a backend service of its own without it),"
        ' or write an identity or expect = "blocked" for it in signoff.toml',
        "https://cloud.google.com/iap/docs/query-parameters-and-headers-howto",
    ),
    Rule(
        "cloudflare-access",
        "Cloudflare Access",
        _cloudflare_access,
        f"who runs the Cloudflare zone: the path is inside of an Access application; {_EXEMPT}",
        "https://developers.cloudflare.com/cloudflare-one/policies/access/app-paths/",
    ),
    Rule(
        "bot-challenge",
        "a challenge of Cloudflare against bots",
        _bot_challenge,
        "who runs the Cloudflare zone: let requests with the User-Agent signoff-smoke past the challenge",
        "https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/",
        guards=False,
    ),
    Rule(
        "oauth2-proxy",
        "oauth2-proxy",
        _oauth2_proxy,
        f"who runs oauth2-proxy: add the path to skip_auth_routes; or {_EXEMPT}",
        "https://oauth2-proxy.github.io/oauth2-proxy/features/endpoints",
    ),
    Rule(
        "saml",
        "a SAML identity provider",
        _saml,
        f"who runs the sign-in in front: {_EXEMPT}",
        "https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf",
    ),
    Rule(
        "google-sign-in",
        "a Google sign-in",
        _google_sign_in,
        f"who runs the sign-in in front: {_EXEMPT}",
        "https://developers.google.com/identity/protocols/oauth2/web-server",
    ),
    Rule(
        "oidc",
        "an OpenID Connect provider",
        _oidc,
        f"who runs the sign-in in front: {_EXEMPT}",
        "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest",
    ),
    Rule(
        "basic",
        "basic authentication",
        _basic,
        f"who runs the edge that asks for a password: {_EXEMPT}",
        "https://www.rfc-editor.org/rfc/rfc7617",
    ),
    Rule(
        "invoker",
        "Cloud Run's invoker check",
        _invoker,
        "who runs the service: give roles/run.invoker to allUsers if everybody may call it, or write an identity in"
        " signoff.toml that may",
        "https://cloud.google.com/run/docs/authenticating/public",
    ),
    Rule(
        "reserved-path",
        "Google's front end, which keeps this path for itself,",
        _reserved_path,
        "who writes the application: serve it under another path, such as /health",
        "https://cloud.google.com/run/docs/known-issues#ah",
        guards=False,
    ),
    Rule(
        "google-404",
        "Google's front end, which knows no such address,",
        _google_404,
        "who runs the service: look at its ingress setting, its URL and its region",
        "https://cloud.google.com/run/docs/troubleshooting#404",
    ),
    Rule("login-redirect", "a sign-in", _login_redirect, f"who runs the sign-in: {_EXEMPT}", ""),
    Rule("login-page", "a sign-in page", _login_page, f"who runs the sign-in: {_EXEMPT}", ""),
    Rule(
        "moved",
        "a redirect to another address of the same thing",
        _moved,
        "who keeps signoff.toml: write the address that it leads to as url",
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.4",
        guards=False,
    ),
)

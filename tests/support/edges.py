"""Answers of walls and of things that look like one, in the shapes in which their makers document them."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.model.http import Response
from signoff.model.quoted import Quoted
from support.answering import answer

GOOGLE_404 = (
    "<html><head>\n<title>404 Page not found</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n"
    "<h1>Error: Page not found</h1>\n<h2>The requested URL was not found on this server.</h2>\n<h2></h2>\n"
    "</body></html>"
)
RESERVED_404 = (
    "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> <ins>That's an error.</ins>"
    "<p>The requested URL <code>/healthz</code> was not found on this server. <ins>That's all we know.</ins>"
)
FORBIDDEN = (
    "<html><head>\n<title>403 Forbidden</title>\n</head>\n<body><h1>Error: Forbidden</h1>\n"
    "<h2>Your client does not have permission to get URL <code>/api</code> from this server.</h2></body></html>"
)
HTML, JSON = "Content-Type: text/html; charset=UTF-8", "Content-Type: application/json"


@dataclass(frozen=True)
class Given:
    """An answer on the wire."""

    status: str
    headers: tuple[str, ...] = ()
    body: str = ""

    @property
    def wire(self) -> bytes:
        return answer(self.status, *self.headers, body=self.body)

    @property
    def response(self) -> Response:
        pairs = (header.split(": ", 1) for header in self.headers)
        code = int(self.status.split()[0])
        return Response(code, tuple((name.lower(), Quoted(value)) for name, value in pairs), self.body.encode())


def given(status: str, *headers: str, body: str = "") -> Given:
    return Given(status, headers, body)


def found(location: str, *headers: str) -> Given:
    return given("302 Found", f"Location: {location}", *headers)


_GOOGLE = "https://accounts.google.com/o/oauth2/v2/auth?client_id=1.apps.googleusercontent.com&response_type=code"
WALLS: dict[str, tuple[str, Given]] = {
    "IAP, a browser": ("iap", found(_GOOGLE, "X-Goog-IAP-Generated-Response: true")),
    "IAP, a program": (
        "iap",
        given("401 Unauthorized", "X-Goog-IAP-Generated-Response: true", body="Invalid IAP credentials: empty token"),
    ),
    "Cloudflare Access": (
        "cloudflare-access",
        found("https://acme.cloudflareaccess.com/cdn-cgi/access/login/app.example.com?kid=1&redirect_url=%2Fapi"),
    ),
    "Cloudflare Access, a program": (
        "cloudflare-access",
        given("401 Unauthorized", "WWW-Authenticate: Cloudflare-Access resource_metadata=https://x", JSON, body="{}"),
    ),
    "a bot challenge": (
        "bot-challenge",
        given("403 Forbidden", "cf-mitigated: challenge", HTML, body="<title>Just a moment...</title>"),
    ),
    "oauth2-proxy": ("oauth2-proxy", found("/oauth2/start?rd=%2Fapi", "Set-Cookie: _oauth2_proxy_csrf=x; Path=/")),
    "oauth2-proxy to Google": (
        "oauth2-proxy",
        found(f"{_GOOGLE}&redirect_uri=https%3A%2F%2Fapp.example.com%2Foauth2%2Fcallback"),
    ),
    "oauth2-proxy, its page": (
        "oauth2-proxy",
        given("403 Forbidden", HTML, body='<form method="GET" action="/oauth2/start"><button>Sign in</button></form>'),
    ),
    "a Google sign-in": ("google-sign-in", found(_GOOGLE)),
    "SAML by redirect": ("saml", found("https://idp.example.org/sso?SAMLRequest=fZ&RelayState=x")),
    "SAML by form": (
        "saml",
        given("200 OK", HTML, body='<form method="post"><input type="hidden" name="SAMLRequest" value="PD9"/></form>'),
    ),
    "Entra ID": (
        "oidc",
        found("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=1&response_type=code"),
    ),
    "Keycloak": ("oidc", found("https://id.example.org/realms/a/protocol/openid-connect/auth?client_id=1&scope=openid")),
    "basic authentication": ("basic", given("401 Unauthorized", 'WWW-Authenticate: Basic realm="staging"')),
    "the invoker check": ("invoker", given("403 Forbidden", HTML, "Server: Google Frontend", body=FORBIDDEN)),
    "an identity that may not": (
        "invoker",
        given("401 Unauthorized", HTML, 'WWW-Authenticate: Bearer error="invalid_token"', body=FORBIDDEN),
    ),
    "a host that Google does not know": ("google-404", given("404 Not Found", HTML, body=GOOGLE_404)),
    "a sign-in of a framework": ("login-redirect", found("/login?next=%2Fapi")),
    "a sign-in elsewhere": ("login-redirect", found("https://members.example.org/?rd=https%3A%2F%2Fapp.example.com%2Fapi")),
    "a sign-in page": ("login-page", given("200 OK", HTML, body='<input name="p" type="password">')),
    "an apex name": ("moved", given("301 Moved Permanently", "Location: https://www.app.example.com/api")),
}  # fmt: skip

QUIET: dict[str, Given] = {
    "JSON": given("200 OK", JSON, body='{"ok": true}'),
    "a page": given("200 OK", HTML, body="<h1>Reports</h1><a href='/login'>Sign in</a>"),
    "a redirect inside": found("/api/v2"),
    "a redirect with a slash": given("308 Permanent Redirect", "Location: /api/"),
    "a short link": found("https://files.example.net/report.pdf?signature=abc"),
    "a 404 of Apache": given(
        "404 Not Found", HTML, "Server: Google Frontend",
        body="<h1>Not Found</h1><p>The requested URL was not found on this server.</p>",
    ),
    "a 404 of an application": given("404 Not Found", JSON, body='{"detail": "Not Found"}'),
    "a 403 of an application": given("403 Forbidden", JSON, body='{"detail": "Not authenticated"}'),
    "a bearer that is asked for": given("401 Unauthorized", "WWW-Authenticate: Bearer", JSON, body="{}"),
    "a page about SAML": given("200 OK", HTML, body="<p>Send a SAMLRequest</p>"),
}  # fmt: skip

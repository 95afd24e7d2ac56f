"""Logins that an application starts itself: its form, Google, OpenID Connect and SAML; a session cookie passes them."""

from __future__ import annotations

import base64
import secrets
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from signoff_sandbox.edge.walls.asked import Asked, Wall, login_redirect, nonce, set_cookie

LOGIN = "/login"
GOOGLE = "https://accounts.google.com/o/oauth2/v2/auth"
OIDC = "https://sandbox.eu.auth0.com/authorize"
SAML = "https://idp.example.com/sso/saml"
COOKIES = ("session", "sessionid", "connect.sid")


def form(asked: Asked) -> Response:
    """https://docs.djangoproject.com/en/stable/topics/auth/default/#the-login-required-decorator"""
    return login_redirect(asked.route.login_at or LOGIN, {"next": asked.target})


def google(asked: Asked) -> Response:
    """https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient"""
    return _authorize(asked, GOOGLE, "sandbox-app.apps.googleusercontent.com", "/auth/google/callback")


def oidc(asked: Asked) -> Response:
    """https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest"""
    return _authorize(asked, OIDC, "Xq2sandboxClient", "/callback", nonce=nonce())


def saml(asked: Asked) -> Response:
    """https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf, 3.4: the HTTP redirect binding."""
    destination = asked.route.login_at or SAML
    request = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Version="2.0" '
        f'ID="_{secrets.token_hex(16)}" IssueInstant="{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}" '
        f'Destination="{destination}" AssertionConsumerServiceURL="{asked.origin}/saml/acs">'
        f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{asked.origin}/saml/metadata</saml:Issuer>'
        "</samlp:AuthnRequest>"
    )
    packed = zlib.compress(request.encode(), 9)[2:-4]  # DEFLATE alone, without zlib's frame
    return login_redirect(destination, {"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": asked.url})


def admits(asked: Asked) -> bool:
    return asked.shows(asked.route.credential, cookies=COOKIES)


def _authorize(asked: Asked, at: str, client: str, callback: str, **more: str) -> Response:
    response = login_redirect(
        asked.route.login_at or at,
        {
            "client_id": client,
            "redirect_uri": asked.origin + callback,
            "response_type": "code",
            "scope": "openid email profile",
            "state": nonce(),
            **more,
        },
    )
    set_cookie(response, "oauth_state", nonce(), 600)
    return response


def _by_session(challenge: Callable[[Asked], Response]) -> Wall:
    return Wall(challenge, admits)


FORM, GOOGLE_SIGN_IN, OPENID_CONNECT, SAML_2 = map(_by_session, (form, google, oidc, saml))

"""Google's Identity-Aware Proxy.

A browser is redirected to Google's sign-in, a script (X-Requested-With: XMLHttpRequest) and a wrong token get 401:
https://cloud.google.com/iap/docs/sessions-howto
Tokens go into Authorization or Proxy-Authorization: https://cloud.google.com/iap/docs/authentication-howto
What the service is told: https://cloud.google.com/iap/docs/identity-howto (the signed assertion is not modelled).
"""

from __future__ import annotations

import secrets

from starlette.responses import Response

from signoff_sandbox.edge.walls.asked import VISITOR, Asked, Wall, login_redirect, nonce, set_cookie

CLIENT = "318445729914-sandbox.apps.googleusercontent.com"
AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
TOKENS = ("proxy-authorization", "authorization")
MARK = "x-goog-iap-generated-response"


def challenge(asked: Asked) -> Response:
    token = any(asked.headers.get(name, "").lower().startswith("bearer ") for name in TOKENS)
    if token or asked.headers.get("x-requested-with", "") == "XMLHttpRequest":
        why = "Unable to parse JWT" if token else "empty token"
        response = Response(f"Invalid IAP credentials: {why}", 401, media_type="text/html")
    else:
        response = login_redirect(
            asked.route.login_at or AUTHORIZE,
            {
                "client_id": CLIENT,
                "response_type": "code",
                "scope": "openid email",
                "redirect_uri": f"https://iap.googleapis.com/v1/oauth/clientIds/{CLIENT}:handleRedirect",
                "code_challenge": nonce(),
                "code_challenge_method": "S256",
                "cred_ref": "true",
                "state": secrets.token_urlsafe(48),
            },
            "Invalid IAP credentials: empty token",
        )
        set_cookie(response, f"GCP_IAP_XSRF_NONCE_{nonce()}", "1", 600)
    response.headers[MARK] = "true"
    response.headers["server"] = "Google Frontend"
    return response


def admits(asked: Asked) -> bool:
    return asked.shows(
        asked.route.credential,
        headers=TOKENS,
        cookies=("__Host-GCP_IAP_AUTH_TOKEN_*", "GCP_IAAP_AUTH_TOKEN_*"),
    )


IAP = Wall(
    challenge,
    admits,
    {
        "X-Goog-Authenticated-User-Email": f"accounts.google.com:{VISITOR}",
        "X-Goog-Authenticated-User-Id": "accounts.google.com:100000000000000000001",
    },
)

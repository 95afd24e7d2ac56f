"""oauth2-proxy, beside nginx (auth_request) and in front of the application by itself.

https://oauth2-proxy.github.io/oauth2-proxy/configuration/integration: nginx sends everybody to /oauth2/start?rd=…
https://oauth2-proxy.github.io/oauth2-proxy/behaviour: by itself it answers 403 with its sign-in page, and 401 to
whoever accepts application/json alone.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from signoff_sandbox.edge.walls.asked import VISITOR, Asked, Wall, login_redirect, nonce, page, set_cookie

PREFIX = "/oauth2/"
COOKIE = "_oauth2_proxy"
PROVIDER = "https://accounts.google.com/o/oauth2/auth"
CLIENT = "oauth2-proxy-sandbox.apps.googleusercontent.com"
SIGN_IN = (
    '<div class="sign-in-box"><form method="GET" action="/oauth2/start"><input type="hidden" name="rd" value="/">'
    '<button type="submit" class="button is-primary">Sign in with Google</button></form></div>'
    '<footer>Secured with <a href="https://github.com/oauth2-proxy/oauth2-proxy#oauth2_proxy">OAuth2 Proxy</a></footer>'
)


def to_start(asked: Asked) -> Response:
    return login_redirect(f"{asked.origin}/oauth2/start", {"rd": asked.target})


def sign_in_page(asked: Asked) -> Response:
    if asked.accepts_json_alone:
        return JSONResponse({}, 401)
    return _without_session(page("Sign In", SIGN_IN, 403))


def own_page(asked: Asked) -> Response:
    """What oauth2-proxy answers at its own paths."""
    path, _, _ = asked.target.partition("?")
    if path == "/oauth2/start":
        response = login_redirect(
            asked.route.login_at or PROVIDER,
            {
                "approval_prompt": "force",
                "client_id": CLIENT,
                "redirect_uri": f"{asked.origin}/oauth2/callback",
                "response_type": "code",
                "scope": "openid email profile",
                "state": f"{nonce()}:/",
            },
        )
        set_cookie(response, f"{COOKIE}_csrf", nonce(), 900)
        return response
    if path == "/oauth2/sign_in":
        return _without_session(page("Sign In", SIGN_IN))
    if path == "/oauth2/auth":
        return Response(status_code=202) if admits(asked) else Response("Unauthorized\n", 401)
    return page("404 Not Found", "<h1>404 Not Found</h1>", 404)


def admits(asked: Asked) -> bool:
    return asked.shows(asked.route.credential, headers=("authorization",), cookies=(COOKIE,))


def _without_session(response: Response) -> Response:
    response.delete_cookie(COOKIE, secure=True, httponly=True)
    return response


_IDENTITY = {"X-Forwarded-User": VISITOR, "X-Forwarded-Email": VISITOR}
OAUTH2_PROXY = Wall(to_start, admits, _IDENTITY)
OAUTH2_PROXY_PAGE = Wall(sign_in_page, admits, _IDENTITY)

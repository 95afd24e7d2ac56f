"""What nginx asks the edge itself: may a request pass, how old is a cached answer, and answers without a backend.

Paths: /check/KEY (204 or 401), /wall/KEY (a login's challenge), /login/KEY (a login's page on the protected host),
/answer/KEY (a fixed answer or a redirect), /page/NAME. KEY names a route of the running configuration.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path

from signoff_sandbox.edge.cache import Cache
from signoff_sandbox.edge.config import Route
from signoff_sandbox.edge.walls import WALLS, Asked, oauth2_proxy
from signoff_sandbox.edge.walls.asked import page

AGE = "x-edge-age"
# What Google's load balancer says when no backend answers, and when no path leads anywhere.
_UNAVAILABLE = (
    "<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error and could not complete your request."
    "<p>Please try again in 30 seconds.</h2>"
)
_NOWHERE = (
    "<p><b>404.</b> <ins>That's an error.</ins><p>The requested URL was not found on this server. "
    "<ins>That's all we know.</ins>"
)
_SIGN_IN = '<h1>Sign in</h1><form method="post"><input type="email" name="email"><input type="password"></form>'


class Gate:
    """`routes`: by key; those of a configuration that is being replaced stay until nothing asks for them."""

    def __init__(self, cache: Cache) -> None:
        self.routes: dict[str, Route] = {}
        self._cache = cache

    def application(self, *more: BaseRoute) -> Starlette:
        """The ASGI application, with further paths beside the gate's."""
        return Starlette(
            routes=[
                Path("/check/{key}", self._check),
                Path("/wall/{key}", self._wall),
                Path("/login/{key}", self._login),
                Path("/answer/{key}", self._answer),
                Path("/page/{name}", self._page),
                *more,
            ]
        )

    async def _check(self, request: Request) -> Response:
        asked = self._asked(request)
        login = asked.route.login
        if login is not None and not WALLS[login].admits(asked):
            return Response(status_code=401)
        age = None
        if asked.route.cache is not None:
            age = self._cache.age(f"{asked.scheme}://{asked.host.partition(':')[0].lower()}{asked.target}")
        return Response(status_code=204, headers={} if age is None else {AGE: str(age)})

    async def _wall(self, request: Request) -> Response:
        asked = self._asked(request)
        assert asked.route.login is not None, "nginx asks for a wall where there is one"
        return WALLS[asked.route.login].challenge(asked)

    async def _login(self, request: Request) -> Response:
        asked = self._asked(request)
        if asked.target.startswith(oauth2_proxy.PREFIX):
            return oauth2_proxy.own_page(asked)
        return page("Sign in", _SIGN_IN)

    async def _answer(self, request: Request) -> Response:
        route = self._asked(request).route
        if route.redirect is not None:
            return Response(status_code=301, headers={"location": route.redirect})
        assert route.answer is not None, "nginx asks for an answer where there is one"
        answer = route.answer
        return Response(answer.body, answer.status, {**answer.headers, "content-type": answer.type})

    async def _page(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "unavailable":
            return page("502 Server Error", _UNAVAILABLE, 502)
        if name == "sign-in":
            return page("Sign in", _SIGN_IN)
        return page("Error 404 (Not Found)!!1", _NOWHERE, 404)

    def _asked(self, request: Request) -> Asked:
        headers = request.headers
        return Asked(
            self.routes[request.path_params["key"]],
            headers.get("x-edge-scheme", "http"),
            headers.get("host", ""),
            headers.get("x-edge-target", "/"),
            headers,
        )

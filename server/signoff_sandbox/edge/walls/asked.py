"""A request as a login wall sees it, and what a wall is."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from signoff_sandbox.edge.config import Route


@dataclass(frozen=True, slots=True)
class Asked:
    """A request at the edge; `target` is its path and query as they came."""

    route: Route
    scheme: str
    host: str
    target: str
    headers: Headers

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def url(self) -> str:
        return self.origin + self.target

    @property
    def accepts_json_alone(self) -> bool:
        return self.headers.get("accept", "") == "application/json"

    def shows(self, credential: str, *, headers: tuple[str, ...] = (), cookies: tuple[str, ...] = ()) -> bool:
        """Whether the credential is the value of one of these headers, as a bearer token or bare, or cookies."""
        shown = [self.headers.get(name, "") for name in headers]
        shown = [value[7:] if value[:7].lower() == "bearer " else value for value in shown]
        held = self._cookies()
        shown += [held[name] for name in held if any(_fits(name, wanted) for wanted in cookies)]
        return any(same(value, credential) for value in shown)

    def basic_credentials(self) -> str:
        """`user:password` of Basic authentication; "" without."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return ""
        try:
            return base64.b64decode(value, validate=True).decode()
        except ValueError:
            return ""

    def _cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}
        except CookieError:
            return {}


@dataclass(frozen=True, slots=True)
class Wall:
    """`identity`: headers that the service gets of a request that passed."""

    challenge: Callable[[Asked], Response]
    admits: Callable[[Asked], bool]
    identity: Mapping[str, str] = field(default_factory=dict)


VISITOR = "visitor@example.com"


def same(shown: str, wanted: str) -> bool:
    return hmac.compare_digest(shown.encode(), wanted.encode())


def login_redirect(location: str, parameters: Mapping[str, str], body: str = "") -> Response:
    """302 to a login page; a browser would go there with the parameters."""
    glue = "&" if "?" in location else "?"
    target = f"{location}{glue}{urlencode(parameters, quote_via=quote)}"
    return Response(body, 302, headers={"location": target, "cache-control": "no-cache, no-store, must-revalidate"})


def page(title: str, text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html>\n<html lang="en">\n<head><title>{title}</title></head>\n<body>{text}</body>\n</html>\n',
        status,
    )


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, seconds, secure=True, httponly=True, samesite=None)


def nonce() -> str:
    return secrets.token_urlsafe(16)


def _fits(name: str, wanted: str) -> bool:
    """A wanted name that ends in `*` is the beginning of one."""
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted

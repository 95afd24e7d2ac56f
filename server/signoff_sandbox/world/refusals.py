"""What Google's front end answers by itself, in its own words and pages, and what it writes into the log about that.

https://cloud.google.com/run/docs/troubleshooting#serving
"""

from __future__ import annotations

import html
from email.utils import formatdate
from typing import Any

HTML, PLAIN = "text/html; charset=UTF-8", "text/plain"
SERVER = (b"server", b"Google Frontend")
_MORE = " Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#"
_AUTHENTICATING = " Read more at https://cloud.google.com/run/docs/securing/authenticating"

_PAGE = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {heading}</h1>
<h2>{sentence}</h2>
<h2></h2>
</body></html>
"""
_ROBOT = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That's an error.</ins>
  <p>The requested URL <code>{path}</code> was not found on this server.  <ins>That's all we know.</ins>
"""


class Refused(Exception):
    """The platform answers instead of the service; `text` goes into the log of requests."""

    def __init__(
        self, status: int, text: str, body: str, kind: str = HTML, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(text)
        self.status, self.text, self.body, self.kind, self.headers = status, text, body, kind, headers

    async def send(self, send: Any) -> None:
        """Answer with it, as an ASGI application does."""
        body = self.body.encode()
        headers = [
            (b"content-type", self.kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"date", formatdate(usegmt=True).encode()),
            SERVER,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def not_found() -> Refused:
    """No such service, or none that may be reached from there. Never in the log."""
    body = _page("404 Page not found", "Page not found", "The requested URL was not found on this server.")
    return Refused(404, "", body)


def reserved(path: str) -> Refused:
    """A path that never reaches a container. Never in the log."""
    return Refused(404, "", _ROBOT.format(path=html.escape(path)))


def unsupported(method: str) -> Refused:
    """https://cloud.google.com/run/docs/known-issues: TRACE and CONNECT never reach a container. Never in the log."""
    sentence = f"The request method <code>{html.escape(method)}</code> is inappropriate for the URL."
    return Refused(405, "", _page("405 Method Not Allowed", "Method Not Allowed", sentence))


def unauthenticated(path: str) -> Refused:
    """Nobody said who asks, and not everybody may."""
    text = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization"
    return Refused(403, f"{text} header.{_AUTHENTICATING}{_MORE}unauthorized-client", _forbidden(path))


def forbidden(path: str) -> Refused:
    """Whoever asks is known and may not."""
    text = f"The request was not authorized to invoke this service.{_AUTHENTICATING}{_MORE}403"
    return Refused(403, text, _forbidden(path))


def unverified(path: str) -> Refused:
    """The token is not one for this service: expired, of somebody else, for another audience, or no identity token."""
    sentence = f"Your client does not have permission to the requested URL <code>{html.escape(path)}</code>."
    return Refused(
        401,
        "The request was not authorized to invoke this service. The access token could not be verified."
        f"{_AUTHENTICATING}{_MORE}401",
        _page("401 Unauthorized", "Unauthorized", sentence),
        headers=(
            (
                b"www-authenticate",
                b'Bearer error="invalid_token" error_description="The access token could not be verified"',
            ),
        ),
    )


def no_instance(status: int = 429) -> Refused:
    """429: there may be no more instances. 500: they do not come fast enough. 503: there is nothing to start."""
    text = (
        "The request was aborted because there was no available instance. The Cloud Run service might have reached its "
        "maximum container instance limit or the service was otherwise not able to scale to incoming requests. This "
        "might be caused by a sudden increase in traffic, a long container startup time or a long request processing "
        f"time.{_MORE}abort-request"
    )
    if status == 429:
        return Refused(429, text, "Rate exceeded.", "text/html")
    return Refused(status, text, *(_unavailable() if status == 503 else (_server_error(),)))


def not_started() -> Refused:
    text = f"The request failed because the instance could not start successfully.{_MORE}instance-start-failed"
    return Refused(500, text, _server_error())


def broken() -> Refused:
    text = (
        "The request failed because either the HTTP response was malformed or connection to the instance had an error."
    )
    return Refused(503, f"{text}{_MORE}malformed-response-or-connection-error", *_unavailable())


def timed_out() -> Refused:
    text = (
        "The request has been terminated because it has reached the maximum request timeout. To change this limit, see"
    )
    link = "https://cloud.google.com/run/docs/configuring/request-timeout"
    return Refused(504, f"{text} {link}", "upstream request timeout", PLAIN)


def _forbidden(path: str) -> str:
    sentence = f"Your client does not have permission to get URL <code>{html.escape(path)}</code> from this server."
    return _page("403 Forbidden", "Forbidden", sentence)


def _server_error() -> str:
    sentence = "The server encountered an error and could not complete your request.<p>Please try again in 30 seconds."
    return _page("500 Server Error", "Server Error", sentence)


def _unavailable() -> tuple[str, str]:
    return "Service Unavailable", PLAIN


def _page(title: str, heading: str, sentence: str) -> str:
    return _PAGE.format(title=title, heading=heading, sentence=sentence)

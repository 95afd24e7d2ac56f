"""What kept an answer from coming, told from the exceptions of the client and of those beneath it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from signoff.model.http import Failure
from signoff.model.quoted import Quoted


class Unfit(Exception):
    """A request that may not be sent."""


_UNKNOWN_NAME = frozenset(
    code for name in ("EAI_NONAME", "EAI_NODATA") if (code := getattr(socket, name, None)) is not None
)


def failure_of(error: Exception, limit: float) -> Failure | None:
    """The failure that an exception means; None for a bug, and for what may not be sent. `limit`: seconds waited."""
    import httpx2

    if isinstance(error, TimeoutError):
        return Failure("timeout", Quoted(f"no answer within {limit:g} s"), unsent=False)
    if not isinstance(error, httpx2.TransportError | httpx2.DecodingError | OSError):
        return None
    connecting = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | OSError)
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            kind = "dns" if cause.errno in _UNKNOWN_NAME else "dns-unsure"
            return Failure(kind, _said(cause), unsent=True)  # type: ignore[arg-type]
        if isinstance(cause, ssl.SSLError):
            return Failure("tls", _said(cause), unsent=connecting)
        if isinstance(cause, ConnectionRefusedError):
            return Failure("refused", _said(cause), unsent=True)
    if connecting:
        return Failure("network", _said(error), unsent=True)
    return Failure("broken", _said(error), unsent=False)


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _said(error: BaseException) -> Quoted:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Quoted(error.verify_message)
    if isinstance(error, OSError) and error.strerror:
        return Quoted(error.strerror)
    return Quoted(str(error) or type(error).__name__)

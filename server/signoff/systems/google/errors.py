"""Google's exceptions as reasons why something is not known."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.model.facts import Why

_CODES: Mapping[int, Why] = {
    400: "malformed",
    401: "expired",
    403: "denied",
    404: "denied",  # what an identity must not see answers as if it were not there
    408: "timeout",
    409: "unreachable",
    429: "throttled",
    499: "unreachable",
    500: "unreachable",
    501: "incomplete",
    502: "unreachable",
    503: "unreachable",
    504: "timeout",
}
_LOGIN = ("invalid_grant", "Reauthentication", "RefreshError", "default credentials were not found")


def why(error: Exception) -> Why | None:
    """The reason that an exception of a Google client gives; None for what is no answer of Google's (a bug).

    A login that is missing, expired or revoked is `expired`, wherever the libraries notice it: gRPC hands on a failed
    refresh as UNAVAILABLE "Getting metadata from plugin failed".
    """
    import grpc
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    if isinstance(error, AttributeError) and error.name and error.obj in (None, type(None)):
        return "malformed"  # grpc.aio logs an answer that it cannot parse, and hands on None in its place
    if isinstance(error, grpc.RpcError):
        error = api.from_grpc_error(error)  # type: ignore[no-untyped-call]
    if isinstance(error, auth.TransportError):
        return "unreachable"
    if isinstance(error, auth.GoogleAuthError):
        return "unreachable" if getattr(error, "retryable", False) else "expired"
    if isinstance(error, api.GoogleAPICallError):
        if any(sign in str(error) for sign in _LOGIN):
            return "expired"
        return _CODES.get(int(error.code or 500), "unreachable")
    if isinstance(error, api.RetryError):
        return "timeout"
    return "unreachable" if isinstance(error, ConnectionError | api.GoogleAPIError) else None


def is_missing(error: Exception) -> bool:
    """Whether the answer was that the named resource does not exist."""
    from google.api_core import exceptions as api

    return isinstance(error, api.NotFound)

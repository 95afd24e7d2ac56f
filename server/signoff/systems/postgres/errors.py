"""PostgreSQL's and asyncpg's exceptions as reasons why something is not known."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from signoff.model.facts import Why

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES: Mapping[str, Why] = {
    "28000": "denied",  # invalid_authorization_specification
    "28P01": "denied",  # invalid_password
    "42501": "denied",  # insufficient_privilege
    "3D000": "denied",  # there is no such database
    "53300": "throttled",  # too_many_connections
    "55P03": "timeout",  # lock_not_available
    "57014": "timeout",  # query_canceled: statement_timeout
    "25P04": "timeout",  # transaction_timeout
    "25P03": "timeout",  # idle_in_transaction_session_timeout
}
_CLASSES: Mapping[str, Why] = {"08": "unreachable", "57": "unreachable", "53": "throttled"}


class Refused(Exception):
    """What signoff itself does not do. `reason`: as an adapter says it; the text is for people."""

    def __init__(self, reason: Why, says: str) -> None:
        super().__init__(says)
        self.reason = reason


def why(error: Exception) -> Why | None:
    """The reason that an exception gives; None for a bug."""
    import asyncpg

    if isinstance(error, Refused):
        return error.reason
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return _STATES.get(state) or _CLASSES.get(state[:2]) or "malformed"
    if isinstance(error, asyncpg.InternalClientError):
        return "malformed"
    if isinstance(error, ssl.SSLError | OSError | asyncpg.InterfaceError):
        return "unreachable"
    return None

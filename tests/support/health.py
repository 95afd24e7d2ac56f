"""The facts of link `healthy` as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from signoff.model.health import Claimed, Health, UnitLog
from signoff.model.logs import ErrorSeen, LogEntry
from signoff.reading.logs.errors import errors
from signoff.reading.meant import meant
from support.logs import request, traceback
from support.samples import NOW, PROOF

GONE = "KeyError: 'School'"
BEFORE = errors([*traceback(GONE, ago=900), request(status=500, ago=900)])


def unit(*entries: LogEntry, **fields: Any) -> UnitLog:
    """The log of a revision that serves for an hour."""
    given: dict[str, Any] = {
        "unit": "web-00002-abc",
        "region": "us-central1",
        "since": NOW - timedelta(hours=1),
        "began": NOW - timedelta(hours=1),
        "exercises": tuple(entry for entry in entries if entry.request and not entry.request.refused),
        "errors": errors(entries),
        "proof": PROOF,
    }
    return UnitLog(**given | fields)


def health(
    *units: UnitLog, earlier: Sequence[ErrorSeen] = (), lag: float = 30, claimed: Iterable[str] = (), **fields: Any
) -> Health:
    """`claimed`: what is said to be gone; requests that met an earlier error are known with their method."""
    seen = [*(error for one in units for error in one.errors), *earlier]
    claims = tuple(Claimed(gone, frozenset(e for e in seen if meant(gone).is_plainly(e))) for gone in claimed)
    failing = frozenset(("GET", path) for error in earlier for path in error.paths)
    given = {"earlier": tuple(earlier), "claimed": claims, "failing": failing}
    return Health(NOW, timedelta(seconds=lag), units, **given | fields)

"""What was seen how often: errors by signature, failed requests, and which requests met which error."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.quoted import Quoted
from signoff.reading.logs.message import url_path

KINDS = 2_000
"""Kinds of errors that are told apart; further ones are counted as one that equals nothing."""
_PATHS = 500
"""Paths that are kept of one error."""
_SAYS = 2_000
"""Characters that are kept of what an error says."""
_NEAR = timedelta(seconds=2)
"""A request that failed so near to an error without a trace has met it."""
_RECENT = 256
_TRACES = 5_000


@dataclass(slots=True)
class _Seen:
    signature: str
    says: Quoted
    first: datetime
    last: datetime
    count: int = 0
    paths: dict[Quoted, None] = field(default_factory=dict)

    def met_by(self, path: Quoted) -> None:
        if len(self.paths) < _PATHS:
            self.paths[path] = None


class Tally:
    """Counts in memory that is bounded, whatever comes: kinds, paths of each, and what happened lately."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], _Seen] = {}
        self._errors: OrderedDict[int, tuple[datetime, _Seen]] = OrderedDict()
        self._failed: OrderedDict[Quoted, datetime] = OrderedDict()
        self._errors_by_trace: OrderedDict[str, dict[int, _Seen]] = OrderedDict()
        self._failed_by_trace: OrderedDict[str, Quoted] = OrderedDict()

    def error(self, entry: LogEntry, signature: str, says: str) -> None:
        """One occurrence; an empty signature keeps it apart from all errors that say something else."""
        seen = self._seen(signature, says, entry.at)
        if entry.during:
            seen.met_by(entry.during)
        if entry.trace:
            if path := self._failed_by_trace.get(entry.trace):
                seen.met_by(path)
            self._errors_by_trace.setdefault(entry.trace, {})[id(seen)] = seen
            _forget(self._errors_by_trace, _TRACES)
            return
        for path, at in self._failed.items():
            if abs(at - entry.at) <= _NEAR:
                seen.met_by(path)
        self._errors[id(seen)] = (entry.at, seen)
        self._errors.move_to_end(id(seen))
        _forget(self._errors, _RECENT)

    def request(self, entry: LogEntry) -> None:
        """A request: an error of its own if it was answered with 5xx.

        Where no container could take it, Cloud Run answers, whatever the path: that is one error.
        https://cloud.google.com/run/docs/troubleshooting#serving-related-errors
        """
        request = entry.request
        if request is None or request.status < 500:
            return
        path = request.path
        head = f"HTTP {request.status} {request.method} "
        if request.refused:
            without = f"HTTP {request.status} of Cloud Run itself: no container took the request"
            self._seen(without, without, entry.at).met_by(path)
        else:
            self._seen(head + url_path(path.outside[:_SAYS]), head + path.outside, entry.at).met_by(path)
        for at, seen in self._errors.values():
            if abs(at - entry.at) <= _NEAR:
                seen.met_by(path)
        self._failed[path] = entry.at
        self._failed.move_to_end(path)
        _forget(self._failed, _RECENT)
        if entry.trace:
            for seen in self._errors_by_trace.get(entry.trace, {}).values():
                seen.met_by(path)
            self._failed_by_trace[entry.trace] = path
            _forget(self._failed_by_trace, _TRACES)

    def _seen(self, signature: str, says: str, at: datetime) -> _Seen:
        key = (signature, "" if signature else says[:_SAYS])
        seen = self._kinds.get(key)
        if seen is None:
            if len(self._kinds) >= KINDS:
                signature, key = "", ("", "\0")
            seen = self._kinds.get(key)
            if seen is None:
                seen = self._kinds[key] = _Seen(signature, Quoted(says[:_SAYS]), at, at)
        seen.count += 1
        seen.first, seen.last = min(seen.first, at), max(seen.last, at)
        return seen

    def found(self) -> tuple[ErrorSeen, ...]:
        """All kinds, most frequent first."""
        seen = (
            ErrorSeen(one.signature, one.says, one.count, one.first, one.last, frozenset(one.paths))
            for one in self._kinds.values()
        )
        return tuple(sorted(seen, key=lambda error: (-error.count, error.signature, error.says)))


def _forget(held: OrderedDict[Any, Any], most: int) -> None:
    while len(held) > most:
        held.popitem(last=False)

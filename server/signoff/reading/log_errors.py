"""Errors out of log entries: tracebacks that were split into lines, lines that name an error, failed requests.

A plain line on stderr arrives with severity DEFAULT, so severity alone never tells (google/osv.dev#1305). An error's
signature keeps its type and its words and drops what changes from one occurrence to the next (numbers, ids, times):
`KeyError: 'School'` and `KeyError: 'users'` stay two errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.quoted import Quoted

_LOUD = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_NAMES_ERROR = re.compile(r"^(?:Uncaught |Unhandled )?(?:[\w.$]+\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt)\b")
_PANIC = re.compile(r"^(?:panic: |fatal error: |thread '.*' panicked at )")
_CHANGING = re.compile(
    r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\b[0-9a-f]{12,}\b"
    r"|\b\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?|\d+"
)


@dataclass(slots=True)
class _Seen:
    says: Quoted
    at: list[LogEntry] = field(default_factory=list)


def errors(entries: Iterable[LogEntry]) -> tuple[ErrorSeen, ...]:
    """The errors in the entries of one unit (in the order of time), most frequent first.

    A failed request (5xx, answered by the container) is an error of its own kind, `HTTP 500 GET /path`.
    """
    log = ErrorLog()
    for entry in entries:
        log.add(entry)
    return log.found()


class ErrorLog:
    """Errors out of the entries of one unit, added one by one in the order of time."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []

    def add(self, entry: LogEntry) -> None:
        self._entries.append(entry)

    def found(self) -> tuple[ErrorSeen, ...]:
        """The errors so far, most frequent first."""
        return _found(self._entries)


def signature_of(text: str) -> str:
    """The signature of an error by its text: a line or a whole traceback; empty where none can be read in it."""
    lines = [line for line in text.splitlines() if line.strip()]
    return signature(lines[-1] if any(line.startswith(_TRACEBACK) for line in lines) else lines[0]) if lines else ""


def _found(entries: Sequence[LogEntry]) -> tuple[ErrorSeen, ...]:
    failing = [
        entry for entry in entries if entry.request and entry.request.status >= 500 and not entry.request.refused
    ]
    seen: dict[str, _Seen] = {}
    for entry, line in _lines(entries):
        seen.setdefault(signature(line), _Seen(Quoted(line))).at.append(entry)
    found = [_error(key, one, failing) for key, one in seen.items()]
    by_path: dict[str, list[LogEntry]] = {}
    for entry in failing:
        if entry.request:
            by_path.setdefault(f"HTTP {entry.request.status} {entry.request.method} ", []).append(entry)
    for kind, group in by_path.items():
        found.extend(_failed_requests(kind, group))
    return tuple(sorted(found, key=lambda error: (-error.count, error.signature)))


def signature(line: str) -> str:
    """The line without what changes between occurrences; bounded to 300 characters."""
    return _CHANGING.sub("#", line.strip())[:300]


def _lines(entries: Sequence[LogEntry]) -> Iterator[tuple[LogEntry, str]]:
    """Each error once, by the line that names it: of a traceback the last line, also when each line is an entry."""
    inside = False
    for entry in entries:
        if entry.request:
            continue
        for line in entry.message.outside.splitlines() or [""]:
            if line.startswith(_TRACEBACK):
                inside = True
            elif inside:
                if line.startswith((" ", "\t")) or not line.strip() or line.startswith(_CHAINED):
                    continue
                inside = False
                yield entry, line
            elif _NAMES_ERROR.match(line) or _PANIC.match(line):
                if entry.stream == "stderr" or entry.severity in _LOUD:
                    yield entry, line
                    break
            elif entry.severity in _LOUD:
                yield entry, line
                break


def _error(key: str, seen: _Seen, failing: Iterable[LogEntry]) -> ErrorSeen:
    """Requests that met the error: by trace where lines carry one, else those that failed within two seconds of it."""
    traces = {entry.trace for entry in seen.at if entry.trace}
    paths: set[Quoted] = set()
    for entry in failing:
        near = any(abs((entry.at - one.at).total_seconds()) <= 2 for one in seen.at if not one.trace)
        if entry.request and (entry.trace in traces or near):
            paths.add(entry.request.path)
    times = [entry.at for entry in seen.at]
    return ErrorSeen(key, seen.says, len(seen.at), min(times), max(times), frozenset(paths))


def _failed_requests(kind: str, group: Sequence[LogEntry]) -> Iterator[ErrorSeen]:
    by_path: dict[Quoted, list[LogEntry]] = {}
    for entry in group:
        if entry.request:
            by_path.setdefault(entry.request.path, []).append(entry)
    for path, entries in by_path.items():
        line = kind + path.outside
        times = [entry.at for entry in entries]
        yield ErrorSeen(signature(line), Quoted(line), len(entries), min(times), max(times), frozenset({path}))

"""Log entries as values."""

from __future__ import annotations

from datetime import timedelta

from signoff.model.logs import LogEntry, Request
from signoff.model.quoted import Quoted
from support.samples import NOW


def line(message: str, *, ago: float = 100, severity: str = "DEFAULT", stream: str = "stderr", **over: str) -> LogEntry:
    """One line of output, `ago` seconds before NOW."""
    values = {"workload": "web", "region": "us-central1", "unit": "web-00002-abc"} | over
    trace = values.pop("trace", None)
    return LogEntry(
        NOW - timedelta(seconds=ago), severity=severity, stream=stream, message=Quoted(message), trace=trace, **values
    )


def request(path: str = "/report", status: int = 200, *, ago: float = 100, refused: bool = False) -> LogEntry:
    return LogEntry(
        NOW - timedelta(seconds=ago),
        "web",
        "us-central1",
        "web-00002-abc",
        "INFO",
        "requests",
        Quoted(""),
        Request("GET", Quoted(path), status, refused),
    )


def traceback(last: str, *, ago: float = 100) -> list[LogEntry]:
    """A Python traceback as Cloud Run logs it: every line an entry of its own, severity DEFAULT."""
    said = ["Traceback (most recent call last):", '  File "/app/main.py", line 7, in <lambda>', "    mapped(row)", last]
    return [line(one, ago=ago) for one in said]

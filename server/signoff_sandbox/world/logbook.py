"""The entries of Cloud Logging, in the order of their arrival."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from google.cloud.logging_v2.types import LogEntry

Entry: Any = LogEntry.pb()


class Logbook:
    """Google's LogEntry messages; an entry can be read from its receiveTimestamp on.

    The `longest` newest are kept, which is some 70 MB of memory; Google keeps those of 30 days:
    https://cloud.google.com/logging/quotas#logs_retention_periods
    """

    def __init__(self, longest: int = 20_000) -> None:
        #: Called with the log's name and an entry that came; with None in its place after the log was deleted.
        self.watch: Callable[[str, Any | None], None] = lambda *_: None
        self._longest = longest
        self._entries: deque[Any] = deque()
        self._seen: set[tuple[str, str, int, int]] = set()
        self.version = 0

    def write(self, entry: Any, now: datetime, lag_seconds: float = 0.0) -> None:
        """Take in an entry at `now`; fills in timestamp, insertId and receiveTimestamp (`now` + lag) if missing.

        An entry with the log, timestamp and insertId of an earlier one is the same entry and is dropped, like
        Google does.
        """
        if not entry.HasField("timestamp"):
            entry.timestamp.FromDatetime(now)
        if not entry.insert_id:
            entry.insert_id = uuid.uuid4().hex[:20]
        entry.receive_timestamp.FromDatetime(now + timedelta(seconds=lag_seconds))
        self._add(entry)

    def plant(self, entry: Any, now: datetime) -> None:
        """Put an entry in as it stands (from a state file); one that does not say when it was received: `now`."""
        if not entry.HasField("receive_timestamp"):
            entry.receive_timestamp.FromDatetime(now)
        if not entry.HasField("timestamp"):
            entry.timestamp.CopyFrom(entry.receive_timestamp)
        self._add(entry)

    def _add(self, entry: Any) -> None:
        key = _key(entry)
        if entry.insert_id and key in self._seen:
            return
        self._seen.add(key)
        self._entries.append(entry)
        if len(self._entries) > self._longest:
            self._seen.discard(_key(self._entries.popleft()))
        self.version += 1
        self.watch(entry.log_name, entry)

    def delete(self, log_name: str) -> bool:
        """Remove all entries of a log, those on their way included; says whether there were any."""
        kept = deque(entry for entry in self._entries if entry.log_name != log_name)
        found = len(kept) < len(self._entries)
        self._entries = kept
        self._seen = {key for key in self._seen if key[0] != log_name}
        self.version += found
        self.watch(log_name, None)
        return found

    def everything(self) -> Iterator[Any]:
        """All entries, those on their way included."""
        yield from self._entries

    def visible(self, now: datetime) -> Iterator[Any]:
        """The entries that have been ingested by `now`."""
        moment = now.timestamp()
        for entry in self._entries:
            received = entry.receive_timestamp
            if received.seconds + received.nanos / 1e9 <= moment:
                yield entry


def _key(entry: Any) -> tuple[str, str, int, int]:
    """What makes two entries the same one."""
    return entry.log_name, entry.insert_id, entry.timestamp.seconds, entry.timestamp.nanos

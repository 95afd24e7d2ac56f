"""The writers of a log, each with what it has not finished yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta

from signoff.model.logs import LogEntry
from signoff.reading.logs.fields import uncoloured
from signoff.reading.logs.grouping import Found, Writer
from signoff.reading.logs.message import LONGEST
from signoff.reading.logs.plain import has_level, says_error
from signoff.reading.logs.stack import names_error
from signoff.reading.logs.thrown import pieces

_Key = tuple[str, str, str, str, str, str | None]

GAP = timedelta(seconds=1)
"""Lines of one message come at once; after such a pause another one begins."""
_MOST = 500
"""Writers that may have something open at a time."""


class Writers:
    """Entries to the writer they are of: workload, revision, instance, stream and trace."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, tuple[datetime, Writer[LogEntry]]] = OrderedDict()

    def settle(self, now: datetime) -> Iterator[Found[LogEntry]]:
        """What writers left behind that have been silent for longer than a message's lines take."""
        while self._open:
            at, writer = next(iter(self._open.values()))
            if now - at <= GAP and len(self._open) <= _MOST:
                return
            self._open.popitem(last=False)
            yield from writer.close()

    def close(self) -> Iterator[Found[LogEntry]]:
        """What all writers left behind."""
        while self._open:
            _, (_, writer) = self._open.popitem(last=False)
            yield from writer.close()

    def feed(self, entry: LogEntry) -> Iterator[Found[LogEntry]]:
        """What is complete now that this entry came. An entry of several lines is whole: nothing goes on after it."""
        key = (entry.workload, entry.region, entry.unit, entry.instance, entry.stream, entry.trace)
        held = self._open.pop(key, None)
        message = entry.message.outside.rstrip("\n")
        if "\x1b" in message:
            message = uncoloured(message)
        if "\n" in message:
            if held:
                yield from held[1].close()
            yield from whole(entry)
            return
        writer = held[1] if held else Writer()
        self._open[key] = (entry.at, writer)
        yield from writer.feed(message, entry)


def whole(entry: LogEntry) -> Iterator[Found[LogEntry]]:
    """The errors of an entry with several lines: its tracebacks; else the line that names one, else its first."""
    writer: Writer[LogEntry] = Writer()
    plain: Found[LogEntry] | None = None
    thrown = False
    for found in _all(writer, entry):
        if found.thrown:
            thrown = True
            yield found
        elif plain is None or (_states(found.line) and not _states(plain.line)) or not plain.line.strip():
            plain = found
    if plain and not thrown:
        yield plain


def telling(text: str) -> str:
    """The line of a text that states an error, else its first with words; empty where it has none."""
    lines = [line.strip() for line in text[:LONGEST].splitlines() if any(letter.isalpha() for letter in line)]
    return next((line for line in lines if _states(line)), lines[0] if lines else "")


def _states(line: str) -> bool:
    return names_error(line) or has_level(line) or says_error(line)


def _all(writer: Writer[LogEntry], entry: LogEntry) -> Iterator[Found[LogEntry]]:
    for piece in pieces(uncoloured(entry.message.outside)):
        yield from writer.feed_piece(piece, entry)
    yield from writer.close()

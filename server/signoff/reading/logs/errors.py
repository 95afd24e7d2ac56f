"""Errors out of log entries: tracebacks that were split into lines, lines that name an error, failed requests.

A plain line on stderr arrives with severity DEFAULT, so severity alone never tells (google/osv.dev#1305). What makes
two errors one is their signature: `thrown` for what has frames, `message` for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from signoff.model.logs import ErrorSeen, LogEntry
from signoff.reading.logs import structured
from signoff.reading.logs.fields import uncoloured, words_of
from signoff.reading.logs.grouping import Found, Writer
from signoff.reading.logs.languages import go
from signoff.reading.logs.message import normalised
from signoff.reading.logs.plain import ended, has_level, says_error
from signoff.reading.logs.stack import names_error
from signoff.reading.logs.tally import Tally
from signoff.reading.logs.thrown import Thrown, bounded, pieces
from signoff.reading.logs.writers import Writers, telling

_LOUD = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_QUIET = frozenset({"DEBUG", "INFO", "NOTICE", "WARNING"})


def errors(entries: Iterable[LogEntry]) -> tuple[ErrorSeen, ...]:
    """The errors in the entries (in the order of time), most frequent first.

    A failed request (5xx) is an error of its own kind, `HTTP 500 GET /path`.
    """
    log = ErrorLog()
    for entry in entries:
        log.add(entry)
    return log.found()


class ErrorLog:
    """Errors out of entries that are added one by one, in the order of time.

    What it holds grows with the kinds of errors, of which it keeps apart a bounded number, not with the entries.
    """

    def __init__(self) -> None:
        self._writers = Writers()
        self._tally = Tally()

    def add(self, entry: LogEntry) -> None:
        """Take in an entry. Lines that are one message may be separate entries, among those of other instances."""
        for found in self._writers.settle(entry.at):
            self._count(found)
        if entry.request:
            self._tally.request(entry)
            return
        structured = _structured(entry)
        if structured is not None:
            if _tells(entry, structured):
                self._structured(entry, structured)
            return
        for found in self._writers.feed(entry):
            self._count(found)

    def found(self) -> tuple[ErrorSeen, ...]:
        """The errors so far, most frequent first; what was still open is taken as complete."""
        for found in self._writers.close():
            self._count(found)
        return self._tally.found()

    def _count(self, found: Found[LogEntry]) -> None:
        if found.thrown is not None:
            self._thrown(found.source, found.thrown)
        elif _is_error(found.source, found.line):
            self._tally.error(found.source, bounded(normalised(words_of(found.line))), found.line)

    def _structured(self, entry: LogEntry, said: structured.Structured) -> None:
        if thrown := _of_stack(said):
            self._thrown(entry, thrown)
        else:
            words = _words(said)
            self._tally.error(entry, bounded(normalised(words)), words)

    def _thrown(self, entry: LogEntry, thrown: Thrown) -> None:
        self._tally.error(entry, thrown.signature(), thrown.headline())


def signature_of(text: str) -> str:
    """The signature of an error by its text: a line, a whole traceback or a JSON entry; of several errors, the first.

    Empty where none can be read in it; an empty signature equals nothing (`ErrorSeen.same_error`).
    """
    text = uncoloured(text)
    stripped = text.strip()
    if stripped.startswith("{") and (said := structured.read(stripped)):
        thrown = _of_stack(said)
        return thrown.signature() if thrown else bounded(normalised(_words(said)))
    if found := next(_thrown_in(text), None):
        return found.signature()
    return bounded(normalised(words_of(stripped)))


def _thrown_in(text: str) -> Iterator[Thrown]:
    writer: Writer[None] = Writer()
    for piece in pieces(text):
        for found in writer.feed_piece(piece, None):
            if found.thrown:
                yield found.thrown
    for found in writer.close():
        if found.thrown:
            yield found.thrown


def _of_stack(said: structured.Structured) -> Thrown | None:
    """The error of a structured entry's stack; frames without an error's line belong to the entry's own words."""
    if not said.stack:
        return next(_thrown_in(said.text), None) if said.text else None
    text = said.stack
    first, _, rest = text.lstrip("\n").partition("\n")
    first = first.lstrip()
    if first.startswith("at "):
        text = f"{said.said}\n{text}"
    if not (go.names_function(first) and go.is_place(rest)) and (found := next(_thrown_in(text), None)):
        return found
    frames = tuple(go.frames(text.splitlines()))
    return Thrown("", said.said or first, frames) if frames else None


def _words(said: structured.Structured) -> str:
    """What an entry without an error's stack says, with the line of its text that states the error."""
    line = telling(said.stack or said.text)
    if line in said.said:
        return said.said
    line = words_of(line)
    return f"{said.said}: {line}" if said.said else line


def _structured(entry: LogEntry) -> structured.Structured | None:
    if entry.payload is not None:
        return structured.read(entry.payload.outside)
    message = entry.message.outside
    return structured.read(message) if message.startswith("{") and message.rstrip().endswith("}") else None


def _tells(entry: LogEntry, said: structured.Structured) -> bool:
    """Whether a structured entry is an error: by its severity or level; without either, by a stack."""
    if entry.severity in _LOUD or said.loud:
        return True
    if said.failed and said.loud is None and entry.severity not in _QUIET:
        return True
    return bool(said.stack) and said.loud is None and entry.severity not in _QUIET


def _is_error(entry: LogEntry, line: str) -> bool:
    if entry.severity in _LOUD:
        return True
    if entry.stream == "system":
        return ended(line)  # in a warning
    if entry.stream == "stderr" and names_error(line):
        return True
    if entry.severity != "DEFAULT":
        return False
    return has_level(line) or (entry.stream == "stderr" and says_error(line))

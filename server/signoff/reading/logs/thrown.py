"""An exception as a runtime printed it, and its signature."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.reading.logs.message import normalised

LONGEST = 300
"""Characters of a signature; a longer one ends in a hash of all of it."""
LINES = 600
"""Lines of one traceback or dump that are kept, whatever its length."""
LINE = 1_000
"""Characters of a frame's line that are read."""
_FRAMES = 8
_LONG = 100
"""A trace of so many frames of our own is a recursion."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in the code, without its line: `reports/mapper.py:mapped`. `own`: not of a library or the runtime."""

    place: str
    own: bool


@dataclass(frozen=True, slots=True)
class Thrown:
    """`kind`: the exception's type, empty where none was printed (a dump that was cut). `frames`: nearest first.

    `causes`: what it was raised from, nearest first; `members`: of a group, in any order. `words`: what of the message
    names the error, where the runtime's output tells; None: the message without what changes.
    """

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    causes: tuple[Thrown, ...] = ()
    members: tuple[Thrown, ...] = ()
    words: str | None = None

    def headline(self) -> str:
        """`KeyError: 'School'`, with what it was raised from, for people and for claims that name the cause."""
        head = ": ".join(part for part in (self.kind, self.message) if part)
        inner = [other.headline() for other in (*self.causes, *self.members)]
        return f"{head} (from {'; '.join(inner)})" if inner else head

    def signature(self) -> str:
        """Type, words and in-app frames; empty where neither type nor words were printed."""
        if not self.kind and not normalised(self.message):
            return ""
        return bounded(self._whole())

    def _whole(self) -> str:
        words = normalised(self.message) if self.words is None else self.words
        head = ": ".join(part for part in (self.kind, words) if part)
        places = _places(self.frames)
        if places:
            head += " at " + " < ".join(places)
        for cause in self.causes:
            head += " <- " + cause._whole()
        if self.members:
            head += " [" + "; ".join(sorted(member._whole() for member in self.members)) + "]"
        return head


def _places(frames: tuple[Frame, ...]) -> list[str]:
    """The in-app frames, nearest first; of libraries alone, the nearest.

    What recurs is named once, in the order of the alphabet: how deep it went and where it stopped say nothing.
    """
    own = [frame.place for frame in frames if frame.own]
    again = [at for at, place in enumerate(own) if own.count(place) > 1] if len(own) <= _LONG else range(len(own))
    if again:
        start, end = again[0], again[-1] + 1
        own[start:end] = sorted(set(own[start:end]))
    return own[:_FRAMES] or [frame.place for frame in frames[:1]]


_RUN = re.compile(r"(?:(?<=\n)[ \t][^\n]*+\n){3,}+")
RUN = 20_000
"""Characters of a run of lines that is read at once."""


def pieces(text: str) -> Iterator[str]:
    """The lines of a text; three and more indented lines in a row as one piece, their line breaks inside.

    A run of frames is the same each time that an error happens, so it is read once and then known.
    """
    text += "\n"
    end = 0
    for run in _RUN.finditer(text):
        if run.end() - run.start() > RUN:
            continue
        yield from text[end : run.start()].splitlines()
        yield run.group()
        end = run.end()
    yield from text[end:].splitlines()


def bounded(signature: str) -> str:
    if len(signature) <= LONGEST:
        return signature
    whole = hashlib.blake2b(signature.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{signature[: LONGEST - 18]}… {whole}"

"""Errors that Ruby's Logger writes, as Rails does: a line with a level, maybe tags, the exception and its places.

https://docs.ruby-lang.org/en/master/Logger.html (format of an entry),
https://api.rubyonrails.org/classes/ActiveSupport/TaggedLogging.html (tags).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.log_paths import file_name
from signoff.reading.log_thrown import LINES, Frame, Thrown

_ENTRY = re.compile(r"[DIWEFA], \[[^\]\n]{10,60}\] +[A-Z]{3,7} -- [^:\n]{0,80}: ?")
_LOUD = re.compile(r"[EF], \[[^\]\n]{10,60}\] +(?:ERROR|FATAL) -- ")
_TAGS = re.compile(r"^(?:\[[^\]\n]{1,80}\] ?)*")
_RAISED = re.compile(r"([A-Z]\w*(?:::[A-Z]\w*)*) \((.*)\):?$")
_PLACE = re.compile(r"(\S{1,300}\.(?:rb|erb|haml|slim)):\d+:in [`'](.{1,200})'$")
_LIBRARY = ("/gems/", "/ruby/", "<internal:")
_BLANK = 3
"""Lines without words that may stand between the level and the words, or the words and the places."""


def opens(line: str) -> bool:
    """Whether Ruby's Logger begins an entry of an error here."""
    return line[1:3] == ", " and _LOUD.match(line[:300]) is not None


@dataclass(slots=True)
class Entry:
    """An entry that is put together line by line."""

    lines: list[str] = field(default_factory=list)
    framed: bool = True
    _words: str = ""
    _frames: list[Frame] = field(default_factory=list)
    _blank: int = 0

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        entry = _ENTRY.match(line)
        if self.lines and (entry or len(self.lines) >= LINES):
            return False
        rest = line[entry.end() :] if entry else line
        bare = _TAGS.sub("", rest, count=1).strip()
        if place := _PLACE.fullmatch(bare):
            own = not any(library in place[1] for library in _LIBRARY)
            self._frames.append(Frame(f"{file_name(place[1])}:{place[2]}", own))
        elif not bare:
            self._blank += 1
            if self._frames or self._blank > _BLANK:
                return False
        elif self._words:
            return False
        else:
            self._words = bare
        self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: they have to be taken one by one."""
        return False

    def thrown(self) -> Thrown:
        raised = _RAISED.match(self._words[:4_000])
        kind, words = (raised[1], raised[2]) if raised else ("", self._words)
        return Thrown(kind, words, tuple(self._frames))

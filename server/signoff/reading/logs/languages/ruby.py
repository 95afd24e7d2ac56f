"""Exceptions of Ruby: as the interpreter prints them, as Rails and Sidekiq log them, as Ruby's Logger writes them.

https://docs.ruby-lang.org/en/master/Exception.html#method-i-full_message,
https://docs.ruby-lang.org/en/master/Logger.html (format of an entry),
https://api.rubyonrails.org/classes/ActiveSupport/TaggedLogging.html (tags).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.logs.paths import file_name
from signoff.reading.logs.thrown import LINES, Frame, Thrown

_ENTRY = re.compile(r"[DIWEFA], \[[^\]\n]{10,60}\] +[A-Z]{3,7} -- [^:\n]{0,80}: ?")
_LOUD = re.compile(r"[EF], \[[^\]\n]{10,60}\] +(?:ERROR|FATAL) -- ")
_TAGS = re.compile(r"^(?:\[[^\]\n]{1,80}\] ?)*")
_SIDEKIQ = re.compile(r"\S{10,40} pid=\d+ tid=\S+ (?:[^\n]{0,400}? )?(?:WARN|ERROR|FATAL): ")
_TYPE = r"([A-Z]\w{0,100}(?:::[A-Z]\w{0,100}){0,10})"
_RAISED = re.compile(_TYPE + r" \((.*)\):?$")
_OPENED = re.compile(r"(?:\[[^\]\n]{1,80}\] ?)*[A-Z]\w{0,100}(?:::[A-Z]\w{0,100}){1,10} \([^)\n]*$")
"""Rails' line of an exception whose words have several lines."""
_NAMED = re.compile(_TYPE + r": (.*)$")
_PLACE = re.compile(
    r"(?:from )?(<internal:[^>]{1,200}>|\S{1,300}\.(?:rb|erb|haml|slim|ru|rake)):\d+:in [`'](.{1,200})'$"
)
_CRASH = re.compile(r"(<internal:[^>]{1,200}>|\S{1,300}?):\d+:in [`']([^'\n]{1,200})': (.{0,2000}) \(" + _TYPE + r"\)$")
_LIBRARY = ("/gems/", "/ruby/", "<internal:")
_GOES_ON = 8
"""So many lines may the words of an exception have below the first."""
_BLANK = 3
"""Lines without words that may stand between the level and the words, or the words and the places."""


def opens(line: str) -> bool:
    """Whether an error begins here: in an entry of Ruby's Logger, in Rails' words, or as the interpreter ends."""
    if line[1:3] == ", ":
        return _LOUD.match(line[:300]) is not None
    if "::" in line and _OPENED.match(line[:500]):
        return True
    if line[-1:] != ":" and line[-1:] != ")":
        return False
    if line.endswith("):"):
        return _RAISED.match(_TAGS.sub("", line[:4_000], count=1)) is not None
    return ":in " in line and _CRASH.match(line[:3_000]) is not None


def is_place(line: str) -> bool:
    """Whether a line is a place in Ruby's code and nothing else, behind its logger's head."""
    return ":in " in line and _PLACE.fullmatch(_bare(line)) is not None


def raised(line: str) -> bool:
    """Whether a line names an exception by its type, behind its logger's head."""
    return _NAMED.match(_bare(line)) is not None


def _bare(line: str) -> str:
    line = line[:4_000]
    if " pid=" in line and (head := _SIDEKIQ.match(line)):
        line = line[head.end() :]
    return _TAGS.sub("", line.strip(), count=1).strip()


@dataclass(slots=True)
class Entry:
    """An error that is put together line by line; `framed`: where its first line does not say it, by its places."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False
    _words: str = ""
    _frames: list[Frame] = field(default_factory=list)
    _blank: int = 0
    _open: bool = False
    _more: int = 0

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        entry = _ENTRY.match(line)
        if self.lines and (entry or len(self.lines) >= LINES):
            return False
        if not self.lines and ":in " in line and (crash := _CRASH.match(line[:3_000])):
            self._words = f"{crash[4]} ({crash[3]})"
            self._more = _GOES_ON
            self._at(crash[1], crash[2])
        else:
            self.framed = self.framed or entry is not None
            bare = _bare(line[entry.end() :] if entry else line)
            if place := _PLACE.fullmatch(bare):
                self._at(place[1], place[2])
                self._more = 0
            elif self._more and not bare.startswith("from "):
                self._more -= 1  # the words of a crash go on; its other places come below
            elif self._open:
                self._open = not bare.endswith("):")
            elif not bare:
                self._blank += 1
                if self._frames or self._blank > _BLANK:
                    return False
            elif self._words:
                return False
            else:
                self._words = bare
                if "::" in bare and _OPENED.match(bare[:500]):
                    self._words, self._open = f"{bare})", True
        self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: they have to be taken one by one."""
        return False

    def _at(self, path: str, name: str) -> None:
        own = not any(library in path for library in _LIBRARY)
        self._frames.append(Frame(f"{file_name(path)}:{name}", own))
        self.framed = True

    def thrown(self) -> Thrown:
        named = _RAISED.match(self._words[:4_000]) or _NAMED.match(self._words[:4_000])
        kind, words = (named[1], named[2]) if named else ("", self._words)
        return Thrown(kind, words, tuple(self._frames))

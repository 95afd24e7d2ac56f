"""Python's tracebacks: chained ones and exception groups.

https://docs.python.org/3/library/traceback.html, https://peps.python.org/pep-0654/#grouping-exceptions
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from signoff.reading.logs.paths import file_name
from signoff.reading.logs.thrown import LINE, LINES, Frame, Thrown

_OPENS = "Traceback (most recent call last):"
_GROUP = "+ Exception Group Traceback (most recent call last):"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_NAMED = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*(?=: |:?$)")
_DEPTH = re.compile(r"[ ]*[|+] ?")
_FIELD = re.compile(r"[\w.\[\]`<>,()-]+")
_INVALID = re.compile(r"\d+ validation errors? for ")
_SAYS = re.compile(r"  (.+?)(?: \[type=([\w.]+),|$)")
_GOES_ON = re.compile(
    r"[ \t](?!.{0,40}\b(?:ERROR|CRITICAL|FATAL)\b)|(?:DETAIL|HINT|CONTEXT|QUERY|WHERE|LINE \d+):"
    r"|\[SQL: |\[parameters: |\(Background on|[>})\]]$"
)
"""How the words of a driver's or client's exception go on below its line (PostgreSQL, SQLAlchemy, gRPC)."""
_KEY = re.compile(r"'([^'\n]{1,200})'")
"""The whole message of a KeyError, where the key is a text."""
_BY_NAME = re.compile(r"\[[A-Za-z_]|KeyError\([A-Za-z_]|\.(?:pop|remove)\([A-Za-z_]")
_CONTEXT = re.compile(
    r"(?:future|task|handle|transport|protocol|socket|client_session|client_connection|connector|connections): "
)
"""https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler, and aiohttp's own."""
_LIBRARY = ("/site-packages/", "/dist-packages/", "/lib/python3", "/lib64/python3", "\\Lib\\")
_STRAY = 20
"""So many lines of others may stand inside a traceback that came line by line."""


def opens(line: str) -> bool:
    """Whether a traceback begins here."""
    return line.startswith(_OPENS) or line.lstrip(" ").startswith(_GROUP)


def tells_context(line: str) -> bool:
    """Whether asyncio says of what it is that nobody waited for, below the words and above the traceback."""
    return _CONTEXT.match(line[:40]) is not None


@dataclass(slots=True)
class Traceback:
    """A traceback that is put together line by line."""

    lines: list[str] = field(default_factory=list)
    _named: bool = False
    _chained: bool = False
    _group: bool = False
    _invalid: bool = False
    _stray: int = 0
    framed: bool = True

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it; None: it is not, and more may come."""
        if not self.lines:
            self._group = not line.startswith(_OPENS)
            return self._keep(line)
        bars = _DEPTH.match(line) if self._group else None
        bare = line[bars.end() :] if bars else line
        if bare.startswith(_CHAINED) or not bare.strip():
            self._chained = self._chained or bool(bare.strip())
            return self._keep(line)
        if self._group and line.lstrip(" ").startswith(("|", "+")):
            return self._keep(line)
        if opens(bare):
            if not self._chained:
                return False
            self._group = self._group or not line.startswith(_OPENS)
            self._chained = self._named = False
            return self._keep(line)
        if self._named:
            return self._words(line)
        if line[0] in " \t" or line.startswith("> File "):
            return self._keep(line.replace(">", " ", 1) if line[0] == ">" else line)
        if not _NAMED.match(line[:500]):
            self._stray += 1
            return None if self._stray <= _STRAY else False
        self._named = not self._group
        self._invalid = bool(_INVALID.search(line[:300]))
        return self._keep(line) if self._named else False

    def take_run(self, run: str) -> bool:
        """Indented lines at once (`thrown.pieces`); False: they have to be taken one by one."""
        return not (self._group or self._named) and self._keep(run)

    def _words(self, line: str) -> bool:
        """After the exception's line: its words may go on; pydantic's with fields and what is wrong with each."""
        if _GOES_ON.match(line[:200]) or (self._invalid and _FIELD.fullmatch(line[:200])):
            return self._keep(line)
        return False

    def _keep(self, line: str) -> bool:
        self.lines.append(line)
        if len(self.lines) > LINES:
            del self.lines[LINES // 2]  # the error's own line is the last
        return True

    def thrown(self) -> Thrown:
        return read(self.lines)


@dataclass(slots=True)
class _Part:
    depth: int
    kind: str
    message: str
    frames: list[Frame]
    shown: str


def read(lines: Sequence[str]) -> Thrown:
    """The exception of a traceback's lines; without a type where its last line is missing."""
    parts: list[_Part] = []
    frames: list[Frame] = []
    shown: list[str] = []
    open_ = False
    for line in lines:
        depth = 0
        if line[-1:] == "\n":
            frames.extend(_frames(line))
            shown.append(_source(line))
            continue
        if bars := _DEPTH.match(line):
            depth = bars.end()
            line = line[depth:]
        if line.startswith((_OPENS, _GROUP[2:])):
            frames, shown, open_ = [], [], True
        elif line.startswith('  File "'):
            frames.append(_frame(line[:LINE]))
        elif open_ and _shows_code(line):
            shown.append(line[:LINE])
        elif open_ and line[:1] not in ("", " ", "\t", "-", "+") and (named := _NAMED.match(line[:500])):
            message = line[named.end() :].removeprefix(":").strip()
            parts.append(_Part(depth, named.group(), message, frames, "\n".join(shown)))
            frames, shown, open_ = [], [], False
        elif parts and not open_ and (said := _complaint(line, parts[-1].message)):
            parts[-1].message = said
    if not parts:
        return Thrown("", "", tuple(reversed(frames)))
    top = min(part.depth for part in parts)
    outer = [part for part in parts if part.depth == top]
    members = tuple(_thrown(part) for part in parts if part.depth > top)
    main = outer[-1]
    causes = tuple(_thrown(part) for part in reversed(outer[:-1]))
    return replace(_thrown(main), causes=causes, members=members)


def _thrown(part: _Part) -> Thrown:
    return Thrown(part.kind, part.message, tuple(reversed(part.frames)), words="" if _is_data(part) else None)


def _is_data(part: _Part) -> bool:
    """Whether a key that was missed came from outside: the lines that a traceback shows of the code do not name it.

    `rates[currency]` misses another one with each request, `row["School"]` always the same.
    """
    key = _KEY.fullmatch(part.message)
    if not key or not _BY_NAME.search(part.shown):
        return False
    return f"'{key[1]}'" not in part.shown and f'"{key[1]}"' not in part.shown


def _complaint(line: str, message: str) -> str | None:
    """The message of a validation error with one more of its lines: the field, and what is wrong with it."""
    if not _INVALID.match(message) or len(message) > 1_000:
        return None
    if _FIELD.fullmatch(line[:200]):
        return f"{message}, {line[:200]}"
    said = _SAYS.match(line[:300])
    if not said or said[1].startswith("  For further information"):
        return None
    return f"{message}: {said[2] or said[1]}"


@lru_cache(maxsize=256)
def _frames(run: str) -> tuple[Frame, ...]:
    return tuple(_frame(line[:LINE]) for line in run.splitlines() if line.startswith('  File "'))


@lru_cache(maxsize=256)
def _source(run: str) -> str:
    return "\n".join(line[:LINE] for line in run.splitlines() if _shows_code(line))


def _shows_code(line: str) -> bool:
    """Not the values that loguru draws below it (https://loguru.readthedocs.io: `diagnose`)."""
    return line.startswith("    ") and not line.lstrip().startswith(("│", "└"))


@lru_cache(maxsize=4096)
def _frame(line: str) -> Frame:
    """`  File "/app/a/b.py", line 3, in f` → `a/b.py:f`."""
    path, _, rest = line[8:].partition('"')
    name = rest.rpartition(" in ")[2] if " in " in rest else ""
    own = not (path.startswith("<frozen") or any(library in path for library in _LIBRARY))
    for library in _LIBRARY[:2]:
        path = path.rpartition(library)[2]
    return Frame(f"{file_name(path)}:{name}" if name else file_name(path), own)

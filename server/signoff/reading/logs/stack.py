"""An error's line and the `at` lines below it, of Node.js, the JVM or .NET."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.reading.logs.languages import go, java, node, python, rust
from signoff.reading.logs.thrown import LINES, Thrown

HEADER = 40
"""So many lines may a message have before its frames."""

_NAMES_ERROR = re.compile(
    r"(?:\s*\S{1,3} )?(?:error: )?(?:Uncaught (?:\(in promise\) )?|Unhandled (?:exception[.:] |rejection )?"
    r"|Exception in thread \"[^\"]{0,100}\" |\[)?"
    r"(?:[\w$]+\.)*(?:[A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Rejection)\b"
    r"|(?:Error|Exception)(?: \[[\w-]{1,80}\])?:)"
)
_CALLED = "for call at"
"""grpc-js: the stack of the answer is above it, that of the call below."""
_FLUSH = re.compile(r"at .{1,400}(?::\d+:\d+\)?|\([\w$ .-]+\.(?:java|kt|scala):\d+\))$")
_FIELD = re.compile(r"(?:\[\w+\]|'[^']{1,80}'|[a-z_$][\w$]{0,80}): ")
"""Frames and fields whose indentation something took away."""


def names_error(line: str) -> bool:
    """`KeyError: 'x'`, `java.io.IOException`, a panic: the line itself says that it is an error."""
    if line.startswith(("panic: ", "fatal error: ")):
        return True
    return _NAMES_ERROR.match(line[:500]) is not None or (line.startswith("thread '") and rust.panics(line))


@dataclass(slots=True)
class Stack:
    """A header and its `at` lines, of Node.js or of the JVM, put together line by line."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False
    _expecting: bool = True
    _braces: bool = False
    _done: bool = False

    def take(self, line: str) -> bool | None:
        if not self.lines:
            self._braces = line.endswith("] {")
            self.lines.append(line)
            return True
        bare = line.lstrip(" \t")
        if self._done or not self._belongs(line, bare):
            return False
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, run: str) -> bool:
        """Indented lines at once (`thrown.pieces`), if all of them are frames."""
        if self._braces or self._done or len(self.lines) >= LINES or not _only_frames(run):
            return False
        self.lines.append(run)
        self.framed, self._expecting = True, False
        return True

    def _belongs(self, line: str, bare: str) -> bool:
        if bare.startswith(("at ", "... ", "--- End of ")) and (len(bare) < len(line) or _FLUSH.match(line[:600])):
            self.framed, self._expecting = True, False
            self._braces = self._braces or line.endswith("{")
            return True
        if self._braces:
            self._done = bare[:1] in ("}", "]") and self._is_closing(line, bare)
            self.framed = self.framed or self._done
            return self._done or not bare or len(bare) < len(line) or _FIELD.match(line[:100]) is not None
        if bare.startswith(("Caused by:", "Suppressed: ", "Wrapped by: ", "---> ")) or line == _CALLED:
            self._expecting = True
            self.framed = self.framed or line == "Caused by:"
            return True
        if self.framed and len(bare) < len(line) and self.lines[-1] == "Caused by:":
            return True
        if not self._expecting or names_error(line) or (len(self.lines) > HEADER and not self.framed):
            return False
        return not (python.opens(line) or go.opens(line))

    def _is_closing(self, line: str, bare: str) -> bool:
        head = self.lines[0]
        return len(line) - len(bare) <= len(head) - len(head.lstrip(" \t"))

    def thrown(self) -> Thrown:
        for line in self.lines:
            if line.lstrip(" \t").startswith("at "):
                return java.read(self.lines) if java.is_frame(line) else node.read(self.lines)
        return node.read(self.lines)


@lru_cache(maxsize=256)
def _only_frames(run: str) -> bool:
    return all(line.lstrip(" \t").startswith(("at ", "... ")) and line[-1] != "{" for line in run.splitlines())

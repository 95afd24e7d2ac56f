"""What npm prints when it, or a script that it ran, failed: lines that all begin with its name.

https://docs.npmjs.com/cli/using-npm/logging
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.logs.thrown import LINES, Thrown

_HEAD = re.compile(r"npm (?:error|ERR!)(?: |$)")
_ASIDE = re.compile(
    r"(?:code|errno|syscall|path|dest|workspace|location|command|signal|in workspace)\b|A complete log|To see|"
    r"Did you mean|This is probably|There is likely| {2}"
)
_WORDS = 2
_ENDED = ("signal SIGTERM", "signal SIGINT")


def opens(line: str) -> bool:
    return line.startswith("npm ") and _HEAD.match(line) is not None


@dataclass(slots=True)
class Failure:
    """The lines of one failure: its code, and what says why."""

    lines: list[str] = field(default_factory=list)
    framed: bool = True

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if not opens(line):
            return False
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: none are part of it."""
        return False

    @property
    def ended(self) -> bool:
        """The platform asked the program to end; npm calls that an error."""
        return any(said.startswith(_ENDED) for said in self._said())

    def _said(self) -> list[str]:
        return [_HEAD.sub("", line, count=1) for line in self.lines]

    def thrown(self) -> Thrown:
        said = [line.rstrip() for line in self._said() if line.strip()]
        code = [line for line in said if line.startswith("code ")][:1]
        words = [line for line in said if not _ASIDE.match(line)][:_WORDS]
        return Thrown("npm error", ": ".join([*code, *words]))

"""Exceptions of Elixir, as its Logger and `Exception.format` print them.

https://hexdocs.pm/elixir/Exception.html#format/3
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.logs.thrown import LINE, LINES, Frame, Thrown

_RAISED = re.compile(r"\s{0,8}\*\* \(([A-Z]\w{0,100}(?:\.[A-Z]\w{0,100}){0,10})\) ?(.*)$")
_PLACE = re.compile(r"\s+(?:\((\w{1,60})[^)\n]{0,40}\) )?(\S{1,300}\.(?:ex|exs|erl|eex|heex)):\d+: (\S.{0,300})$")
_LIBRARY = frozenset(
    {"elixir", "stdlib", "kernel", "phoenix", "phoenix_live_view", "plug", "plug_cowboy", "cowboy", "bandit", "ecto"}
    | {"thousand_island", "ecto_sql", "db_connection", "postgrex", "oban", "finch", "mint", "jason", "absinthe", "mix"}
)


def opens(line: str) -> bool:
    """Whether an exception begins here."""
    return "** (" in line[:12] and _RAISED.match(line[:500]) is not None


@dataclass(slots=True)
class Raised:
    """The exception's line and its places."""

    lines: list[str] = field(default_factory=list)
    framed: bool = True

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if self.lines and not (_PLACE.match(line[:LINE]) and len(self.lines) < LINES):
            return False
        self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: they have to be taken one by one."""
        return False

    def thrown(self) -> Thrown:
        raised = _RAISED.match(self.lines[0][:4_000])
        kind, words = (raised[1], raised[2]) if raised else ("", self.lines[0])
        places = [place for line in self.lines[1:] if (place := _PLACE.match(line[:LINE]))]
        return Thrown(kind, words, tuple(Frame(f"{at[2]}:{at[3]}", at[1] not in _LIBRARY) for at in places))

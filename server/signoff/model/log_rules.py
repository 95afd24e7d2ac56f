"""What signoff.toml says of a workload's logs: entries that must appear, and errors that are known and let be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Expected:
    """A text that a revision (a run) must write at least so often, `within` this time after it serves (has ended).

    `line`: where signoff.toml asks for it.
    """

    text: str
    at_least: int = 1
    within: timedelta = timedelta(minutes=5)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """Errors that are no reason to refuse, up to a day: those with the text in them, or that the pattern finds."""

    why: str
    until: date
    """The last day; what has run out is judged again."""
    text: str = ""
    pattern: str = ""
    line: int | None = None

    @property
    def called(self) -> str:
        return self.text or f"/{self.pattern}/"


@dataclass(frozen=True, slots=True)
class LogRules:
    """`place`: the file that says so, from the repository's root."""

    expect: tuple[Expected, ...] = ()
    noise: tuple[Noise, ...] = ()
    place: str = "signoff.toml"


NO_RULES = LogRules()

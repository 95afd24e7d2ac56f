"""How commits and paths are told in a sentence: bounded, their own words quoted, and as arguments of a fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signoff.model.finding import Command
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine, oldest
from signoff.model.text import Text, text

_SHOWN = 3
_PATHS_OF_A_FIX = 20


def count(number: int, thing: str) -> str:
    """`1 commit`, `3 commits`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def touch(commits: Sequence[CommitLine], workload: str) -> str:
    """`3 commits that touch web`."""
    return f"{count(len(commits), 'commit')} that {'touches' if len(commits) == 1 else 'touch'} {workload}"


def age(now: datetime, then: datetime) -> str:
    """How long ago, in its largest unit; a clock that is ahead counts as now."""
    seconds = max(0, int((now - then).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return "less than a minute"


def details(commits: Sequence[CommitLine], now: datetime) -> Text:
    """`(oldest 2 h ago): “Fix the mapper”, “Retry” and 3 more`, newest first."""
    first = oldest(commits)
    when = text(" (oldest {} ago)" if len(commits) > 1 else " ({} ago)", age(now, first)) if first else text("")
    return text("{}: {}", when, listed([commit.subject for commit in commits]))


def listed(names: Sequence[Quoted]) -> Text:
    """`“a”, “b”, “c” and 2 more`; a view puts the marks around what came from outside."""
    told = text("")
    for number, name in enumerate(names[:_SHOWN]):
        told = text("{}{}{}", told, ", " if number else "", name)
    more = len(names) - _SHOWN
    return text("{} and {} more", told, more) if more > 0 else told


def paths(found: Sequence[bytes]) -> Text:
    return listed([Quoted.of(path) for path in found])


def command(argv: Sequence[str], found: Sequence[bytes]) -> Command | None:
    """A command on paths, which count from the repository's root wherever it is typed.

    None where there are too many, or one that can not be written as text.
    """
    if len(found) > _PATHS_OF_A_FIX:
        return None
    try:
        return Command((*argv, "--", *(f":/{path.decode('utf-8')}" for path in found)))
    except UnicodeDecodeError:
        return None

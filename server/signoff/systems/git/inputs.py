"""What a workload is made from: path patterns, compiled once, matched against paths as git prints them (bytes)."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

ROOT: Final = b""
_SPECIAL = frozenset("*?[\\")
# One command with 1,805 paths took 80 times as long as one without.
_FEW = 32
_ARGV_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern. ``glob`` is None for a literal one, which covers ``prefix`` and everything beneath it."""

    include: bool
    prefix: bytes  # the directory (or, if literal, the path) that everything it covers lies in; ROOT for anywhere
    glob: re.Pattern[str] | None

    def covers(self, path: bytes) -> bool:
        """Whether the pattern, its sign left aside, is about this path."""
        if self.glob is not None:
            return self.glob.search(as_text(path)) is not None
        return self.prefix == ROOT or path == self.prefix or path.startswith(self.prefix + b"/")


class Inputs:
    """Patterns such as ``["web/**", "shared/**", "!**/*.md"]``.

    The syntax is gitignore's (https://git-scm.com/docs/gitignore#_pattern_format) with three differences. Patterns are
    anchored at the repository's root: ``*.md`` is about the root alone, ``**/*.md`` about every folder. The last
    pattern that covers a path decides, without exception for excluded folders. And ``web``, ``web/`` and ``web/**``
    are the same: also ``web`` itself, since a submodule or a symbolic link is a path without anything beneath it.

    No pattern at all, or excluding ones alone: the whole repository. ValueError on a pattern that can match nothing.
    """

    __slots__ = ("patterns", "rules")

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self.patterns: Final = tuple(patterns)
        rules = [_rule(pattern) for pattern in self.patterns]
        if not any(rule.include for rule in rules):
            rules.insert(0, Rule(True, ROOT, None))
        while not rules[0].include:  # there is nothing yet that it could exclude
            del rules[0]
        self.rules: Final = tuple(rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inputs) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.rules)

    def __repr__(self) -> str:
        return f"Inputs({list(self.patterns)!r})"

    def matches(self, path: bytes) -> bool:
        """Whether the file (submodule, symbolic link) at this path, relative to the root, is an input."""
        return next((rule.include for rule in reversed(self.rules) if rule.covers(path)), False)

    def prefixes(self) -> tuple[bytes, ...]:
        """The fewest paths (folders or files) that every input lies at or beneath; () for the whole repository."""
        found: list[bytes] = []
        for prefix in sorted({rule.prefix for rule in self.rules if rule.include}):
            if prefix == ROOT:
                return ()
            if not any(prefix.startswith(outer + b"/") for outer in found):
                found.append(prefix)
        return tuple(found)

    @property
    def exact_prefixes(self) -> bool:
        """Whether everything at and beneath ``prefixes()`` is an input."""
        return all(rule.include and rule.glob is None for rule in self.rules)


def as_text(path: bytes) -> str:
    """The path as globs are matched against it: a final slash lets a pattern cover what lies beneath its match."""
    return path.decode("utf-8", "surrogateescape") + "/"


def common_paths(inputs: Iterable[Inputs]) -> tuple[bytes, ...]:
    """The paths that all these inputs together lie at or beneath; () for the whole repository."""
    found: set[bytes] = set()
    for one in inputs:
        prefixes = one.prefixes()
        if not prefixes:
            return ()
        found.update(prefixes)
    return tuple(sorted(found))


def are_few(paths: Collection[bytes]) -> bool:
    """Whether git is faster with these paths than without: it skips other folders, but matches each path with each."""
    return 0 < len(paths) <= _FEW and sum(map(len, paths)) < _ARGV_BYTES


def _rule(pattern: str) -> Rule:
    body = pattern.removeprefix("!")
    parts = [part for part in body.split("/") if part not in ("", ".")]
    if not body or ".." in parts:
        raise ValueError(f"input pattern {pattern!r} names no path in the repository")
    while parts and parts[-1] == "**":
        del parts[-1]
    literal: list[str] = []
    for part in parts:
        if _SPECIAL.intersection(part):
            break
        literal.append(part)
    prefix = "/".join(literal).encode("utf-8", "surrogateescape")
    glob = None if literal == parts else _glob("/".join(parts), pattern)
    return Rule(not pattern.startswith("!"), prefix, glob)


def _glob(body: str, pattern: str) -> re.Pattern[str]:
    # Imported here: most inputs are literal, and process start is measured.
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    try:
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex("/" + body)
    except GitIgnorePatternError as error:
        raise ValueError(f"input pattern {pattern!r} is not a valid glob") from error
    if regex is None:
        raise ValueError(f"input pattern {pattern!r} can match nothing")
    return re.compile(regex, re.DOTALL)  # file names may hold newlines

"""What a scan tells: which names the code reads from the environment while it is built, from where, and how badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Need = Literal["required", "undefaulted", "optional"]
"""`required`: without it the build stops there, as told from the text. `undefaulted`: read without a default, and
nothing in the text stops without it (what it is handed to may). `optional`: it has a default or is only asked about."""

ALWAYS = frozenset({"PATH", "HOME", "PWD", "HOSTNAME", "USER", "SHELL", "TERM", "LANG", "TMPDIR", "OLDPWD"})
"""Set in every build, or asked for by habit; never what a build lacks."""


@dataclass(frozen=True, slots=True)
class Place:
    """`line` counts from 1. `what` happens there: `imports lib/auth.ts`, `calls requireEnv`, `reads AUTH_SECRET`."""

    path: str
    line: int
    what: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class EnvRead:
    """One read that happens while the build evaluates `chain[0].path`.

    `chain`: from the entry file to the read, which is its last place. `why`: what tells `need`.
    `given`: names without which it is not reached; `unless`: names with which it is not.
    """

    name: str
    place: Place
    need: Need
    chain: tuple[Place, ...]
    why: str
    given: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    empty_serves: bool = False
    """An empty value is enough: `os.environ["X"]` raises only where X is not set at all."""

    @property
    def required(self) -> bool:
        return self.need == "required"

    @property
    def entry(self) -> str:
        return self.chain[0].path


@dataclass(frozen=True, slots=True)
class BakedRead:
    """A read that the bundler replaces with the value it has at build time, in code that browsers get."""

    name: str
    place: Place
    defaulted: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the build runs. `folder`: where, from the repository's root (`.` is the root itself).

    `sets`: environment that is already known not to matter (values of ENV, for what the code compares with).
    `ends_on_failure`: the shell that runs it ends with the first command that fails, as after `set -e`. `dotenv`: files
    of variables that the build made as copies of files of the tree: path, path of the original.
    """

    text: str
    folder: str = "."
    place: Place | None = None
    sets: Mapping[str, str] = field(default_factory=dict)
    ends_on_failure: bool = False
    dotenv: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a command evaluates. `sets`: what the command or its tool puts into the environment itself."""

    path: str
    how: str
    language: Literal["python", "script"]
    sets: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    """What `python -c` runs: then `path` is where it is written."""
    roots: tuple[str, ...] = ()
    """Folders that Python imports from, before the usual ones."""
    calls: tuple[str, ...] = ()
    """Exported functions that the tool calls while building (getStaticProps)."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`unread`: sentences on what can not be told. `unresolved`: imports of packages, which are not followed."""

    entries: tuple[Entry, ...]
    reads: tuple[EnvRead, ...]
    baked: tuple[BakedRead, ...] = ()
    unread: tuple[str, ...] = ()
    files: int = 0
    """How many files were evaluated."""
    unresolved: int = 0

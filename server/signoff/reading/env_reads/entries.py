"""Which files of the tree a command evaluates: the entries from which the scan follows the code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from signoff.reading.env_reads.model import Command, Entry, Place
from signoff.reading.made_variables import files_made, sourced
from signoff.reading.shell import commands as shell_commands
from signoff.reading.shell_failure import first_that_counts

_SET = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_BEFORE = frozenset(
    {"env", "cross-env", "cross-env-shell", "exec", "time", "sudo", "command", "npx", "bunx", "pnpx", "set"}
)
"""Words that stand before the program itself."""
_DEPTH = 6
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_TEXT = re.compile(r"-\w*c")
"""The option of a shell that the text to run follows, alone or with others."""


@dataclass(slots=True)
class Found:
    """`unread`: sentences on commands whose files can not be told."""

    files: Mapping[str, bytes]
    entries: dict[tuple[str, tuple[tuple[str, str], ...]], Entry] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        self.entries.setdefault((entry.path + (entry.code or ""), tuple(sorted(entry.sets.items()))), entry)


@dataclass(frozen=True, slots=True)
class Program:
    """One program with its arguments, as it is started. `sets`: what the environment gets for it in the text."""

    words: tuple[str, ...]
    folder: str
    sets: Mapping[str, str]
    place: Place | None
    depth: int = 0


def entries(files: Mapping[str, bytes], commands: Iterable[Command]) -> Found:
    """Of all commands in order; one file that several evaluate in the same way is one entry."""
    found = Found(files)
    for command in commands:
        for program in programs(command):
            take(found, program)
    return found


def programs(command: Command, depth: int = 0) -> Iterator[Program]:
    """The programs of a shell text: `cd` and `export` act on those after them."""
    folder, exported = command.folder, dict(command.sets)
    listed = list(shell_commands(command.text))
    counts = 0 if command.ends_on_failure else first_that_counts(command.text, listed)
    for number, one in enumerate(listed):
        words = list(one.words)
        sets = dict(exported)
        while words and (words[0] in _BEFORE or _SET.fullmatch(words[0]) or (words[0] == "--" and len(words) > 1)):
            assigned = _SET.fullmatch(words.pop(0))
            if assigned:
                sets[assigned[1]] = _plain(assigned[2])
        if not words:
            continue
        if words[0] == "export":
            for word in words[1:]:
                assigned = _SET.fullmatch(word)
                if assigned:
                    exported[assigned[1]] = _plain(assigned[2])
        elif words[0] in {"cd", "pushd"} and len(words) > 1 and "$" not in words[1]:
            folder = within(folder, words[1])
        elif number >= counts and not one.forgiven:
            yield Program(tuple(words), folder, sets, command.place, depth)


def _plain(value: str) -> str:
    """A value that is itself a variable may be empty or not: not known, yet there."""
    return "" if "$" in value or "`" in value else value


def within(folder: str, path: str) -> str:
    """A path from the repository's root; an absolute one is taken to be the image's own root."""
    joined = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    return "." if joined.startswith("..") else joined


def take(found: Found, program: Program) -> None:
    from signoff.reading.env_reads import entries_node, entries_python

    if program.depth > _DEPTH:
        return
    words = program.words
    name = posixpath.basename(words[0])
    at = next((at for at, word in enumerate(words[1:-1], 1) if _TEXT.fullmatch(word)), None)
    if name in _SHELLS and at is not None:
        strict = _strict(words[1 : at + 1])
        inside = Command(words[at + 1], program.folder, program.place, program.sets, strict)
        for inner in programs(inside, program.depth + 1):
            take(found, inner)
    elif (script := _script_of(found.files, program, name)) is not None:
        _script(found, program, script)
    elif not entries_python.take(found, program, name):
        entries_node.take(found, program, name)


def _script_of(files: Mapping[str, bytes], program: Program, name: str) -> str | None:
    """The shell script of the tree that is started: `./build.sh`, `sh -e scripts/build`."""
    if name in _SHELLS:
        first = next((word for word in program.words[1:] if not word.startswith("-")), "")
        return exists(files, program.folder, first) if first else None
    return exists(files, program.folder, program.words[0]) if name.endswith(".sh") else None


def _strict(options: Sequence[str]) -> bool:
    """Whether a shell ends with the first command that fails."""
    return any(re.fullmatch(r"-\w*e\w*|errexit", one) for one in options)


def _script(found: Found, program: Program, path: str) -> None:
    """What a script of the tree runs; what one has that makes variables for itself is not known."""
    text = found.files[path].decode("utf-8", "replace")
    if files_made(text) or sourced(text):
        found.unread[f"{path}: makes or takes variables that no file of the commit has"] = None
        return
    place = Place(path, 1, "shell script")
    inside = Command(text, program.folder, place, program.sets, _strict(program.words[1:]))
    for inner in programs(inside, program.depth + 1):
        take(found, inner)


def exists(files: Mapping[str, bytes], folder: str, *paths: str) -> str | None:
    """The first of the paths, seen from the folder, that is a file of the tree."""
    for path in paths:
        at = posixpath.normpath(posixpath.join(folder, path))
        if at in files:
            return at
    return None

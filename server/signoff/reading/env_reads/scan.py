"""The scan: from what the build's commands evaluate to every read of the environment on the way."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping

from signoff.reading.env_reads import django
from signoff.reading.env_reads.baked import baked
from signoff.reading.env_reads.entries import entries as entries_of
from signoff.reading.env_reads.model import Command, Entry, EnvRead, Place, Scan
from signoff.reading.env_reads.python_machine import Machine as PythonMachine
from signoff.reading.env_reads.python_modules import PythonFiles, PythonModule, folders_of
from signoff.reading.env_reads.script_machine import Machine as ScriptMachine
from signoff.reading.env_reads.values import UNKNOWN, Function
from signoff.reading.env_reads.world import Exhausted, Thrown, World
from signoff.reading.source.script_resolution import Resolution

_RECURSION = 12_000
"""Deep code makes deep recursion in a reader of it: a call that is followed takes some ten calls here."""
_ORDER = {"required": 0, "undefaulted": 1, "optional": 2}


def scan(files: Mapping[str, bytes], commands: Iterable[Command] = (), entries: Iterable[Entry] = ()) -> Scan:
    """What is read while the commands run (or the entries are evaluated), without running anything.

    `files`: the whole tree by path from its root; a mapping that loads on first use does. Pure: cache it by tree and
    commands. Texts that can not be parsed are said in `unread`; it never raises for what the files hold.
    """
    commands = list(commands)
    copies = {to: files[original] for one in commands for to, original in one.dotenv if original in files}
    files = {**files, **copies} if copies else files
    found = entries_of(files, commands)
    for entry in entries:
        found.add(entry)
    listed = tuple(found.entries.values())
    unread = dict(found.unread)
    reads: dict[tuple[str, Place], EnvRead] = {}
    evaluated: set[str] = set()
    unresolved: set[tuple[str, str]] = set()
    resolution = Resolution(files)
    for world, seen in _followed(files, listed, resolution):
        for read in world.found():
            known = reads.get((read.name, read.place))
            if known is None or _better(read, known):
                reads[read.name, read.place] = read
        unread |= world.unread
        unresolved |= world.unresolved
        evaluated |= seen
    ordered = sorted(reads.values(), key=lambda one: (_ORDER[one.need], one.name, one.place.path, one.place.line))
    return Scan(
        listed, tuple(ordered), baked(files, listed, resolution), tuple(unread), len(evaluated), len(unresolved)
    )


def _better(one: EnvRead, other: EnvRead) -> bool:
    rank = (_ORDER[one.need], len(one.given | one.unless), len(one.chain))
    return rank < (_ORDER[other.need], len(other.given | other.unless), len(other.chain))


def _followed(
    files: Mapping[str, bytes], listed: tuple[Entry, ...], resolution: Resolution
) -> Iterable[tuple[World, set[str]]]:
    """Scripts that begin with the same environment share what they have evaluated; a Python program has its own."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION))
    try:
        scripts: dict[tuple[tuple[str, str], ...], ScriptMachine] = {}
        folders = folders_of(files) if any(entry.language == "python" for entry in listed) else frozenset()
        for entry in listed:
            if entry.language == "script":
                key = tuple(sorted(entry.sets.items()))
                machine = scripts.setdefault(key, ScriptMachine(resolution, World(sets=entry.sets)))
                _guarded(machine.world, entry, lambda entry=entry, machine=machine: _script(machine, entry))
            else:
                world = World(sets=entry.sets)
                python = PythonMachine(PythonFiles(files, entry.roots or ("", "src"), folders), world)
                _guarded(world, entry, lambda entry=entry, python=python: _python(python, entry))
                yield world, python.evaluated
        for machine in scripts.values():
            yield machine.world, set(machine.modules)
    finally:
        sys.setrecursionlimit(limit)


def _guarded(world: World, entry: Entry, act: object) -> None:
    """What one entry's text can not be followed for is said; the others are followed all the same."""
    assert callable(act)
    depth = len(world.stack)
    try:
        act()
    except Exhausted:
        world.unread[f"{entry.path}: not followed to its end: more code than the scan follows"] = None
    except RecursionError:
        world.unread[f"{entry.path}: not followed to its end: nested too deeply"] = None
    except Thrown:
        pass
    finally:
        del world.stack[depth:]
        world.reset()


def _script(machine: ScriptMachine, entry: Entry) -> None:
    if entry.path not in machine.files.files:
        machine.world.unread[f"{entry.path}: is not in the tree"] = None
        return
    module = machine.run_module(entry.path)
    for name in entry.calls:
        held = module.export(name)
        if isinstance(held, Function):
            machine.call(held, [UNKNOWN], Place(entry.path, held.node.start_point[0] + 1))


def _python(machine: PythonMachine, entry: Entry) -> None:
    module = PythonModule("__main__", entry.path, "", "")
    if entry.code is not None:
        try:
            tree = ast.parse(entry.code)
        except SyntaxError:
            machine.world.unread[f"{entry.path}: what python -c runs is not Python that can be read"] = None
            return
        machine.run_code(module, tree)
    else:
        machine.run_module(module)
    django.follow(machine, entry)

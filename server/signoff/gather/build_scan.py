"""What the code reads while it is built and the build does not have: the scan, made once for equal files."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from signoff import __version__
from signoff.gather.build_commands import build_runs
from signoff.gather.build_files import build_files
from signoff.gather.parts import files
from signoff.gather.upload_set import left_out
from signoff.model.buildable import Lack, Scanned
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Location
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.reading.routes.paths import fingerprint
from signoff.survey import Survey
from signoff.systems.git.inputs import Inputs

if TYPE_CHECKING:
    from signoff.reading.build_method import BuildRuns
    from signoff.reading.build_steps import BuildStep, Given
    from signoff.reading.env_reads.missing import Missing
    from signoff.reading.env_reads.model import Scan

_ONE = threading.Lock()
"""A scan raises the interpreter's recursion limit while it goes on: two at once would take it from each other."""


async def scanned(survey: Survey, workload: Workload, run_time: frozenset[str]) -> Known[Scanned] | Unknown:
    """`run_time`: the names that the workload has when it runs."""
    read, runs = await survey.get(build_files), await survey.get(build_runs, workload)
    if isinstance(read, Unknown):
        return read
    if isinstance(runs, Unknown):
        return runs
    tree = await survey.get(tree_key)
    if isinstance(tree, Unknown):
        return tree
    absent = await survey.get(left_out) if workload.source == "upload" else None
    if isinstance(absent, Unknown):
        return absent
    found: dict[tuple[str, str], Lack] = {}
    unread = [*runs.untold]
    evaluated, public = 0, False
    for step, scan in await asyncio.to_thread(
        _scans, survey, runs, read.value, tree, absent.value if absent is not None else frozenset()
    ):
        evaluated = max(evaluated, scan.files)
        public = public or any(one.name not in step.environment.names for one in scan.baked)
        unread += [*step.environment.unread, *scan.unread]
        for lack in _lacks(step, scan, run_time, open_ended=runs.open):
            key = (lack.name.outside, lack.kind)
            if key not in found or (lack.sure and not found[key].sure):
                found[key] = lack
    for name, kind in list(found):
        if kind == "may-stop" and (name, "stops") in found:
            del found[name, kind]
    said = tuple(Quoted(one) for one in dict.fromkeys(unread))
    return Known(Scanned(tuple(found.values()), evaluated, len(runs.steps), public, said), read.ref)


async def tree_key(survey: Survey) -> str | Unknown:
    """Equal for commits with the same files."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    return fingerprint(*(part for entry in known.value for part in (entry.path, entry.object_id)))


def _scans(
    survey: Survey, runs: BuildRuns, texts: Mapping[str, bytes], tree: str, absent: frozenset[bytes]
) -> list[tuple[BuildStep, Scan]]:
    """`absent`: what the upload leaves out that the build is made from."""
    made = []
    for step in runs.steps:
        command = step.command
        told = str((sorted(command.sets.items()), command.dotenv, command.ends_on_failure))
        key = fingerprint(
            "scan", __version__, tree, command.text, command.folder, told, *step.kept, "", *sorted(absent)
        )
        kept = _read(survey.systems.kept.get(key))
        if kept is None:
            from signoff.reading.env_reads.scan import scan

            with _ONE:
                kept = scan(_reaching(step, texts, absent), [replace(command, place=None)])
            survey.systems.kept.put(key, _written(kept))
        made.append((step, kept))
    return made


def _reaching(step: BuildStep, texts: Mapping[str, bytes], absent: frozenset[bytes]) -> Mapping[str, bytes]:
    """The files that the step can have: what is kept out of its build is neither read there nor gives it a value."""
    if not step.kept and not absent:
        return texts
    try:
        inputs = Inputs(step.kept)
    except ValueError:  # a pattern that can match nothing: Docker refuses the file too
        return texts
    named = ((path.encode("utf-8", "surrogateescape"), path) for path in texts)
    return {path: texts[path] for raw, path in named if raw not in absent and inputs.matches(raw)}


def _written(scan: Scan) -> bytes:
    from pydantic import TypeAdapter

    from signoff.reading.env_reads.model import Scan

    # What a command sets may be a secret of the build's: it tells the scan its way, and is never kept.
    entries = tuple(replace(entry, sets={}) for entry in scan.entries)
    return TypeAdapter(Scan).dump_json(replace(scan, entries=entries))


def _read(data: bytes | None) -> Scan | None:
    """None also where it can not be read: then it is made anew."""
    from pydantic import TypeAdapter, ValidationError

    from signoff.reading.env_reads.model import Scan

    try:
        return None if data is None else TypeAdapter(Scan).validate_json(data)
    except ValidationError:
        return None


def _lacks(step: BuildStep, scan: Scan, run_time: Collection[str], *, open_ended: bool) -> list[Lack]:
    from signoff.reading.env_reads.missing import missing

    defaulted = {one.name for one in scan.baked} - {one.name for one in scan.baked if not one.defaulted}
    return [
        _lack(one, sure=not (step.environment.unread or (open_ended and one.empty is not None))
              and not (one.kind == "baked-empty" and one.name in defaulted))
        for one in missing(scan, step.environment, run_time)
    ]  # fmt: skip


def _lack(one: Missing, *, sure: bool) -> Lack:
    return Lack(
        name=Quoted(one.name),
        kind=one.kind,
        place=Location(one.place.path, one.place.line),
        chain=tuple(Quoted(f"{place} {place.what}".rstrip()) for place in one.chain),
        why=Quoted(one.why),
        cure=Quoted(one.cure),
        run_time_only=one.run_time_only,
        empty=_place(one.empty),
        sure=sure,
    )


def _place(given: Given | None) -> Location | None:
    return None if given is None else Location(given.place.path, given.place.line)

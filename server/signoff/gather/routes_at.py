"""The routes of a workload at one commit: out of its source, an OpenAPI document, a command of the team's."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from signoff.gather.route_sources import contents, sources
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.routes import Found, Unread
from signoff.model.subject import Commit, Workload
from signoff.model.text import text
from signoff.reading.routes.paths import fingerprint
from signoff.survey import Survey
from signoff.systems.git.history import History

COMMAND_SECONDS = 120.0


async def routes_at(
    survey: Survey, workload: Workload, objects: Path, commit: Commit, *, wanted: bool = False
) -> Known[Found] | Unknown:
    """Everything that is found; Unknown where git, the document or the command does not say. `wanted`: it is the commit
    to ship, in which a document that signoff.toml names has to be.
    """
    history = survey.systems.git.history(objects)
    read = await _of_source(survey, workload, history, commit)
    if isinstance(read, Unknown):
        return read
    found, ref = read.value, read.ref
    if workload.routes.openapi is not None:
        document = await _of_document(workload.routes.openapi, history, commit, wanted)
        if isinstance(document, Unknown):
            return document
        found = found.with_more(document.value)
    if workload.routes.command:
        printed = await _of_command(survey, workload.routes.command, commit)
        if isinstance(printed, Unknown):
            return printed
        found = found.with_more(printed.value)
    return Known(found, ref)


async def _of_source(survey: Survey, workload: Workload, history: History, commit: Commit) -> Known[Found] | Unknown:
    from signoff.reading.routes import readers

    there = await sources(survey, workload, history, commit)
    if isinstance(there, Unknown):
        return there
    key = fingerprint(*(part for one in there.value.items() for part in one))
    kept = survey.systems.routes.get(key)
    if kept is not None:
        return Known(kept, there.ref)
    files = await contents(history, there.value)
    if isinstance(files, Unknown):
        return files
    found = await asyncio.to_thread(readers.routes, files.value)
    large = tuple(
        Unread(path, 1, text("this file is too large to be read"), object_id)
        for path, object_id in there.value.items()
        if path not in files.value
    )
    found = found.with_more(Found(unread=large))
    survey.systems.routes[key] = found
    return Known(found, there.ref)


async def _of_document(path: str, history: History, commit: Commit, wanted: bool) -> Known[Found] | Unknown:
    from signoff.reading.errors import Unreadable
    from signoff.reading.routes import openapi

    raw = await history.file_at(commit, path)
    if isinstance(raw, Unknown):
        return raw
    if raw.value is None and wanted:
        return Unknown("malformed", raw.ref, Quoted(f"{path}, which signoff.toml names as openapi, is not there"))
    if raw.value is None:  # it may not have been there yet
        return Known(Found(), raw.ref)
    try:
        return Known(openapi.read(path, raw.value), raw.ref)
    except Unreadable as error:
        return Unknown("malformed", raw.ref, Quoted(f"{path} {error}"))


async def _of_command(survey: Survey, argv: Sequence[str], commit: Commit) -> Known[Found] | Unknown:
    from signoff.reading.errors import Unreadable
    from signoff.reading.routes import printed
    from signoff.systems.git.checkout import checkout
    from signoff.systems.program import run_program

    key = fingerprint(commit, *argv)
    systems = survey.systems
    lines: list[str] = []
    remote = await systems.git.url(survey.subject.remote)
    if isinstance(remote, Unknown):
        return remote
    top = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="signoff-"))
    try:
        folder = top / "checkout"
        made = await checkout(systems.git, commit, folder, remote.value or survey.subject.remote)
        if isinstance(made, Unknown):
            return made
        if key in systems.routes:
            return Known(systems.routes[key], made.ref)
        program = str(folder / argv[0]) if "/" in argv[0] else argv[0]

        def told(line: Quoted) -> None:
            lines.append(line.outside)

        ended = await run_program(
            systems.boundary, (program, *argv[1:]), folder, systems.environment, COMMAND_SECONDS, told
        )
    finally:
        await asyncio.to_thread(shutil.rmtree, top, ignore_errors=True)
    if isinstance(ended, Unknown):
        return ended
    if ended.value != 0:
        return Unknown("malformed", ended.ref, Quoted(f"{argv[0]} ended with exit code {ended.value}"))
    try:
        systems.routes[key] = printed.read("\n".join(lines))
    except Unreadable as error:
        return Unknown("malformed", ended.ref, Quoted(f"{argv[0]}: {error}"))
    return Known(systems.routes[key], ended.ref)

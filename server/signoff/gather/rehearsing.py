"""A rehearsal: the build's own commands in a clean clone of the pushed commit, with the build's environment alone."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from signoff.gather.code import code_of
from signoff.gather.published import published
from signoff.gather.rehearsed import Planned, planned
from signoff.model.buildable import Rehearsed, TracedRead
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.rehearsal import Rehearsal
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import unanswered
from signoff.reading.build_log import failing_line
from signoff.reading.mentions import Mentions
from signoff.survey import Survey
from signoff.systems.git.clone import clone
from signoff.systems.program import run_program
from signoff.systems.tracer import traced, traces

Told = Callable[[Quoted], None]

KEPT = 5_000
"""Lines of output in which the failing ones are looked for."""
SHOWN = 3
"""Lines of them that are shown: the first that names an error, and what follows it."""


async def rehearse(
    survey: Survey, workload: Workload, rehearsal: Rehearsal, told: Told, *, again: bool = False
) -> Rehearsed | Text:
    """What came of it, kept from now on; of equal inputs what is on record. A Text says why there was none.

    `again`: one that did not go well is tried once more: its cause may have been of this machine or its network.
    """
    plan = await planned(survey, workload, rehearsal)
    if isinstance(plan, Unknown):
        return unanswered(plan)
    kept = survey.systems.rehearsals.get(plan.key)
    if kept is not None and (kept.code == 0 or not again):
        return kept
    where = await survey.get(published)
    if isinstance(where, Unknown):
        return unanswered(where)
    if where.value.own:
        return text("{} is not rehearsed: its commit is not pushed", workload.name)
    top = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="signoff-rehearsal-"))
    try:
        done = await _in(survey, plan, top, told)
    finally:
        await _gone(top)
    if isinstance(done, Rehearsed):
        done = replace(done, reads=await _placed(survey, workload, done.reads))
        survey.systems.rehearsals.put(plan.key, done)
    return done


async def _gone(top: Path) -> None:
    """Remove the folder, also when what waits for that is cancelled once more."""
    removing = asyncio.ensure_future(asyncio.to_thread(shutil.rmtree, top, ignore_errors=True))
    try:
        await asyncio.shield(removing)
    except asyncio.CancelledError:
        await asyncio.wait([removing])
        raise


async def _in(survey: Survey, plan: Planned, top: Path, told: Told) -> Rehearsed | Text:
    systems, rehearsal, commit = survey.systems, plan.rehearsal, survey.subject.commit
    folder, trace = top / "clone", top / "trace"
    made = await clone(systems.git, survey.subject.remote, commit, folder)
    if isinstance(made, Unknown):
        return unanswered(made)
    where = (folder / rehearsal.folder).resolve()
    if not (where.is_dir() and where.is_relative_to(folder.resolve())):
        return text("the folder {} is not in the commit", rehearsal.folder)
    clock = asyncio.get_running_loop().time
    ends = clock() + rehearsal.seconds
    done: Rehearsed | Text = text("nothing was rehearsed")
    for at, (argv, given) in enumerate(((rehearsal.install, plan.install), (rehearsal.command, plan.build))):
        if not argv:
            continue
        environment = traced(_environment(systems.environment, given, top), trace / str(at), folder)
        done = await _run(survey, plan, argv, where, environment, ends - clock(), told)
        if not isinstance(done, Rehearsed) or done.code != 0:
            return done
        if argv == rehearsal.command:
            return replace(done, reads=await asyncio.to_thread(traces, trace / str(at)))
    return done


async def _run(
    survey: Survey,
    plan: Planned,
    argv: Sequence[str],
    where: Path,
    environment: Mapping[str, str],
    seconds: float,
    told: Told,
) -> Rehearsed | Text:
    lines: list[Quoted] = []

    def heard(line: Quoted) -> None:
        if len(lines) == KEPT:
            del lines[KEPT // 2]
        lines.append(line)
        told(line)

    told(Quoted(f"$ {shlex.join(argv)}"))
    program = str(where / argv[0]) if "/" in argv[0] else argv[0]
    boundary = survey.systems.boundary
    ended = await run_program(boundary, (program, *argv[1:]), where, environment, max(seconds, 0.1), heard)
    if isinstance(ended, Unknown) and ended.why != "timeout":
        return unanswered(ended)
    code = ended.value if isinstance(ended, Known) else None
    said = () if code == 0 else _failing(lines)
    commit, rehearsal = survey.subject.commit, plan.rehearsal
    at = boundary.now()
    return Rehearsed(commit, tuple(argv), code, rehearsal.seconds, at, said, placeholders=plan.placeholders)


def _environment(own: Mapping[str, str], given: Mapping[str, str], top: Path) -> dict[str, str]:
    """Nothing of this process but where programs are: no login, no setting, no secret of whoever asks."""
    for name in ("home", "tmp"):
        (top / name).mkdir(exist_ok=True)
    own_names = {name: own[name] for name in ("PATH", "LANG") if name in own}
    return {"CI": "true", **given, **own_names, "HOME": str(top / "home"), "TMPDIR": str(top / "tmp")}


def _failing(lines: Sequence[Quoted]) -> tuple[Quoted, ...]:
    first = failing_line(lines, None)
    if first is None:
        return ()
    at = next((at for at, line in enumerate(lines) if line.outside.strip() == first.outside), None)
    after = [] if at is None else [line for line in lines[at + 1 : at + 1 + SHOWN * 2] if line.outside.strip()]
    return (first, *(Quoted(line.outside.strip()) for line in after[: SHOWN - 1]))


async def _placed(survey: Survey, workload: Workload, reads: Sequence[TracedRead]) -> tuple[TracedRead, ...]:
    """With the place of the commit's own text that names what a bundled file reads."""
    known = await survey.get(code_of, workload)
    if isinstance(known, Unknown):
        return tuple(reads)
    mentions = Mentions(known.value)
    found = []
    for read in reads:
        path, _, _line = read.place.outside.rpartition(":")
        at = mentions.place([read.name]) if path not in known.value else None
        place = Quoted(f"{at.path}:{at.line}, as {read.place.outside}") if at is not None else read.place
        found.append(replace(read, place=place))
    return tuple(found)

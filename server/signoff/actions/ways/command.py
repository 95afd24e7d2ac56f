"""Way to build: the team's own command, which may deploy as well. signoff runs it, watches, and proves what it did."""

from __future__ import annotations

import posixpath
import shutil
from dataclasses import replace

from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.actions.steps import NotMade, StepFailed, known
from signoff.actions.ways import held
from signoff.actions.ways.alone import changed, deployed_alone
from signoff.actions.ways.builds import CommandBuild
from signoff.actions.ways.export import exported
from signoff.actions.ways.watch import watched
from signoff.actions.ways.work import Built, Work, path_in
from signoff.model.facts import Unknown
from signoff.model.quoted import Quoted
from signoff.model.subject import BuildCommand, Commit, Workload
from signoff.model.text import text
from signoff.reading.build_log import failing_line
from signoff.systems.google.deployed import BuildName
from signoff.systems.program import run_program
from signoff.views.words import command as shown
from signoff.views.words import sentence

COMMAND_SECONDS = 3600.0
KEPT = 5_000
"""Lines of its output in which the failing one is looked for."""


async def plan(site: Site, workload: Workload, build: BuildCommand, commit: Commit) -> CommandBuild:
    """Raises PlanError where the program is neither in the commit nor on the PATH."""
    program = build.command[0]
    where = f"workloads.{workload.name}.build in signoff.toml"
    if posixpath.isabs(program) or "/" not in program:
        path = site.systems.environment.get("PATH")
        if shutil.which(program, path=path) is None:
            raise PlanError(f"the program {program!r} is not on the PATH", where=where, fix="install or rename it")
    elif await site.file_at(commit, posixpath.normpath(program)) is None:
        fix = "commit and push it; what is only in the working tree takes no part"
        raise PlanError(f"{program} is not in commit {commit[:12]}", where=where, fix=fix)
    return CommandBuild(build.command, commit)


async def make(work: Work, planned: CommandBuild) -> Built:
    """Run it; then what it deployed, else what it built. Raises StepFailed where neither is proven.

    Run once in an operation, however many workloads it deploys; and not where an attempt that died has run it to its
    end already, and all of them are proven to be deployed.
    """
    shared = work.site.building[planned]
    if not shared.begun and not await _deployed_all(work):
        shared.begun = True
        try:
            await _run(work, planned)
        except StepFailed:
            shared.failed = work.item.workload
            raise
    alone = await deployed_alone(work)
    if alone is not None:
        return alone
    trace = await held.trace_of(work.site, work.workload)
    if isinstance(trace, Unknown):
        raise StepFailed(text("what the command built is not known: {} ({})", trace.why, trace.detail), changed=None)
    project = work.site.subject.target.project
    under_way = held.running(trace)
    if under_way is not None:
        return await watched(work, BuildName(project, under_way.location, under_way.id), own=False)
    found = held.done(trace, planned.commit)
    if found is not None and found.build is not None:
        name = BuildName(project, found.build.location, found.build.id)
        return Built(f"{path_in(found.build, found.digest)}@{found.digest}", name)
    says = text(
        "{} ended well, and {} is not deployed: neither does the target run an image of {}, nor is there a build of it",
        shown(planned.argv), work.item.workload, planned.commit[:12],
    )  # fmt: skip
    raise NotMade(says, changed=await changed(work))


async def _deployed_all(work: Work) -> bool:
    for item in work.together:
        if await deployed_alone(replace(work, item=item)) is None:
            return False
    return True


async def _run(work: Work, planned: CommandBuild) -> None:
    lines: list[Quoted] = []

    def told(line: Quoted) -> None:
        lines.append(line)
        del lines[:-KEPT]
        work.tell(sentence(text("says {}", line)))

    environment = {
        **work.site.systems.environment,
        "SIGNOFF_COMMIT": planned.commit,
        "SIGNOFF_TARGET": work.site.subject.target.name,
    }
    async with exported(work, planned.commit) as folder:
        work.tell(f"runs {shown(planned.argv)}")
        # A path counts from the checkout, whatever the directory of this process is.
        program = str(folder / planned.argv[0]) if "/" in planned.argv[0] else planned.argv[0]
        argv = (program, *planned.argv[1:])
        ended = await run_program(
            work.writers.writing,
            argv,
            folder,
            environment,
            COMMAND_SECONDS,
            told,
            files=work.site.locks.values(),  # killed with -9 signoff leaves it at work, and nobody else begins then
        )
    name = shown(planned.argv)
    if isinstance(ended, Unknown):
        raise StepFailed(text("{} failed: {} ({})", name, ended.why, ended.detail), changed=await changed(work))
    code = known(ended, name)
    if code != 0:
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        line = failing_line(lines, None)
        why = text(": {}", line) if line is not None else text("")
        raise StepFailed(text("{} ended with {}{}", name, how, why), changed=await changed(work))

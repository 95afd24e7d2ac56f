"""Walk the chain, or some links of it, for some or all workloads, and record the report."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from signoff.check import Check, Progress
from signoff.commands.context import Context
from signoff.ledger import folds
from signoff.ledger.events import ClaimMade, ReportMade
from signoff.model.errors import SignoffError
from signoff.model.facts import Ref, Unknown
from signoff.model.judgement import Link
from signoff.model.quoted import Quoted
from signoff.model.report import Report
from signoff.model.subject import Claim, Commit, Subject, Workload, WorkloadName
from signoff.survey import Survey
from signoff.walk import Overview, Overviews, walk

F = TypeVar("F")


async def run(
    context: Context,
    links: Sequence[Link] | None = None,
    workloads: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    claims: Sequence[Claim] = (),
    seconds: float | None = None,
    checks: Sequence[Check[Any]] | None = None,
    overviews: Overviews | None = None,
) -> Report:
    """The report on what the target runs of this worktree's commit, kept in the ledger.

    `links` and `workloads`: None for all. `claims`: what the session says it did. `seconds`: what is not answered by
    then is unknown. `checks` and `overviews`: the chain's own, if not given. Raises SignoffError for an unknown
    workload, a link without a check, or a repository without a commit.
    """
    if checks is None:
        from signoff.chain import CHECKS

        checks = CHECKS
    if overviews is None:
        from signoff.gather.overview import overviews as every

        overviews = every
    asked = _asked(checks, links)
    subject = replace(await subject_of(context, workloads), claims=tuple(claims))
    waivers = await asyncio.to_thread(folds.waivers, context.ledger, context.target.name, subject.commit)
    async with Survey(subject, context.systems, context.now()) as survey:
        if seconds is not None:
            deadline = asyncio.get_running_loop().time() + seconds
            asked = [_until(check, deadline, seconds) for check in asked]
            overviews = _known_by(overviews, deadline)
        report = await walk(survey, asked, overviews, waivers=waivers, progress=progress)
    whole = links is None and workloads is None
    await asyncio.to_thread(record, context, report, whole=whole, claims=claims)
    return report


async def subject_of(context: Context, workloads: Sequence[str] | None = None) -> Subject:
    """What is asked about: the worktree's commit in the target, with the session that the ledger knows."""
    chosen = chosen_workloads(context, workloads)
    session = await asyncio.to_thread(folds.session, context.ledger, context.worktree)
    return Subject(
        commit=await head(context),
        tree=context.root,
        target=context.target,
        workloads=chosen,
        remote=context.config.source.remote,
        flow=context.config.source.flow,
        handoff_folder=context.config.handoff.folder,
        session=session,
    )


async def head(context: Context) -> Commit:
    """The commit that is checked out. Raises SignoffError where there is none, or git does not say."""
    from signoff.systems.git import worktree

    found = await worktree.head(context.systems.git)
    if isinstance(found, Unknown):
        raise SignoffError("git does not say which commit is checked out", where=context.worktree, fix="signoff doctor")
    if found.value is None:
        raise SignoffError("the repository has no commit yet", where=context.worktree, fix="git commit")
    return found.value


def chosen_workloads(context: Context, names: Sequence[str] | None) -> tuple[Workload, ...]:
    """The named workloads in the order of the configuration. Raises SignoffError with what may have been meant."""
    if names is None:
        return context.workloads
    known = [str(workload.name) for workload in context.workloads]
    for name in names:
        if name not in known:
            meant = difflib.get_close_matches(name, known, n=1)
            fix = f"did you mean {meant[0]}?" if meant else f"choose from: {', '.join(known)}"
            raise SignoffError(f"there is no workload {name!r}", where=str(context.config.path), fix=fix)
    return tuple(workload for workload in context.workloads if workload.name in names)


def _asked(checks: Sequence[Check[Any]], links: Sequence[Link] | None) -> Sequence[Check[Any]]:
    if links is None:
        return checks
    able = {check.link for check in checks}
    for link in links:
        if link not in able:
            known = ", ".join(link.value for link in Link if link in able) or "none"
            raise SignoffError(f"nothing checks the link {link.value} yet", fix=f"ask for one of: {known}")
    return [check for check in checks if check.link in links]


def _until(check: Check[F], deadline: float, seconds: float) -> Check[F]:
    """The check, whose facts are unknown where gathering them takes longer than the walk may (loop time)."""

    async def gather(survey: Survey, workload: Workload) -> F | Unknown:
        try:
            async with asyncio.timeout_at(deadline):
                return await check.gather(survey, workload)
        except TimeoutError:
            ref = Ref("signoff", f"{check.name} of {workload.name}", survey.now, ("signoff", "check", check.link.value))
            return Unknown("timeout", ref, Quoted(f"its facts were not gathered within {seconds:g} s"))

    return replace(check, gather=gather)


def _known_by(overviews: Overviews, deadline: float) -> Overviews:
    """The overviews, or none: then every workload counts as touched."""

    async def bounded(survey: Survey) -> Mapping[WorkloadName, Overview]:
        try:
            async with asyncio.timeout_at(deadline):
                return await overviews(survey)
        except TimeoutError:
            return {}

    return bounded


def record(context: Context, report: Report, *, whole: bool, claims: Sequence[Claim] = ()) -> None:
    """Keep a report and what the session claimed. `whole`: every link and workload of the target was asked for."""
    from signoff.views.structure import as_json

    claimed = [ClaimMade(report.at, context.worktree, claim.gone, claim.workload) for claim in claims]
    made = ReportMade(report.at, context.worktree, context.target.name, whole, as_json(report))
    context.ledger.append(*claimed, made)

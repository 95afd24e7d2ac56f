"""Walk the chain, or some links of it, for some or all workloads, and record the report."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.check import Check, Progress
from signoff.commands.context import Context
from signoff.commands.identities import with_held
from signoff.commands.proven import newly_proven
from signoff.fold import REQUIRES
from signoff.ledger import folds
from signoff.ledger.events import ClaimMade, ReportMade, RevisionProven
from signoff.model.errors import SignoffError
from signoff.model.facts import Unknown
from signoff.model.judgement import Link
from signoff.model.report import Report
from signoff.model.subject import Candidate, Claim, Commit, Session, Subject, Workload, WorkloadName
from signoff.survey import Survey
from signoff.walk import Overviews, walk


async def run(
    context: Context,
    links: Sequence[Link] | None = None,
    workloads: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    claims: Sequence[Claim] = (),
    candidates: Mapping[WorkloadName, Candidate] | None = None,
    seconds: float | None = None,
    rehearse: bool = False,
    checks: Sequence[Check[Any]] | None = None,
    overviews: Overviews | None = None,
) -> Report:
    """The report on what the target runs of this worktree's commit, kept in the ledger.

    `links` and `workloads`: None for all. `claims`: what the session says it did. `candidates`:
    revisions that are judged in place of what serves. `seconds`: what is not finished by
    then is waiting, visibly; nothing is rehearsed then. `rehearse`: every build that says how, not only those that
    always are. `checks` and `overviews`: the chain's own, if not given. Raises SignoffError for an
    unknown workload, a link without a check, a claim that names no error, or a repository without a commit.
    """
    if checks is None:
        from signoff.chain import CHECKS

        checks = CHECKS
    if overviews is None:
        from signoff.gather.overview import overviews as every

        overviews = every
    from signoff.claims import claims as judged_claims
    from signoff.claims import require_claims

    require_claims(claims)
    asked = _asked(checks, links, candidates)
    subject = replace(await subject_of(context, workloads), claims=tuple(claims), candidate=candidates or {})
    if seconds is None and any(check.link is Link.BUILDABLE for check in asked):
        from signoff.commands.rehearse import rehearse as rehearsed

        await rehearsed(context, subject, progress, asked=rehearse)
    waivers = await asyncio.to_thread(folds.waivers, context.ledger, context.target.name, subject.commit)
    async with Survey(subject, context.systems, context.now()) as survey:
        report = await walk(
            survey, asked, overviews, claims=judged_claims, waivers=waivers, progress=progress, seconds=seconds
        )
        good = await newly_proven(context, survey, report)
    whole = links is None and workloads is None
    await asyncio.to_thread(record, context, report, whole=whole, claims=claims, proven=good)
    return report


async def subject_of(context: Context, workloads: Sequence[str] | None = None) -> Subject:
    """What is asked about: the worktree's commit in the target, with the session that the ledger knows."""
    chosen = chosen_workloads(context, workloads)
    session = await asyncio.to_thread(_session, context)
    commit = await head(context)
    return Subject(
        commit=commit,
        tree=context.root,
        target=context.target,
        workloads=await with_held(context, chosen, commit),
        remote=context.config.source.remote,
        flow=context.config.source.flow,
        handoff_folder=context.config.handoff.folder,
        log_lag=context.config.log_lag,
        session=session,
    )


def _session(context: Context) -> Session | None:
    """The worktree's session, with what it changed in the target."""
    known = folds.session(context.ledger, context.worktree)
    if known is None:
        return None
    changed = folds.changed_since(context.ledger, context.target.name, context.worktree, known.began)
    return replace(known, changed=changed)


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


def _asked(
    checks: Sequence[Check[Any]], links: Sequence[Link] | None, candidates: Mapping[WorkloadName, Candidate] | None
) -> Sequence[Check[Any]]:
    """With what an active check requires, but for a candidate, which does not serve yet."""
    if links is None:
        return checks
    able = {check.link for check in checks}
    for link in links:
        if link not in able:
            known = ", ".join(link.value for link in Link if link in able) or "none"
            raise SignoffError(f"nothing checks the link {link.value} yet", fix=f"ask for one of: {known}")
    asked = set(links)
    for check in checks:
        if check.active and check.link in links and not candidates:
            asked.update(REQUIRES.get(check.link, ()))
    return [check for check in checks if check.link in asked]


def record(
    context: Context,
    report: Report,
    *,
    whole: bool,
    claims: Sequence[Claim] = (),
    proven: Sequence[RevisionProven] = (),
) -> None:
    """Keep a report, what the session claimed, and the revisions that were seen to be good.

    `whole`: every link and workload of the target was asked for.
    """
    from signoff.views.structure import as_json

    claimed = [ClaimMade(report.at, context.worktree, claim.gone, claim.workload) for claim in claims]
    made = ReportMade(report.at, context.worktree, context.target.name, whole, as_json(report))
    context.ledger.append(*claimed, *proven, made)

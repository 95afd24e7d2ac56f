"""Write the handoff from the record, and read one back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from signoff.check import Progress
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.handoff import read as reading
from signoff.handoff.document import Changes, Words, document
from signoff.handoff.render import render
from signoff.handoff.timeline import Moment, timeline
from signoff.handoff.write import write
from signoff.ledger import folds
from signoff.model.errors import SignoffError
from signoff.model.facts import Unknown
from signoff.model.subject import Claim, Commit, Session
from signoff.views.structure import as_json
from signoff.views.words import name

if TYPE_CHECKING:
    from signoff.views.shapes import ReportJson

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """`report`: None where none could be made. `trouble`: why the report is not a new one."""

    path: Path
    report: ReportJson | None
    trouble: SignoffError | None


async def write_handoff(
    context: Context,
    words: Words,
    workloads: Sequence[str] | None = None,
    claims: Sequence[Claim] = (),
    progress: Progress | None = None,
    *,
    seconds: float | None = None,
) -> Written:
    """Walk the chain and write the document. It is written whatever happens: without a new report from the last one
    in the ledger, which it says, or without any, and then nothing in it is verified.

    Raises SignoffError where the file itself can not be written, or for an unknown workload.
    """
    report: ReportJson | None
    report, trouble = None, None
    try:
        report = as_json(await run(context, None, workloads, progress, claims=claims, seconds=seconds))
    except SignoffError as error:
        if workloads is not None:
            raise
        trouble = error
    except Exception as error:
        log.exception("the walk for the handoff broke")
        trouble = SignoffError(
            f"the walk broke with {type(error).__name__}; this is a bug in signoff", fix="signoff run"
        )
    moments: Sequence[Moment] = ()
    session: Session | None = None
    try:
        session, moments, last = await asyncio.to_thread(_remembered, context)
        report = report or last
    except SignoffError as error:  # the ledger: its trouble is told, and the document is written without it
        trouble = trouble or error
    head, changes = await _changes(context, session)
    now = context.now()
    made = document(words, report, moments, changes, written=now, head=head)
    folder = context.root / context.config.handoff.folder
    path = await asyncio.to_thread(write, folder, now.date(), words.summary or made.verdict, render(made))
    return Written(path, report, trouble)


def read_handoff(context: Context, named: str | None = None) -> reading.Handoff:
    """The named document of the handoff folder, or the latest. Raises HandoffError."""
    folder = context.root / context.config.handoff.folder
    return reading.read(reading.named(folder, named) if named else reading.latest(folder))


def _remembered(context: Context) -> tuple[Session | None, Sequence[Moment], ReportJson | None]:
    session = folds.session(context.ledger, context.worktree)
    since: datetime | None = session.began if session else None
    events = context.ledger.all(since)
    last = folds.last_report(context.ledger, context.target.name, context.worktree)
    moments = timeline(events, context.worktree, context.target.name, since)
    return session, moments, cast("ReportJson", last.report) if last else None


async def _changes(context: Context, session: Session | None) -> tuple[Commit | None, Changes]:
    """What git says; a repository that can not be asked leaves it open."""
    from signoff.systems.git import worktree

    head = await worktree.head(context.systems.git)
    known = None if isinstance(head, Unknown) else head.value
    if session is None:
        return known, Changes(None, None)
    commits = await worktree.commits_since(context.systems.git, session.head)
    files = await worktree.files_since(context.systems.git, session.head)
    return known, Changes(
        None if isinstance(commits, Unknown) else tuple((c.commit, name(c.subject)) for c in commits.value),
        None if isinstance(files, Unknown) else tuple(name(file) for file in files.value),
    )

"""Where tokens of smoke requests go: nowhere that was not in signoff.toml before this session edited it.

A session can write signoff.toml, and a token would follow wherever `url` or `identity` then point. So an identity is
sent only to a destination that the session found when it began, or that a person accepted since.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.commands.context import Context
from signoff.ledger import folds
from signoff.model.facts import Unknown
from signoff.model.smoke import Smoke
from signoff.model.subject import Commit, Target, Workload

if TYPE_CHECKING:
    from signoff.config import Config


def destination(target: Target, workload: Workload, smoke: Smoke) -> str:
    """A digest of who is sent where: equal for the same identity and the same address. Raises ValueError without one.

    Without a `url` the address is the service's own, which its project, regions and name decide.
    """
    if smoke.identity is None:
        raise ValueError("it is sent without an identity")
    where = workload.url or [target.project, *target.regions, workload.resource]
    said = json.dumps([str(workload.name), target.name, where, repr(smoke.identity)])
    return hashlib.sha256(said.encode()).hexdigest()


def destinations(config: Config) -> tuple[str, ...]:
    """Of every identity in the configuration, in every target."""
    found = (
        destination(target, workload, smoke)
        for target in config.targets.values()
        for workload in config.workloads_for(target)
        for smoke in workload.smoke
        if smoke.identity is not None
    )
    return tuple(sorted(set(found)))


async def with_held(context: Context, workloads: Iterable[Workload], commit: Commit) -> tuple[Workload, ...]:
    """The workloads, and which of their requests wait for a person because of an identity. `commit`: of HEAD."""
    chosen = tuple(workloads)
    if not any(smoke.identity is not None for workload in chosen for smoke in workload.smoke):
        return chosen
    trusted = await _trusted(context, commit)

    def marked(workload: Workload, smoke: Smoke) -> Smoke:
        new = smoke.identity is not None and destination(context.target, workload, smoke) not in trusted
        return replace(smoke, held=new)

    return tuple(replace(one, smoke=tuple(marked(one, smoke) for smoke in one.smoke)) for one in chosen)


async def _trusted(context: Context, commit: Commit) -> frozenset[str]:
    """What the session found when it began, and what a person accepted.

    Where the record of its start does not say, what was committed then. Where no session is known (a pipeline, a
    person at a terminal), what is committed: an edit that nobody has committed is held back.
    """
    accepted = await asyncio.to_thread(folds.accepted_identities, context.ledger)
    began = await asyncio.to_thread(folds.session_start, context.ledger, context.worktree)
    if began is not None and began.identities is not None:
        return accepted | frozenset(began.identities)
    return accepted | await _committed(context, Commit(began.head) if began else commit)


async def _committed(context: Context, commit: Commit) -> frozenset[str]:
    """Of signoff.toml in a commit; nothing where it is not there, or can not be read."""
    from signoff.config import parse
    from signoff.config.errors import ConfigError

    path = context.config.path.relative_to(context.root.resolve()).as_posix()
    raw = await context.systems.git.history().file_at(commit, path)
    if isinstance(raw, Unknown) or raw.value is None:
        return frozenset()
    try:
        return frozenset(destinations(parse(raw.value, context.config.path)))
    except ConfigError:
        return frozenset()

"""Remember when a session began, so that what it touched counts and what others did does not."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Literal

from signoff.commands.context import Context
from signoff.commands.identities import destinations
from signoff.commands.run import head
from signoff.ledger import folds
from signoff.ledger.events import SessionBegan
from signoff.model.subject import Session


async def begin_session(
    context: Context, began: datetime, by: Literal["hook", "mcp", "person"], session: str | None = None
) -> Session | None:
    """Record the start, unless it continues the session of this worktree. Returns the session that holds now.

    `session`: the client's own id; the same id (a resumed or compacted session) continues.
    """
    identities = destinations(context.config)
    start = SessionBegan(began, context.worktree, await head(context), by, session, identities)

    def keep() -> Session | None:
        if not folds.continues(context.ledger, start):
            context.ledger.append(start)
        return folds.session(context.ledger, context.worktree)

    return await asyncio.to_thread(keep)

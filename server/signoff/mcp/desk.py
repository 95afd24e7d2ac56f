"""What the tools share: the repository's context, opened at first use, and the one way to the commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signoff.model.errors import SignoffError

if TYPE_CHECKING:
    from signoff.check import Progress
    from signoff.commands.context import Context
    from signoff.commands.handoff import Written
    from signoff.handoff.document import Words
    from signoff.handoff.read import Handoff
    from signoff.model.report import Report

log = logging.getLogger(__name__)


class Desk:
    """One a server. `start`: where signoff.toml is looked for, upward; nothing is read before the first message.

    `private`: the client is the process that started the server, at the other end of its pipe. Anybody on the machine
    can connect over HTTP and answer in the user's place, so there no answer of a client is a yes.
    """

    def __init__(self, start: Path, *, read_only: bool = False, private: bool = True) -> None:
        self.start = start
        self.read_only = read_only
        self.private = private
        self._began = datetime.now(UTC)
        self._context: asyncio.Task[Context] | None = None
        self._recording: asyncio.Task[None] | None = None

    async def context(self) -> Context:
        """The opened repository and target. An error of the configuration is not kept: the file may be mended."""
        if self._context is None or (self._context.done() and self._context.exception() is not None):
            self._context = asyncio.create_task(asyncio.to_thread(_open, self.start, self.read_only))
        return await asyncio.shield(self._context)

    def begin(self) -> None:
        """Record the session's start in the background, once. It never fails a call and never delays one."""
        if self._recording is None:
            self._recording = asyncio.create_task(self._record())

    async def _record(self) -> None:
        try:
            context = await self.context()
            from signoff.commands.session import begin_session

            await begin_session(context, self._began, "mcp")
        except SignoffError as error:
            log.info("the session's start was not recorded: %s", error)
        except Exception:
            log.exception("recording the session's start broke")

    async def recorded(self) -> None:
        """Wait until the session's start is in the ledger: what is judged then knows what this session touched."""
        self.begin()
        if self._recording is not None:
            await asyncio.shield(self._recording)

    async def walk(
        self,
        workloads: Sequence[str],
        links: Sequence[str] | None,
        progress: Progress,
        *,
        gone: str = "",
        seconds: float | None = None,
        rehearse: bool = False,
    ) -> Report:
        """Walk these links (by name; None: all) of these workloads (none named: all), for `seconds` at most."""
        context = await self.context()
        await self.recorded()
        from signoff.commands.run import run
        from signoff.model.judgement import Link
        from signoff.model.subject import Claim

        claims = (Claim(None, gone),) if gone else ()
        asked = None if links is None else [Link(link) for link in links]
        return await run(
            context, asked, list(workloads) or None, progress, claims=claims, seconds=seconds, rehearse=rehearse
        )

    async def hidden_tools(self) -> frozenset[str]:
        """Tools without an object in this repository. Without a configuration none is hidden: a call says why."""
        from signoff.chain import CHECKS
        from signoff.model.judgement import Link
        from signoff.model.subject import BuildCommand, BuildTrigger, CloudBuildConfig

        hidden = set() if any(check.link is Link.HEALTHY for check in CHECKS) else {"verify_logs"}
        try:
            context = await self.context()
        except SignoffError:
            return frozenset(hidden)
        except Exception:
            log.exception("reading the configuration broke")
            return frozenset(hidden)
        if not any(w.deploy in {"signoff", "ci"} and w.kind != "worker-pool" for w in context.workloads):
            hidden.add("deploy_service")
        if not any(w.kind == "job" for w in context.workloads):
            hidden.add("run_job")
        if hidden >= {"deploy_service", "run_job"}:
            hidden.add("deploy_status")
        if not any(w.kind == "service" for w in context.workloads):
            hidden.add("smoke_test")
        if not any(w.data for w in context.workloads):
            hidden.add("check_data")
        if not any(
            w.rehearsal or isinstance(w.build, BuildCommand | BuildTrigger | CloudBuildConfig)
            for w in context.workloads
        ):
            hidden.add("check_build_env")
        if not await self._has_database(context):
            hidden.add("check_schema")
        return frozenset(hidden)

    async def _has_database(self, context: Context) -> bool:
        """Whether one is declared, or the commit shows one; where git does not say, there may be one."""
        from signoff.commands.databases import shows_database
        from signoff.model.database_use import Database, NoDatabase

        if any(isinstance(w.database, Database) for w in context.workloads):
            return True
        if all(isinstance(w.database, NoDatabase) for w in context.workloads):
            return False
        try:
            return await shows_database(context)
        except SignoffError:
            return False  # no commit yet: there is nothing to ask about

    async def latest_report(self) -> dict[str, Any]:
        """The last report on every link and workload. Raises SignoffError where there is none."""
        context = await self.context()
        from signoff.ledger import folds

        found = await asyncio.to_thread(folds.last_report, context.ledger, context.target.name, context.worktree)
        if found is None:
            raise SignoffError("no report was made in this worktree yet", fix="call run_checklist")
        return dict(found.report)

    async def write_handoff(self, words: Words, claims: Sequence[str], progress: Progress) -> Written:
        """Walk the chain and write the document."""
        context = await self.context()
        await self.recorded()
        from signoff.commands.handoff import write_handoff
        from signoff.model.subject import Claim

        return await write_handoff(context, words, None, [Claim(None, gone) for gone in claims], progress)

    async def read_handoff(self, name: str = "") -> Handoff:
        """The named handoff, or the latest. Raises SignoffError where there is none."""
        context = await self.context()
        from signoff.commands.handoff import read_handoff

        return await asyncio.to_thread(read_handoff, context, name or None)

    async def handoff_names(self) -> list[str]:
        """The newest first."""
        context = await self.context()
        folder = context.root / context.config.handoff.folder
        found = await asyncio.to_thread(lambda: [path.stem for path in folder.glob("handoff-*.md")])
        return sorted(found, reverse=True)

    async def close(self) -> None:
        """End what is still being asked, with its child processes."""
        if self._recording is not None:
            self._recording.cancel()
            await asyncio.gather(self._recording, return_exceptions=True)
        if self._context is not None:
            opened = await asyncio.gather(self._context, return_exceptions=True)
            if not isinstance(opened[0], BaseException):
                await opened[0].close()


def _open(start: Path, read_only: bool) -> Context:
    """In a thread: reading the configuration loads libraries, and the protocol's loop goes on meanwhile."""
    from signoff.commands.context import Context

    return Context.open(start, read_only=read_only)

"""A session can edit signoff.toml: no token follows it to a place that nobody accepted."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from signoff.commands.accept import NotAccepted, accept
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.commands.session import begin_session
from signoff.ledger.events import SessionBegan
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from support.answering import Asked, Server, answer, answering
from support.smoked import said
from support.world import World

SECRET = "tok-3f9a77c1e2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Repository:
    """A world whose signoff.toml sends a token along with a request, to servers of the test."""

    world: World
    ours: Server
    theirs: Server

    def write(self, server: Server, identity: str = 'bearer_env = "SMOKE_TOKEN"', path: str = "/mine") -> None:
        """signoff.toml from now on, not committed."""
        self.world.git("checkout", "--quiet", "signoff.toml")
        toml = self.world.clone / "signoff.toml"
        smoke = f'critical = true\nurl = "{server.url}"\nsmoke = [{{ path = "{path}", identity = {{ {identity} }} }}]\n'
        head, _, rest = toml.read_text("utf-8").partition("critical = true\n")
        rest = rest[rest.index("\n[workloads.analysis]") :]
        toml.write_text(head + smoke + rest, "utf-8")

    def commit(self) -> None:
        self.world.git("commit", "--quiet", "--all", "--message", "A request with a token")
        self.world.git("push", "--quiet", "origin", "main")

    def open(self) -> Context:
        return Context.open(self.world.clone)

    async def begin(self, by: Any = "person") -> None:
        context = self.open()
        try:
            await begin_session(context, datetime.now(UTC), by)
        finally:
            await context.close()

    async def reachable(self) -> LinkReport:
        context = self.open()
        try:
            report = await run(context, [Link.REACHABLE], ["web"])
        finally:
            await context.close()
        return report.workloads[0].links[Link.REACHABLE]

    async def accept(self, typed: str, **terminal: Any) -> None:
        context = self.open()
        try:
            await accept(
                context, "web", lambda question: typed, **{"stdin": Terminal(), "stdout": Terminal(), **terminal}
            )
        finally:
            await context.close()

    def tokens(self) -> list[str]:
        """The servers that were sent the token."""
        named = {"ours": self.ours, "theirs": self.theirs}
        return [name for name, server in named.items() if any(SECRET in str(one.headers) for one in server.asked)]


def _answer(asked: Asked) -> bytes:
    return answer("200 OK" if SECRET in asked.headers.get("authorization", "") else "401 No", body="x")


@pytest.fixture
async def repository(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Repository]:
    for variable in ("SMOKE_TOKEN", "OTHER_TOKEN"):
        monkeypatch.setenv(variable, SECRET)
    for variable in ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CURSOR_AGENT", "CI"):
        monkeypatch.delenv(variable, raising=False)
    async with answering({"/mine": _answer, "/other": _answer}) as ours, answering({"/mine": _answer}) as theirs:
        made = Repository(world, ours, theirs)
        made.write(ours)
        made.commit()
        yield made
        world.git("checkout", "--quiet", "signoff.toml")


def held(link: LinkReport) -> bool:
    told = [finding.code for finding in link.findings if finding.severity != "note"]
    return link.waits_on == "person" and told == ["reachable/identity-held"]


async def test_a_token_goes_where_it_went_when_the_session_began(repository: Repository) -> None:
    await repository.begin()
    assert not held(await repository.reachable())
    repository.write(repository.ours, path="/other")
    assert not held(await repository.reachable()), "another path of the same address"
    assert repository.tokens() == ["ours"]


@pytest.mark.parametrize("edit", ["url", "identity", "audience"])
async def test_a_token_is_held_back_once_the_session_edits_where_it_goes_or_whose_it_is(
    repository: Repository, edit: str
) -> None:
    await repository.begin()
    if edit == "url":
        repository.write(repository.theirs)
    else:
        repository.write(
            repository.ours, 'bearer_env = "OTHER_TOKEN"' if edit == "identity" else 'id_token_audience = "a"'
        )
    link = await repository.reachable()
    assert (link.status, held(link)) == (Status.WAITING, True)
    repository.commit()
    assert held(await repository.reachable()), "a commit of the session is no person's word"
    assert repository.tokens() == []
    assert repository.theirs.asked == []
    await repository.begin("mcp")  # a client that connects again continues the session
    assert held(await repository.reachable())


async def test_a_person_accepts_it_at_a_terminal_and_nobody_else_does(repository: Repository) -> None:
    await repository.begin()
    repository.write(repository.theirs)
    for typed, terminal in (("no", {}), ("web", {"stdin": io.StringIO()})):
        with pytest.raises(NotAccepted):
            await repository.accept(typed, **terminal)
    assert held(await repository.reachable())
    await repository.accept("web")
    assert not held(await repository.reachable())
    assert repository.tokens() == ["theirs"]
    with pytest.raises(NotAccepted, match="no token of web is held back"):
        await repository.accept("web")


async def test_without_a_known_session_what_is_committed_holds(repository: Repository) -> None:
    assert not held(await repository.reachable())
    repository.write(repository.theirs)
    assert held(await repository.reachable())
    assert repository.tokens() == ["ours"]


async def test_a_start_that_did_not_look_is_judged_by_what_was_committed_then(repository: Repository) -> None:
    context = repository.open()
    start = SessionBegan(datetime.now(UTC), context.worktree, repository.world.git("rev-parse", "HEAD"), "mcp")
    context.ledger.append(start)
    await context.close()
    assert not held(await repository.reachable())
    repository.write(repository.theirs)
    repository.commit()
    assert held(await repository.reachable())


async def test_the_reason_names_the_request_and_never_the_token(repository: Repository) -> None:
    await repository.begin()
    repository.write(repository.theirs)
    link = await repository.reachable()
    assert "GET /mine was not sent: where its token goes" in said(link)  # type: ignore[arg-type]
    assert SECRET not in said(link)  # type: ignore[arg-type]

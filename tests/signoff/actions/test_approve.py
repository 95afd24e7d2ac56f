"""`signoff approve`: a person at a terminal, and nobody else. Real builds and traffic behind it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest

from signoff.actions.plan import Plan
from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.commands import approve as approving
from signoff.commands import deploy as deploying
from signoff.commands.approve import approve
from signoff.commands.context import Context
from signoff.commands.deploy import plan_deploy
from support.world import World


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
async def context(world: World, site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Context]:
    """A context whose actions use the site of these tests, so that the chain says what they want."""
    for name in ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX"):
        monkeypatch.delenv(name, raising=False)

    async def of_the_test(context: Context) -> Site:
        return site

    monkeypatch.setattr(deploying, "_site", of_the_test)
    opened = Context.open(world.clone)
    yield opened
    await opened.close()


def silent(done: int, total: int | None, message: str) -> None:
    """A progress that nobody reads."""


async def test_a_person_reads_the_plan_types_its_end_and_it_is_deployed(world: World, context: Context) -> None:
    plan = await plan_deploy(context, ["web"])
    shown: list[Plan] = []
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return plan.id[-4:]

    done = await approve(context, plan.id, shown.append, ask, silent, stdin=Terminal(), stdout=Terminal())
    assert done.outcome == "deployed"
    assert [each.id for each in shown] == [plan.id]
    assert plan.id[-4:] in asked[0]
    with pytest.raises(PlanError, match=f"{plan.id} was carried out already, as {done.operation}") as used:
        await approve(context, plan.id, shown.append, ask, silent, stdin=Terminal(), stdout=Terminal())
    assert used.value.fix
    assert "signoff deploy web makes a new plan" in used.value.fix


async def test_a_no_changes_nothing(world: World, context: Context) -> None:
    plan = await plan_deploy(context, ["web"])
    before = world.service()
    with pytest.raises(PlanError, match="nothing was changed"):
        await approve(context, plan.id, lambda _: None, lambda _: "n", silent, stdin=Terminal(), stdout=Terminal())
    assert world.service() == before


async def test_without_a_terminal_nothing_is_shown_or_asked(world: World, context: Context) -> None:
    plan = await plan_deploy(context, ["web"])
    piped = io.StringIO("yes\n")

    def unexpected(_: object) -> str:
        raise AssertionError("nobody is there to be asked")

    with pytest.raises(PlanError, match="needs a terminal"):
        await approve(context, plan.id, unexpected, unexpected, silent, stdin=piped, stdout=Terminal())


async def test_a_terminal_that_an_agent_drives_is_refused(context: Context) -> None:
    with pytest.raises(PlanError, match="CLAUDECODE"):
        approving.refuse_without_person("plan-1", {"CLAUDECODE": "1"}, Terminal(), Terminal())


async def test_a_plan_of_a_world_that_changed_is_void(world: World, context: Context) -> None:
    plan = await plan_deploy(context, ["web"])
    world.change(labels={"team": "other"}, etag='"changed"')
    with pytest.raises(PlanError, match="is void"):
        await approve(context, plan.id, lambda _: None, lambda _: "yes", silent, stdin=Terminal(), stdout=Terminal())


async def test_an_unknown_plan_is_named(context: Context) -> None:
    with pytest.raises(PlanError, match="there is no plan plan-0"):
        await approve(context, "plan-0", lambda _: None, lambda _: "yes", silent, stdin=Terminal(), stdout=Terminal())

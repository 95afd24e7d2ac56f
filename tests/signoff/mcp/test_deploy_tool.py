"""Who can say yes to a deploy: a person. Real builds, real traffic, both protocol eras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, Implementation

from signoff.mcp.server import make_server
from support.world import World

WEB = {"workloads": ["web"]}


class Person:
    """Answers elicitations, and remembers what was asked."""

    def __init__(self, action: str, deploy: bool | None = None, before: Callable[[], None] | None = None) -> None:
        self.result = ElicitResult(action=action, content=None if deploy is None else {"deploy": deploy})  # type: ignore[arg-type]
        self.before = before
        self.asked: list[str] = []

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        if self.before:
            self.before()
        return self.result


async def deploy(
    world: World, era: str, *, person: Person | None = None, client: str = "test", **arguments: Any
) -> CallToolResult:
    who = Implementation(name=client, version="1")
    server = make_server(world.clone)
    async with Client(server, mode=era, elicitation_callback=person, client_info=who) as connected:  # type: ignore[arg-type]
        return await connected.call_tool("deploy_service", {**WEB, **arguments})


def standing(world: World) -> tuple[str, int]:
    """What a deploy would change: the service's generation and the number of builds."""
    return world.service()["generation"], len(world.sandbox.state()["builds"])


async def test_a_models_confirm_alone_deploys_nothing(world: World, era: str) -> None:
    before = standing(world)
    answer = await deploy(world, era, confirm=True)
    assert not answer.is_error
    assert answer.structured_content["outcome"] == "needs-approval"
    plan = answer.structured_content["plan"]["id"]
    assert f"signoff approve {plan}" in answer.content[0].text  # type: ignore[union-attr]
    again = await deploy(world, era, confirm=True, plan=plan)
    assert again.structured_content["outcome"] == "needs-approval"
    assert standing(world) == before


async def test_a_persons_yes_deploys_what_the_question_showed(world: World, era: str) -> None:
    commit = world.commit("shared/mapper.py", 'def mapped(row):\n    return {"school": "new"}\n')
    person = Person("accept", deploy=True)
    answer = await deploy(world, era, person=person)
    assert answer.structured_content["outcome"] == "deployed", answer.content[0].text  # type: ignore[union-attr]
    assert len(person.asked) == 1
    assert commit[:12] in person.asked[0]
    assert answer.structured_content["plan"]["id"] in person.asked[0]
    assert answer.structured_content["report"]["workloads"]["web"]["links"]["serving"]["status"] == "pass"


@pytest.mark.parametrize(
    "person",
    [Person("decline"), Person("cancel"), Person("accept", deploy=False)],
    ids=["decline", "cancel", "accept without the mark"],
)
async def test_every_other_answer_deploys_nothing(world: World, era: str, person: Person) -> None:
    before = standing(world)
    answer = await deploy(world, era, person=person, confirm=True)
    assert not answer.is_error
    assert answer.structured_content["outcome"] == "declined"
    assert standing(world) == before


async def test_a_world_that_changes_while_the_person_thinks_voids_the_yes(world: World, era: str) -> None:
    def somebody_else_deploys() -> None:
        person.before = None
        world.change(labels={"team": "other"}, etag='"changed"')

    person = Person("accept", deploy=True, before=somebody_else_deploys)
    answer = await deploy(world, era, person=person)
    if era == "legacy":  # the question was part of the call: its plan is void
        assert answer.structured_content["outcome"] == "void"
    else:  # the call is made again with the answer, and a changed question is asked again
        assert len(person.asked) == 2
        assert person.asked[0] != person.asked[1]


async def test_a_client_that_always_asks_its_user_deploys_the_named_plan(world: World, era: str) -> None:
    before = standing(world)
    shown = await deploy(world, era, client="claude-code")
    assert shown.structured_content["outcome"] == "needs-approval"
    assert standing(world) == before
    plan = shown.structured_content["plan"]["id"]
    answer = await deploy(world, era, client="claude-code", plan=plan, confirm=True)
    assert answer.structured_content["outcome"] == "deployed", answer.content[0].text  # type: ignore[union-attr]


async def test_over_http_nobodys_answer_is_a_yes(world: World, era: str) -> None:
    before = standing(world)
    person = Person("accept", deploy=True)
    server = make_server(world.clone, private=False)
    async with Client(server, mode=era, elicitation_callback=person) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("deploy_service", WEB)
    assert answer.structured_content["outcome"] == "needs-approval"
    assert person.asked == []
    assert standing(world) == before


async def test_what_a_pipeline_deploys_is_watched_without_a_yes_and_without_a_write(
    world: World, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.actions.watching.WATCH_SECONDS", 0.0)
    written = (world.clone / "signoff.toml").read_text("utf-8")
    world.commit("signoff.toml", written.replace("[workloads.web]\n", '[workloads.web]\ndeploy = "ci"\n'))
    commit = world.commit("shared/mapper.py", f"def mapped(row):\n    return 'ci {era}'\n")
    before, person = standing(world), Person("accept", True)
    answer = await deploy(world, era, person=person)
    assert not answer.is_error
    assert answer.structured_content["outcome"] == "waiting"
    assert f"no build of {commit[:7]} is in Cloud Build" in answer.content[0].text  # type: ignore[union-attr]
    assert person.asked == []
    assert standing(world) == before


async def test_what_no_pipeline_can_have_yet_is_refused_with_the_report(world: World, era: str) -> None:
    written = (world.clone / "signoff.toml").read_text("utf-8")
    world.commit("signoff.toml", written.replace("[workloads.web]\n", '[workloads.web]\ndeploy = "ci"\n'))
    world.commit("shared/mapper.py", f"def mapped(row):\n    return 'local {era}'\n", push=False)
    answer = await deploy(world, era)
    assert not answer.is_error
    assert answer.structured_content["outcome"] == "refused"
    assert "ci, which gets no commit before it has pushed passed" in answer.content[0].text  # type: ignore[union-attr]

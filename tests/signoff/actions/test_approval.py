"""A yes is a person's, for one plan; nothing that a model can produce is one."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from signoff.actions.approval import AGENT_VARIABLES, answered, enforced, terminal_trouble, typed
from signoff.actions.plan import Deploy, Plan, Request, before_of, make_plan
from signoff.actions.plan_error import PlanError
from signoff.actions.ways.builds import ConfigBuild
from signoff.model.subject import Commit, WorkloadName
from signoff.systems.google.deployed import Deployed
from support.samples import HEAD, NOW

WEB = WorkloadName("web")
SERVICE = Deployed(
    resource="projects/demo/locations/us-central1/services/web",
    uid="u",
    generation=3,
    etag='"e3"',
    image="us-docker.pkg.dev/demo/app/web@sha256:" + "1" * 64,
    serving=(("web-00003-abc", 100),),
    follows_latest=True,
    variables=("KEY", "MODE"),
    secrets=("KEY",),
    settled=True,
)
ITEM = Deploy(
    WEB, "service", (SERVICE,), (before_of(SERVICE),), build=ConfigBuild("cloudbuild.yaml", "/remote.git", HEAD)
)


def plan(item: Deploy = ITEM, commit: Commit = HEAD) -> Plan:
    return make_plan(Request("production", (WEB,)), commit, (item,), ())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_same_world_gives_the_same_plan() -> None:
    assert plan().id == plan().id


@pytest.mark.parametrize(
    "changed",
    [
        plan(replace(ITEM, resources=(replace(SERVICE, etag='"e4"'),))),
        plan(replace(ITEM, resources=(replace(SERVICE, generation=4),))),
        plan(replace(ITEM, resources=(replace(SERVICE, serving=(("web-00002-abc", 100),)),))),
        plan(replace(ITEM, resources=(replace(SERVICE, image="other"),))),
        plan(replace(ITEM, build=ConfigBuild("cloudbuild.yaml", "/remote.git", Commit("b" * 40)))),
        plan(replace(ITEM, build=ConfigBuild("cloudbuild.yaml", "/other.git", HEAD))),
        plan(commit=Commit("b" * 40)),
    ],
    ids=["etag", "generation", "traffic", "image", "built commit", "remote", "head"],
)
def test_a_changed_world_gives_another_plan(changed: Plan) -> None:
    assert changed.id != plan().id


@pytest.mark.parametrize("words", [plan().id[-4:], "yes", " YES\n"])
def test_a_person_approves_with_the_plans_last_characters_or_yes(words: str) -> None:
    approval = typed(plan(), words, "ada", NOW)
    assert (approval.plan, approval.way, approval.by) == (plan().id, "terminal", "ada")


@pytest.mark.parametrize("words", ["", "y", "no", "ok", plan().id])
def test_anything_else_that_is_typed_is_a_no(words: str) -> None:
    with pytest.raises(PlanError, match="not approved, and nothing was changed"):
        typed(plan(), words, "ada", NOW)


def test_a_pipe_is_no_terminal() -> None:
    assert terminal_trouble(io.StringIO("yes\n"), Terminal(), {}) is not None
    assert terminal_trouble(Terminal(), io.StringIO(), {}) is not None
    assert terminal_trouble(Terminal(), Terminal(), {}) is None


@pytest.mark.parametrize("variable", AGENT_VARIABLES)
def test_a_terminal_of_a_coding_agent_is_no_persons(variable: str) -> None:
    trouble = terminal_trouble(Terminal(), Terminal(), {variable: "1"})
    assert trouble is not None
    assert variable in trouble


def test_a_client_that_always_asks_its_user_approves_the_plan_that_the_call_names() -> None:
    approval = enforced(plan(), "claude-code", plan().id, NOW)
    assert approval is not None
    assert approval.way == "enforced-prompt"


@pytest.mark.parametrize(("client", "named"), [("claude-code", ""), ("claude-code", "plan-0"), ("other", plan().id)])
def test_another_client_or_another_plan_is_no_yes(client: str, named: str) -> None:
    assert enforced(plan(), client, named, NOW) is None


def test_an_answered_question_approves_its_plan_alone() -> None:
    assert answered(plan(), "cursor", NOW).plan == plan().id

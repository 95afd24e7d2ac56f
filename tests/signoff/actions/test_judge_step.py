"""Between two steps of traffic: what fails or can not be judged ends the step; what nobody has used yet does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from signoff.actions import judge_step
from signoff.actions.approval import answered
from signoff.actions.judge_step import watched
from signoff.actions.plan import Run
from signoff.actions.proof_step import proof
from signoff.actions.site import Site
from signoff.actions.steps import Made, StepFailed
from signoff.commands.context import Context
from signoff.commands.deploy import carry_out, plan_deploy
from signoff.model.facts import Ref, Unknown, Why
from signoff.model.judgement import Link, Status
from signoff.model.quoted import Quoted
from signoff.model.report import LinkReport, Report, Verdict, Waiver, WorkloadReport
from signoff.model.subject import Candidate, WorkloadName
from signoff.model.text import text
from signoff.views.deploy import plan_text, result
from signoff.views.words import sentence
from support.samples import HEAD, NOW, link_report
from support.world import SERVICE, World

from .test_approval import ITEM
from .test_deploy import silent
from .test_traffic import serving

HEALTHY = frozenset({Link.HEALTHY})
LOGS = "google.logging.v2.LoggingServiceV2/ListLogEntries"
MADE = Made(revisions=((SERVICE, "web-00002-new"),), urls=("http://new",))
PASSES = link_report(Status.PASS)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_step, "LOOK_SECONDS", 0.0)


def unanswered(why: Why, system: str = "logging") -> LinkReport:
    lost = Unknown(why, Ref(system, "projects/demo", NOW), Quoted("no"))
    return LinkReport(Status.UNKNOWN, NOW, reason=text("{} did not say", system), unanswered=lost)


@dataclass
class Looks:
    """A chain that says one thing after the other of link healthy, the last one again and again."""

    says: Sequence[LinkReport]
    waivers: Sequence[Waiver] = ()
    asked: list[Mapping[WorkloadName, Candidate]] = field(default_factory=list)

    async def __call__(
        self,
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report:
        self.asked.append(candidates)
        said = self.says[min(len(self.asked), len(self.says)) - 1]
        of_web = WorkloadReport(WorkloadName("web"), "service", True, {Link.HEALTHY: said})
        return Report("production", True, NOW, HEAD, Verdict.PENDING, (of_web,), waivers=tuple(self.waivers))


async def judge(site: Site, *says: LinkReport, made: Made = MADE, waivers: Sequence[Waiver] = ()) -> tuple[str, int]:
    """What the step says, and how often it looked."""
    looks = Looks(says, waivers)
    done = await watched(replace(site, prove=looks), ITEM, HEALTHY, 0)(site.writers, made, silent)
    assert done.says is not None
    return sentence(done.says), len(looks.asked)


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("denied", "signoff doctor says which permission is missing"),
        ("expired", "log in again: gcloud auth application-default login"),
        ("unreachable", "deploy again once it answers"),
        ("timeout", "deploy again once it answers"),
        ("malformed", "deploy again once it answers"),
    ],
)
async def test_what_no_system_answers_ends_the_step_and_names_the_system_and_the_remedy(
    site: Site, why: Why, remedy: str
) -> None:
    with pytest.raises(StepFailed) as stopped:
        await judge(site, unanswered(why))
    says = sentence(stopped.value.says)
    assert says.startswith("healthy of web could not be judged, and silence is not health: logging projects/demo: ")
    assert says.endswith(f"; {remedy}")


async def test_a_single_hiccup_is_asked_again_and_ends_nothing(site: Site) -> None:
    assert await judge(site, unanswered("unreachable"), PASSES) == ("healthy pass", 2)


async def test_what_fails_when_it_answers_again_ends_the_step(site: Site) -> None:
    with pytest.raises(StepFailed, match="the step failed") as stopped:
        await judge(site, unanswered("unreachable"), link_report(Status.FAIL))
    assert "healthy of web failed" in sentence(stopped.value.says)


async def test_a_revision_that_nobody_used_yet_is_said_and_holds_nothing_back(site: Site) -> None:
    unused = LinkReport(Status.UNKNOWN, NOW, reason=text("it answered no request"))
    assert await judge(site, unused) == ("healthy unknown (it answered no request)", 1)


async def test_entries_that_may_be_on_their_way_are_said_and_hold_nothing_back(site: Site) -> None:
    late = LinkReport(Status.WAITING, NOW, reason=text("the logs may still be on their way"), waits_on="time")
    assert await judge(site, late) == ("healthy waiting (the logs may still be on their way)", 1)


async def test_code_that_can_not_be_read_says_nothing_of_the_revision(site: Site) -> None:
    assert await judge(site, unanswered("timeout", "git")) == ("healthy unknown (git did not say)", 1)


async def test_a_link_that_a_person_waived_holds_nothing_back(site: Site) -> None:
    waiver = Waiver(WorkloadName("web"), Link.HEALTHY, "Cloud Logging is down", "ada", NOW)
    said = await judge(site, unanswered("unreachable"), waivers=[waiver])
    assert said == ("healthy unknown (logging did not say)", 1)


async def test_a_token_that_is_not_set_is_named(site: Site) -> None:
    with pytest.raises(StepFailed) as stopped:
        await judge(site, unanswered("denied", "environment"))
    assert sentence(stopped.value.says).endswith("; set it, then deploy again")


async def test_a_revision_that_has_all_users_already_is_not_taken_from_them_for_silence(
    world: World, site: Site
) -> None:
    [(serves, _)] = serving(world)
    made = replace(MADE, revisions=((SERVICE, serves),), alone=True)
    assert await judge(site, unanswered("denied"), made=made) == ("healthy unknown (logging did not say)", 1)


async def deploy_in_steps(world: World, denied_after: str) -> tuple[str, str]:
    """Cloud Logging denies once this was told: what is said in the end, and the plan."""
    written = (world.clone / "signoff.toml").read_text("utf-8")
    steps = written.replace("[workloads.web]\n", "[workloads.web]\ntraffic = [10, 100]\ntraffic_hold_seconds = 1\n")
    world.commit("signoff.toml", steps)
    world.commit("shared/mapper.py", f"def mapped(row):\n    return {denied_after!r}\n")

    def told(done: int, total: int | None, message: str) -> None:
        if message == denied_after:
            world.sandbox.fault(LOGS, code="PERMISSION_DENIED")

    context = Context.open(world.clone)
    try:
        plan = await plan_deploy(context, ["web"])
        done = await carry_out(context, plan.id, answered(plan, "test", NOW), told)
    finally:
        world.sandbox.clear_faults()
        await context.close()
    assert done.outcome == "failed"
    return result(done)[0], plan_text(plan)


@pytest.mark.parametrize(("step", "judged"), [("web: revision done", "smoke"), ("web: traffic 10 done", "watch 10")])
async def test_where_the_log_is_denied_no_user_is_sent_on_and_traffic_goes_back(
    world: World, step: str, judged: str
) -> None:
    [(old, _)] = serving(world)
    says, plan = await deploy_in_steps(world, step)
    assert "a system that does not answer, sends traffic back" in plan
    assert f"NOT deployed: {judged} of web failed: " in says
    assert "could not be judged, and silence is not health: logging projects/demo" in says
    assert "signoff doctor says which permission is missing" in says
    assert serving(world) == [(old, 100)]


async def test_a_run_whose_log_became_whole_while_it_was_judged_is_judged_again(site: Site) -> None:
    early = LinkReport(Status.WAITING, NOW, reason=text("early"), waits_on="time", ask_again_at=NOW)
    looks = Looks([early, PASSES])
    run = Run(WorkloadName("web"), "job", (), ())
    done = await proof(replace(site, prove=looks), run, HEALTHY, {})(site.writers, MADE, silent)
    assert done.says is not None
    assert (sentence(done.says), len(looks.asked)) == ("healthy pass", 2)

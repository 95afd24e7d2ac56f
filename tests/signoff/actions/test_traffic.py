"""Traffic step by step: shares, watching, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.actions.deploy import DeployResult
from signoff.actions.judge_step import watched
from signoff.actions.plan import Deploy
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.actions.steps import Made, StepFailed
from signoff.actions.traffic_step import split, traffic
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, Verdict, WorkloadReport
from signoff.model.subject import Candidate, WorkloadName
from signoff.views.deploy import plan_text, result
from signoff.views.words import sentence
from support.samples import HEAD, NOW, link_report
from support.world import World

from .conftest import Chain
from .test_approval import ITEM
from .test_deploy import WEB, at_head, deploy, silent

shares = st.dictionaries(st.sampled_from(["web-1", "web-2", "web-3"]), st.integers(1, 100), min_size=1, max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)


@given(shares, st.integers(1, 99))
def test_shares_sum_to_100_and_the_new_revision_gets_its_part(
    before: tuple[tuple[str, int], ...], percent: int
) -> None:
    made = split(before, "web-9", percent)
    assert sum(share for _, share in made) == 100
    assert made[0] == ("web-9", percent)
    assert all(share > 0 for _, share in made)
    assert {name for name, _ in made} <= {"web-9", *dict(before)}


@given(shares)
def test_all_of_it_follows_the_latest_revision_again(before: tuple[tuple[str, int], ...]) -> None:
    assert split(before, "web-9", 100) == (("", 100),)


def stepwise(site: Site, *traffic: int) -> Site:
    """The service web moves in these steps, without holding."""
    workloads = tuple(replace(w, traffic=traffic, hold=0) if w.name == "web" else w for w in site.subject.workloads)
    return replace(site, subject=replace(site.subject, workloads=workloads))


def serving(world: World) -> list[tuple[str, int]]:
    """Revision and percent, as the sandbox has it."""
    service = world.service()
    newest = service["latestReadyRevision"].rpartition("/")[2]
    return [(s.get("revision", newest), s["percent"]) for s in service["trafficStatuses"] if s.get("percent")]


class Watching:
    """A chain that says what a test wants while the new revision has a certain share, and notes the shares it saw."""

    def __init__(
        self, world: World, chain: Chain, ill_at: int | None = None, then: Callable[[int], None] | None = None
    ) -> None:
        self.world, self.chain, self.ill_at, self.then = world, chain, ill_at, then
        self.seen: list[tuple[int, str]] = []

    async def __call__(
        self,
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report:
        newest = self.world.service()["latestReadyRevision"].rpartition("/")[2]
        share = dict(serving(self.world)).get(newest, 0)
        for candidate in candidates.values():
            assert candidate.revision == newest
            self.seen.append((share, candidate.url or ""))
        if self.then is not None:
            self.then(share)
        self.chain.says.pop(Link.HEALTHY, None)
        if candidates and share == self.ill_at:
            self.chain.says[Link.HEALTHY] = Status.FAIL
        return await self.chain(workloads, links, candidates)


async def deploy_stepwise(world: World, site: Site, watching: Watching, word: str) -> DeployResult:
    site = at_head(site, watching.chain, world.commit("shared/mapper.py", f"def mapped(row):\n    return {word!r}\n"))
    site = replace(stepwise(site, 10, 50, 100), prove=watching)
    plan = await make(site, WEB)
    assert "then to the new revision 10 % for 0 s, 50 % for 0 s, then all of it" in plan_text(plan)
    return await deploy(site, plan)


async def test_where_going_back_is_refused_the_command_that_does_it_is_said(
    world: World, site: Site, chain: Chain
) -> None:
    [(old, _)] = serving(world)

    def refuse(share: int) -> None:
        if share == 50:
            world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", code="PERMISSION_DENIED")

    try:
        done = await deploy_stepwise(world, site, Watching(world, chain, ill_at=50, then=refuse), "refused")
    finally:
        world.sandbox.clear_faults()
    assert done.outcome == "failed"
    assert (old, 50) in serving(world)
    by_hand = f"gcloud run services update-traffic web --to-revisions={old}=100 --region=us-central1 --project=demo"
    assert f"web served {old} 100 % before: send it back when you can ({by_hand})" in result(done)[0]
    again = await deploy_stepwise(world, site, Watching(world, chain), "refused no more")
    assert again.outcome == "deployed", "the claim that could not be given back is of an operation that has ended"


async def test_the_new_revision_of_every_region_is_judged(site: Site) -> None:
    judged: list[Candidate] = []

    async def prove(
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report:
        judged.extend(candidates.values())
        ill = Status.FAIL if candidates[WorkloadName("web")].region == "europe-west1" else Status.PASS
        report = {Link.HEALTHY: link_report(ill)}
        of_web = WorkloadReport(WorkloadName("web"), "service", True, report)
        return Report("production", True, NOW, HEAD, Verdict.PENDING, (of_web,))

    places = [f"projects/demo/locations/{region}/services/web" for region in ("us-central1", "europe-west1")]
    made = Made(revisions=((places[0], "web-2-a"), (places[1], "web-2-b")), urls=("http://a", "http://b"))
    watching = watched(replace(site, prove=prove), ITEM, frozenset({Link.HEALTHY}), 0)
    with pytest.raises(StepFailed):
        await watching(site.writers, made, silent)
    assert judged == [
        Candidate("web-2-a", "http://a", "us-central1"),
        Candidate("web-2-b", "http://b", "europe-west1"),
    ]


async def test_traffic_moves_in_steps_and_each_is_judged(world: World, site: Site, chain: Chain) -> None:
    watching = Watching(world, chain)
    done = await deploy_stepwise(world, site, watching, "steps")
    assert done.outcome == "deployed", result(done)[0]
    assert [share for share, _ in watching.seen] == [0, 10, 50]
    assert all(url for _, url in watching.seen)
    assert [t.get("percent") for t in world.service()["traffic"]] == [100]
    assert "tag" not in world.service()["traffic"][0]


async def test_an_error_on_the_new_revision_sends_all_traffic_back(world: World, site: Site, chain: Chain) -> None:
    old = world.service()["latestReadyRevision"].rpartition("/")[2]
    done = await deploy_stepwise(world, site, Watching(world, chain, ill_at=50), "ill")
    says = result(done)[0]
    assert done.outcome == "failed"
    assert "watch 50 of web failed: healthy of web failed" in says
    assert f"{old} 100 % serves again" in says
    assert serving(world) == [(old, 100)]
    newest = world.service()["latestCreatedRevision"].rpartition("/")[2]
    kept = [t for t in world.service()["traffic"] if t.get("tag") == "signoff"]
    assert [t["revision"] for t in kept] == [newest]


async def test_the_next_deploy_after_a_failed_one_serves_again(world: World, site: Site, chain: Chain) -> None:
    done = await deploy_stepwise(world, site, Watching(world, chain), "well again")
    assert done.outcome == "deployed", result(done)[0]
    assert [t.get("tag") for t in world.service()["traffic"]] == [None]


async def test_a_resumed_step_takes_nothing_from_a_revision_that_has_more_already(
    world: World, site: Site, chain: Chain
) -> None:
    site = at_head(site, chain, world.commit("shared/mapper.py", "def mapped(row):\n    return 'resumed'\n"))
    (item,) = (await make(stepwise(site, 10, 50, 100), WEB)).items
    assert isinstance(item, Deploy)
    # Half of it was moved, and then the process died: the operation begins again at its first step.
    old, new = "web-before", world.service()["latestReadyRevision"].rpartition("/")[2]
    item = replace(item, before=(replace(item.before[0], serving=((old, 100),)),))
    halves = [{"revision": name, "percent": 50} for name in (new, old)]
    world.change(trafficStatuses=halves)
    made = Made(revisions=((item.before[0].resource, new),))
    world.sandbox.reset_calls()
    for percent in (10, 49):
        done = await traffic(item, percent)(site.writers, made, silent)
        assert done.says is not None
        assert sentence(done.says) == f"{new} gets 50 % of the traffic already"
    assert serving(world) == [(new, 50), (old, 50)]
    assert world.sandbox.calls().get("google.cloud.run.v2.Services/UpdateService", 0) == 0

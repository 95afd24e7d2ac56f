"""The claim that a service carries while an operation is at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.actions.claim import LEASE, Claim, read_claim
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.ledger.events import OperationBegan, OperationEnded
from signoff.views.deploy import result
from support.dying import Point, Watched
from support.samples import HEAD
from support.world import World

from .test_deploy import WEB, deploy

times = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


@given(st.integers(0, 2**48 - 1), st.from_regex(r"\A[^\s]{1,30}\Z"), times, times)
def test_what_is_written_is_read_again(number: int, by: str, since: datetime, until: datetime) -> None:
    claim = Claim(f"op-{number:012x}", by, since, until)
    assert read_claim(claim.written()) == claim


@pytest.mark.parametrize(
    "annotation",
    ["", "yes", "op-1 by a since then until now", "op-1 by a since 2026-01-01T00:00:00 until 2026-01-01T00:00:00"],
)
def test_what_is_no_claim_is_none(annotation: str) -> None:
    assert read_claim(annotation) is None


def claimed_elsewhere(world: World, since: datetime, until: datetime) -> None:
    claim = Claim("op-000000000001", "eve@elsewhere", since, until)
    world.change(annotations={"signoff-operation": claim.written()}, etag=f'"{until.timestamp():.0f}"')


async def test_who_deploys_on_another_machine_is_told_and_nothing_is_done(world: World, site: Site) -> None:
    now = datetime.now(UTC)
    claimed_elsewhere(world, now - timedelta(minutes=1), now + LEASE)
    builds = len(world.sandbox.state()["builds"])
    done = await deploy(site)
    assert done.outcome == "busy"
    assert "web is being deployed by eve@elsewhere since" in result(done)[0]
    assert "op-000000000001" in result(done)[0]
    assert len(world.sandbox.state()["builds"]) == builds
    assert "eve@elsewhere" in world.service()["annotations"]["signoff-operation"]
    world.change(annotations={})


async def test_a_claim_whose_lease_is_over_holds_nothing(world: World, site: Site) -> None:
    now = datetime.now(UTC)
    claimed_elsewhere(world, now - timedelta(hours=1), now - timedelta(minutes=1))
    done = await deploy(site)
    assert done.outcome == "deployed", result(done)[0]
    assert "signoff-operation" not in world.service().get("annotations", {})


async def test_a_claim_of_an_operation_that_died_here_holds_nothing(world: World, site: Site) -> None:
    now = datetime.now(UTC)
    claimed_elsewhere(world, now, now + LEASE)
    site.ledger.append(
        OperationBegan(now, "op-000000000001", "plan-1", "production", HEAD, "ada@here", {"other": []}),
        OperationEnded(now, "op-000000000001", "broke"),
    )
    done = await deploy(site)
    assert done.outcome == "deployed", result(done)[0]


async def test_the_claim_is_there_while_it_deploys_and_names_the_operation(world: World, site: Site) -> None:
    seen: list[str] = []
    prove = site.prove

    async def looking(*arguments: object, **more: object) -> object:
        seen.append(world.service().get("annotations", {}).get("signoff-operation", ""))
        return await prove(*arguments, **more)  # type: ignore[arg-type]

    done = await deploy(replace(site, prove=looking), await make(site, WEB))  # type: ignore[arg-type]
    assert done.outcome == "deployed", result(done)[0]
    claims = [read_claim(annotation) for annotation in seen if annotation]
    assert {claim.operation for claim in claims if claim} == {done.operation}


async def test_what_changed_between_the_plan_and_the_claim_makes_it_void(world: World, site: Site) -> None:
    plan = await make(site, WEB)
    builds = len(world.sandbox.state()["builds"])

    def there(point: Point) -> None:
        if point == Point("preflight", "before"):
            world.change(labels={"team": "faster"}, etag='"faster"')

    done = await deploy(Watched(site, there).site, plan)
    assert done.outcome == "void"
    assert "web was changed after the plan was made; nothing was done here" in result(done)[0]
    assert len(world.sandbox.state()["builds"]) == builds
    assert "signoff-operation" not in world.service().get("annotations", {})

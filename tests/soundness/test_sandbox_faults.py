"""Every method of Google's that a run calls, gone wrong on the wire in every way: never a false sign-off, no crash."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signoff.boundary import Boundary, Policy
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.model.report import Report, Verdict
from signoff.walk import CRASHED
from support.world import World, a_world

EFFECTS: tuple[dict[str, Any], ...] = (
    {"code": "PERMISSION_DENIED"},
    {"code": "RESOURCE_EXHAUSTED", "retrySeconds": 1},
    {"drop": True},
    {"dropAfter": True},
    {"emptyList": True},
    {"truncate": 1},
    {"pageSize": 1, "losePage": True},
    {"pageSize": 1, "repeatPage": True},
    {"staleWrites": 1},
    {"staleSeconds": 86400},
    {"malformed": "*"},
    {"malformed": "*Time"},
    {"malformed": "*.name"},
    {"malformed": "*.image"},
    {"unknownEnum": "*"},
    {"skewSeconds": -864000},
    {"skewSeconds": 864000},
)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, tuple[str, ...]]]:
    """The service fails at its requests, its newest commit is pushed and not deployed; and the methods of a run."""
    with pytest.MonkeyPatch.context() as patch, a_world(tmp_path_factory.mktemp("world"), "web") as world:
        for name, value in world.environment.items():
            patch.setenv(name, value)
        world.request("web", "/report", expected=500)
        world.commit("shared/mapper.py", "# another\n")
        world.sandbox.reset_calls()
        assert judged(world).verdict is Verdict.REFUSED
        yield world, tuple(world.sandbox.calls())


def judged(world: World) -> Report:
    async def whole() -> Report:
        opened = Context.open(world.clone)
        boundary = Boundary(policy=Policy(tries=1))
        context = Context(opened.config, opened.target, opened.workloads, opened.ledger, boundary=boundary)
        try:
            return await run(context, None, ["web"])
        finally:
            await context.close()

    return asyncio.run(whole())


@pytest.mark.timeout(240)
@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: "-".join(map(str, effect)))
def test_a_fault_on_the_wire_never_makes_a_broken_workload_pass(
    broken: tuple[World, tuple[str, ...]], effect: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, methods = broken
    assert len(methods) >= 4
    for method in methods:
        monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / method.replace("/", "-")))  # nothing proven before
        world.sandbox.clear_faults()
        world.sandbox.fault(method, **effect)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Unrecognized .* enum value", UserWarning)  # of the client, rightly
            report = judged(world)
        assert report.verdict not in {Verdict.SIGNED_OFF, Verdict.NOTHING_TO_PROVE}, method
        codes = [finding.code for one in report.workloads[0].links.values() for finding in one.findings]
        assert CRASHED not in codes, method

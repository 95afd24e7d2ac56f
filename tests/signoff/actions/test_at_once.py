"""Eight processes that deploy the same service at the same moment, each with its own yes: one of them does it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.actions.plan import Request
from signoff.ledger.events import OperationBegan
from signoff.ledger.sqlite import SqliteStore
from signoff.model.subject import WorkloadName
from support.dying import forked, one_of_many
from support.world import SERVICE, World, a_world, run_in

MANY = 8
WEB = Request("production", (WorkloadName("web"),))
BUSY = re.compile(r"web is being deployed by \S+@\S+ since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ.*nothing was done here")
VOID = re.compile(r"the target or the commit changed after plan-\w+ was made|web was changed after the plan was made")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), "web", options=("--reconcile-seconds", "0")) as made:
        yield made


def trees(world: World, kind: str) -> list[Path]:
    """Worktrees of one clone, which share a ledger, or clones, of which each has its own; all at the same commit."""
    found = [world.clone.parent / f"{kind}-{number}" for number in range(MANY)]
    for tree in found:
        if kind == "worktree":
            world.git("worktree", "add", "--quiet", "-b", tree.name, str(tree))
        else:
            run_in(world.clone.parent, "git", "clone", "--quiet", str(world.remote), str(tree))
    return found


def changed_by_somebody(world: World, label: str) -> None:
    """Once an operation is at it, somebody else sets a label on the service, by its mask alone."""
    end = time.monotonic() + 60
    while not world.service().get("annotations", {}).get("signoff-operation"):
        assert time.monotonic() < end, "nobody deploys"
        time.sleep(0.01)
    labels = world.service().get("labels", {}) | {"team": label}
    answer = world.sandbox.request("PATCH", f"/v2/{SERVICE}?updateMask=labels", {"labels": labels})
    assert answer.status_code == 200, answer.text


def revisions(world: World) -> set[str]:
    return {entry["name"] for entry in world.sandbox.state()["revisions"]}


@pytest.mark.parametrize("kind", ["worktree", "clone"])
def test_of_eight_one_deploys_and_seven_are_told_clearly(world: World, kind: str) -> None:
    commit = world.commit("shared/mapper.py", f"def mapped(row):\n    return {kind!r}\n")
    places, before = trees(world, kind), revisions(world)
    context = forked()
    together, answers = context.Barrier(MANY), context.Queue()
    children = [
        context.Process(target=one_of_many, args=(t, world.environment, WEB, together, answers)) for t in places
    ]
    try:
        for child in children:
            child.start()
        changed_by_somebody(world, kind)
        said = [answers.get(timeout=100) for _ in children]
        for child in children:
            child.join(30)
    finally:
        for child in children:
            child.kill()
    assert [child.exitcode for child in children] == [0] * MANY
    assert [outcome for outcome, _ in said].count("deployed") == 1, said
    for outcome, says in said:
        assert outcome in {"deployed", "busy", "void"}
        if outcome != "deployed":
            assert (BUSY if outcome == "busy" else VOID).search(says), says
    service = world.service()
    assert len(revisions(world) - before) == 1
    builds = [b for b in world.sandbox.state()["builds"] if b["source"]["gitSource"]["revision"] == commit]
    assert [build["status"] for build in builds] == ["SUCCESS"]
    assert service["labels"]["team"] == kind
    assert service["template"]["labels"]["commit-sha"] == commit
    assert "signoff-operation" not in service.get("annotations", {})
    if kind == "worktree":
        ledgers = [SqliteStore(path) for path in world.state.rglob("ledger.sqlite3")]
        began = [event for ledger in ledgers for event in ledger.read(OperationBegan) if event.commit == commit]
        assert len(began) == 1

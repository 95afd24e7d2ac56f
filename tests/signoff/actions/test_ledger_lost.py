"""Where the ledger breaks while an operation runs, what became of the traffic is said all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from signoff.actions.broke import Broke
from signoff.actions.site import Site
from signoff.ledger.events import Event, OperationEnded, StepTaken
from signoff.ledger.store import LedgerError
from support.deploying import built_by, deploy
from support.world import World

from .conftest import Chain
from .test_traffic import serving


class Breaking:
    """A ledger that can not be written from an event on; it can be read."""

    def __init__(self, ledger: Any, at: Callable[[Event], bool]) -> None:
        self._ledger = ledger
        self._at = at
        self._broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def append(self, *events: Event) -> None:
        self._broken = self._broken or any(map(self._at, events))
        if self._broken:
            raise LedgerError("the ledger can not be used: disk full", where="ledger.sqlite3", fix="make room")
        self._ledger.append(*events)


def changed(world: World, site: Site, chain: Chain, note: str, at: Callable[[Event], bool]) -> Site:
    [build] = [one.build for one in site.subject.workloads if one.name == "web"]
    assert build is not None
    chain.commit = type(chain.commit)(world.commit("shared/mapper.py", f"def mapped(row):\n    return {note!r}\n"))
    return replace(built_by(site, build, chain.commit), ledger=Breaking(site.ledger, at))


async def test_traffic_goes_back_and_that_is_said_with_what_to_do_about_the_ledger(
    world: World, site: Site, chain: Chain
) -> None:
    def moved(event: Event) -> bool:
        return isinstance(event, StepTaken) and (event.step, event.outcome) == ("traffic 100", "done")

    before = serving(world)
    with pytest.raises(Broke, match="the ledger can not be used: disk full") as broke:
        await deploy(changed(world, site, chain, "broken", moved))
    assert "traffic 100 of web stopped: it broke (the ledger can not be used: disk full)" in broke.value.what
    assert f"{before[0][0]} 100 % serves again" in broke.value.what
    assert (broke.value.where, broke.value.fix, broke.value.exit_code) == ("ledger.sqlite3", "make room", 3)
    assert serving(world) == before


async def test_where_only_the_end_is_not_recorded_it_is_said_how_it_ended(
    world: World, site: Site, chain: Chain
) -> None:
    before = serving(world)
    with pytest.raises(Broke, match="The operation: web: built, released and serving"):
        await deploy(changed(world, site, chain, "ended", lambda event: isinstance(event, OperationEnded)))
    assert serving(world) != before

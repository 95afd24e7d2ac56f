"""Routes that lead to something which changed: one finding for all of them, however many they are."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.checks.new_route import UNTESTED, lines, location, shown
from signoff.checks.told import count
from signoff.model.evidence import Evidence
from signoff.model.finding import Advice, Finding, Location
from signoff.model.quoted import Quoted
from signoff.model.routes import Change, Helper, NewRoutes
from signoff.model.subject import Workload
from signoff.model.text import Text, listed, text

COMMON = "reachable/changed-for-many"
UNFOLLOWED = "reachable/new-route-unfollowed"
FIRST = 3
"""Routes, and things that changed, which are named; the others are counted."""


def untested_through(workload: Workload, changes: Sequence[Change], compared: Evidence) -> Finding:
    """Nobody asked for them, or nothing shows that it arrived, and what they lead to changed."""
    helpers = list(dict.fromkeys(helper for change in changes for helper in change.through))
    says = text(
        "no request is known to have arrived at {} that {} to what changed ({}): {}",
        count(len(changes), "route"),
        "leads" if len(changes) == 1 else "lead",
        _few([called(helper) for helper in helpers]),
        _few([shown(change.route) for change in changes]),
    )
    place = Location(helpers[0].file, helpers[0].line)
    return Finding(UNTESTED, says, (compared,), _tables(workload, changes), "warning", place)


def untested_since(workload: Workload, changes: Sequence[Change], compared: Evidence) -> Finding:
    """Earlier deploys brought them, and nobody is known to have come to one since."""
    says = text(
        "no request is known to have arrived at {} that earlier deploys brought: {}",
        count(len(changes), "route"),
        _few([shown(change.route) for change in changes]),
    )
    return Finding(UNTESTED, says, (compared,), _tables(workload, changes), "warning", location(changes[0].route))


def _tables(workload: Workload, changes: Sequence[Change]) -> Advice:
    tables = [line for change in changes[:FIRST] for line in (*lines(workload, change.route), "")]
    return Advice(text("add to signoff.toml what matters of them:"), tuple(tables[:-1]))


def followed(facts: NewRoutes) -> list[Finding]:
    """What changed for so many routes that none counts as changed for it, and what could not be followed."""
    found: list[Finding] = []
    if facts.common:
        helper, most = facts.common[0][0], max(number for _, number in facts.common)
        says = text(
            "{} changed, and up to {} of {} routes lead there: none of them counts as changed for that",
            _few([called(helper) for helper, _ in facts.common]),
            most,
            len({route.key for route in facts.found.routes}),
        )
        found.append(
            Finding(COMMON, says, (facts.proof,), severity="note", location=Location(helper.file, helper.line))
        )
    if facts.blind:
        first = facts.blind[0]
        places = [text("{}:{}", Quoted(one.file), one.line) for one in facts.blind]
        says = text(
            "code changed that no route is seen to lead to, and what handlers call can not be told at {}", _few(places)
        )
        found.append(
            Finding(UNFOLLOWED, says, (facts.proof,), severity="note", location=Location(first.file, first.line))
        )
    return found


def called(helper: Helper) -> Text:
    """`total in app/prices.py`."""
    return text("{} in {}", Quoted(helper.name), Quoted(helper.file))


def _few(says: Sequence[Text]) -> Text:
    rest = len(says) - FIRST
    return text("{} and {} more", listed(says[:FIRST]), rest) if rest > 0 else listed(says)

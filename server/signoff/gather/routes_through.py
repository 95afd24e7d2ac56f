"""Routes whose handler is the same, and that lead to something which changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from signoff.gather.route_sources import contents, sources
from signoff.model.facts import Unknown
from signoff.model.routes import Change, Found, Helper, Place, Reached, Route, Unread
from signoff.model.subject import Commit, Workload
from signoff.reading.routes.paths import fingerprint
from signoff.survey import Survey

FEW = 10
"""Routes that may lead to one thing and still all count as changed with it, whatever part of all they are."""

Key = tuple[str, str]
Through = tuple[tuple[Change, ...], tuple[tuple[Helper, int], ...], tuple[Unread, ...]]
"""The changes; what is common to too many routes, and to how many; what only a run tells."""


async def changed_through(
    survey: Survey,
    workload: Workload,
    objects: Path,
    commits: Sequence[Commit],
    founds: Sequence[Found],
    but: Collection[Key],
) -> Through | Unknown:
    """Of the routes of `commits[0]`, but those in `but`: what leads to something that an older commit has otherwise.

    `founds`: the routes of each commit.
    """
    found, *olds = founds
    history = survey.systems.git.history(objects)
    trees = list[Mapping[str, str]]()
    for commit in commits:
        there = await sources(survey, workload, history, commit)
        if isinstance(there, Unknown):
            return there
        trees.append(there.value)
    key = fingerprint(*(part for tree in trees for one in tree.items() for part in one))
    if key not in survey.systems.reached:
        files = list[Mapping[str, bytes]]()
        for tree in trees if any(tree != trees[0] for tree in trees) else ():
            read = await contents(history, tree)
            if isinstance(read, Unknown):
                return read
            files.append(read.value)
        from signoff.reading.reached.changed import changed

        made = await asyncio.to_thread(changed, files[0], files[1:], found.routes) if files else Reached({})
        survey.systems.reached[key] = made
    known = survey.systems.reached[key]
    return (*through(found, known.by, but, olds), known.blind)


def through(
    found: Found,
    by: Mapping[tuple[Place, ...], tuple[Helper, ...]],
    but: Collection[Key] = (),
    olds: Sequence[Found] = (),
) -> tuple[tuple[Change, ...], tuple[tuple[Helper, int], ...]]:
    """Each route with what changed for it, but for what more than half of all routes lead to (and more than FEW)."""
    asked = [_asked(old) for old in olds]
    leads = {route: (*by.get(route.places, ()), *_asked_anew(route, asked)) for route in found.routes}
    leads = {route: tuple(dict.fromkeys(helpers)) for route, helpers in leads.items() if helpers}
    counts = Counter(helper for route in {one.key: one for one in leads}.values() for helper in leads[route])
    most = max(FEW, len({route.key for route in found.routes}) // 2)
    changes: dict[Key, Change] = {}
    for route, helpers in leads.items():
        own = tuple(helper for helper in helpers if counts[helper] <= most)
        if own and route.key not in but:
            changes.setdefault(route.key, Change(route, "changed", own))
    common = tuple((helper, count) for helper, count in sorted(counts.items()) if count > most)
    return tuple(changes.values()), common


def _asked(found: Found) -> Mapping[Key, frozenset[tuple[Helper, str]]]:
    return {route.key: route.asked for route in reversed(found.routes)}


def _asked_anew(route: Route, olds: Sequence[Mapping[Key, frozenset[tuple[Helper, str]]]]) -> Iterator[Helper]:
    """What is asked before it and was not, and what was asked and is not any more."""
    for old in olds:
        if route.key not in old:
            continue
        now, was = ({said for _, said in asked} for asked in (route.asked, old[route.key]))
        more = sorted(helper for helper, said in route.asked if said not in was)
        names = {(helper.name, helper.file) for helper in more}
        less = sorted(helper for helper, said in old[route.key] if said not in now)
        yield from (*more, *(helper for helper in less if (helper.name, helper.file) not in names))

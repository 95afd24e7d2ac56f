"""The facts of the check `routes`: which routes are new or changed, and what became of asking for them.

"New" is against what users had before: the revision that served before this one, and where the session began.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from signoff.gather.arrival import Grounds, grounds
from signoff.gather.deployed_before import before
from signoff.gather.route_sources import written_in
from signoff.gather.routes_at import routes_at
from signoff.gather.routes_awaited import awaited, remember, used, with_awaited
from signoff.gather.routes_through import changed_through
from signoff.model.facts import Known, Unknown
from signoff.model.routes import ANY, Change, Found, NewRoutes, Route, Unread
from signoff.model.smoke import FRONT_PAGE, Smoke
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.reading.routes.paths import covers
from signoff.survey import Survey

MOST = 20
"""New routes that are asked for by themselves in one run."""
_ASKABLE = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]{0,300}")
"""https://www.rfc-editor.org/rfc/rfc3986#section-3.3"""


async def new_routes(survey: Survey, workload: Workload) -> NewRoutes | Unknown:
    """Read the routes of both commits, and send what nobody configured and what can be asked for alone."""
    where = await survey.get(grounds, workload)
    if isinstance(where, Unknown):
        return where
    since = await before(survey, workload, where.revisions)
    if isinstance(since, Unknown):
        return since
    wanted, *olds = await asyncio.gather(
        routes_at(survey, workload, since.objects, since.wanted, wanted=True),
        *(routes_at(survey, workload, since.objects, commit) for commit in since.commits),
    )
    if isinstance(wanted, Unknown):
        return wanted
    read = {commit: old.value for commit, old in zip(since.commits, olds, strict=True) if isinstance(old, Known)}
    known = list(read.values())
    short = tuple(commit[:12] for commit in (*since.commits, since.wanted))
    proof = wanted.shows(f"routes of {workload.name}, compared", short)
    untold = since.why or (text("what was deployed before can not be read") if not known else None)
    earlier = awaited(survey, workload, where)
    languages: tuple[str, ...] = ()
    if not wanted.value.by and not wanted.value.unread and not _told(workload):
        languages = await written_in(survey, workload, survey.systems.git.history(since.objects), since.wanted)
    if untold is not None:
        brought = [one for one in with_awaited(wanted.value, (), earlier) if _open(workload, one)]
        facts = NewRoutes(proof, untold, wanted.value, tuple(brought), languages=languages)
        return await _asked(survey, workload, where, facts, earlier)
    changes, unread = _changes(wanted.value, known), _unread(workload, wanted.value, known)
    own = {one.route.key for one in changes}
    led = await changed_through(survey, workload, since.objects, [since.wanted, *read], [wanted.value, *known], own)
    if isinstance(led, Unknown):
        return led
    ignored = tuple((one, why) for one in (*changes, *led[0]) if (why := _ignored(workload, one)) is not None)
    changes = with_awaited(wanted.value, (*changes, *led[0]), earlier)
    left = [one for one in changes if _ignored(workload, one) is None]
    open_ones = tuple(one for one in left if _open(workload, one))
    covers_some = tuple(one for one in left if one not in open_ones)
    facts = NewRoutes(
        proof=proof,
        untold=None,
        found=wanted.value,
        changes=open_ones,
        unread=unread,
        covered=covers_some,
        ignored=ignored,
        common=led[1],
        blind=led[2],
        languages=languages,
    )
    return await _asked(survey, workload, where, facts, earlier)


async def _asked(
    survey: Survey, workload: Workload, where: Grounds, facts: NewRoutes, earlier: Collection[tuple[str, str]]
) -> NewRoutes:
    seen = await used(survey, workload, where, facts.found, facts.changes)
    facts = replace(facts, used=seen, changes=tuple(one for one in facts.changes if one not in seen))
    facts = await _sent(survey, workload, where, facts)
    remember(survey, workload, where, facts, earlier)
    return facts


async def _sent(survey: Survey, workload: Workload, where: Grounds, facts: NewRoutes) -> NewRoutes:
    smokes: list[tuple[Change, Smoke]] = []
    unsent: list[tuple[Change, Text]] = []
    paths: set[str] = set()
    for change in facts.changes:
        if not change.alone or change.route.path in paths:
            continue
        paths.add(change.route.path)
        why = _why_not(workload, where, change, len(smokes))
        if why is not None:
            unsent.append((change, why))
        else:
            smokes.append((change, Smoke(change.route.path, found=True)))
    if not smokes:
        return replace(facts, unsent=tuple(unsent))
    control = FRONT_PAGE if _needs_control(workload, smokes) else None
    sent = await where.arrivals(survey, workload, [smoke for _, smoke in smokes] + ([control] if control else []))
    return replace(facts, smokes=tuple(smokes), control=control, arrivals=sent, unsent=tuple(unsent))


def _why_not(workload: Workload, where: Grounds, change: Change, asked: int) -> Text | None:
    if not workload.routes.probe:
        return text("signoff.toml says probe = false")
    if where.front.private:
        return text("{}", where.front.private)
    if not where.revisions or not where.bases:
        return text("there is no address of {} to send a request to", workload.resource)
    if not _ASKABLE.fullmatch(change.route.path):
        return text("its path can not be asked for as it stands")
    return text("{} others are asked for already", MOST) if asked >= MOST else None


def _needs_control(workload: Workload, smokes: Iterable[tuple[Change, Smoke]]) -> bool:
    """Whether nothing else tells a wall before the new route from one before everything."""
    open_ones = any(smoke.expect == "reach" and smoke.identity is None for smoke in workload.smoke)
    return not open_ones and not any(smoke.path == "/" for _, smoke in smokes)


def _open(workload: Workload, change: Change) -> bool:
    return _ignored(workload, change) is None and not covered(workload, change.route)


def covered(workload: Workload, route: Route) -> bool:
    """Whether a configured request is one of this route."""
    return any(
        (route.method == ANY or smoke.method == route.method) and covers(route.path, smoke.path)
        for smoke in workload.smoke
    )


def _ignored(workload: Workload, change: Change) -> str | None:
    return next((one.reason for one in workload.routes.ignore if fnmatchcase(change.route.path, one.path)), None)


def _changes(wanted: Found, olds: Sequence[Found]) -> tuple[Change, ...]:
    """Against each of the older ones: new where one has no such route, changed where one has it with other handlers."""
    now = _handlers(wanted)
    changed: dict[tuple[str, str], Change] = {}
    first: dict[tuple[str, str], Route] = {}
    for route in wanted.routes:
        first.setdefault(route.key, route)
    for old in map(_handlers, olds):
        for key, handlers in now.items():
            before = old.get(key) or old.get((ANY, key[1]))
            if before is None:
                changed[key] = Change(first[key], "new")
            elif handlers != before:
                changed.setdefault(key, Change(first[key], "changed"))
    return tuple(changed[key] for key in first if key in changed)


def _handlers(found: Found) -> dict[tuple[str, str], frozenset[str]]:
    handlers: dict[tuple[str, str], set[str]] = {}
    for route in found.routes:
        handlers.setdefault(route.key, set()).add(route.source)
    return {key: frozenset(sources) for key, sources in handlers.items()}


def _told(workload: Workload) -> bool:
    """Whether signoff.toml says where its routes stand, or that none of them matters."""
    rules = workload.routes
    return rules.openapi is not None or bool(rules.command) or any(one.path == "/*" for one in rules.ignore)


def _unread(workload: Workload, wanted: Found, olds: Sequence[Found]) -> tuple[Unread, ...]:
    """Places that are new; where signoff.toml names a document or a command, that one has what the source does not
    tell.
    """
    told = workload.routes.openapi is not None or bool(workload.routes.command)
    before = [{(one.file, one.source) for one in old.unread} for old in olds]
    left = [one for one in wanted.unread if not told or one.file == workload.routes.openapi]
    return tuple(one for one in left if any((one.file, one.source) not in places for places in before))

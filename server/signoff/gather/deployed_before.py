"""What users had before the revision under judgement: the commits that new routes are told against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from signoff.gather.placements import placements, revision_history
from signoff.gather.source import reference
from signoff.gather.trace import lineage_of
from signoff.model.facts import Unknown
from signoff.model.lineage import Placement
from signoff.model.run import Revision, Service
from signoff.model.source import Reference
from signoff.model.subject import Commit, Workload
from signoff.model.text import Text, text
from signoff.survey import Survey

BACK = 3
"""Images of older revisions that are traced to find one with other content."""


@dataclass(frozen=True, slots=True)
class Before:
    """`wanted`: the commit to ship; `commits`: what it is compared with. Empty: `why` it can not be told.

    `objects`: a git directory that has all of them.
    """

    wanted: Commit
    objects: Path
    commits: tuple[Commit, ...] = ()
    why: Text | None = None


async def before(survey: Survey, workload: Workload, current: frozenset[str]) -> Before | Unknown:
    """The commit of what served before `current`, as the builder proves it, and the one that the session began with."""
    known, placed = await survey.get(reference), (await survey.get(placements))[workload.name]
    if isinstance(known, Unknown):
        return known
    if isinstance(placed, Unknown):
        return placed
    commits = dict[Commit, None]()
    why: Text | None = None
    for placement in placed:
        earlier = await _earlier(survey, workload, placement, current)
        if isinstance(earlier, Unknown):
            return earlier
        found = await _commit(survey, workload, earlier, placement)
        if isinstance(found, Unknown):
            return found
        if isinstance(found, Text):
            why = why or found
        else:
            commits[found] = None
    session = survey.subject.session
    if session is not None and session.head != known.value.commit:
        commits[session.head] = None
    return await _present(survey, known.value, tuple(commits), why)


async def _present(survey: Survey, known: Reference, commits: tuple[Commit, ...], why: Text | None) -> Before | Unknown:
    if not commits:
        return Before(known.commit, known.objects, why=why or text("nothing was deployed before"))
    there = await survey.systems.git.history(known.objects).present(commits)
    if isinstance(there, Unknown):
        return there
    kept = tuple(commit for commit in commits if commit in there.value)
    if not kept:
        return Before(known.commit, known.objects, why=text("git does not have what was deployed before"))
    return Before(known.commit, known.objects, kept)


async def _earlier(
    survey: Survey, workload: Workload, placement: Placement, current: frozenset[str]
) -> list[Revision] | Unknown:
    """Revisions that users may have had before, the likeliest first: what serves beside a candidate, else the ready
    ones that are older than what serves.
    """
    service = placement.resource
    if not isinstance(service, Service):
        return []
    if workload.name in survey.subject.candidate:
        return [revision for revision in placement.serving if revision.name not in current]
    history = await survey.get(revision_history, service.region)
    if isinstance(history, Unknown):
        return history
    own = [one for (parent, _), one in history.entries.items() if parent == service.name and isinstance(one, Revision)]
    oldest = min((one.created for one in own if one.name in current), default=None)
    older = [
        one
        for one in own
        if oldest is not None and one.created < oldest and one.ready is not None and one.ready.state == "succeeded"
    ]
    return sorted(older, key=lambda one: one.created, reverse=True)


async def _commit(
    survey: Survey, workload: Workload, earlier: list[Revision], placement: Placement
) -> Commit | Text | Unknown:
    """Of the newest of these revisions that was built from something else than what is to be shipped."""
    used = {revision.template.main.image.digest for revision in placement.serving}
    if workload.name in survey.subject.candidate:
        used = set()
    why = text("no earlier revision of {} is on record", workload.resource)
    traced = 0
    for revision in earlier:
        image = revision.template.main.image
        if image.digest in used or not image.digest:
            continue
        used.add(image.digest)
        lineage = await lineage_of(survey, workload, image)
        if isinstance(lineage, Unknown):
            return lineage
        proven = lineage.strength != "stated" or workload.accept_labels
        if lineage.commit is None or not proven:
            return text("nothing proves which commit {} was built from", revision.name)
        if lineage.content.state != "holds":
            return lineage.commit
        why = text("every earlier revision of {} that was looked at has the same content", workload.resource)
        traced += 1
        if traced == BACK:
            break
    return why

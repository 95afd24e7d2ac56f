"""Where the subject's commit stands against the branch on the remote that builds are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from signoff.model.facts import Known, Ref, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import Reference
from signoff.model.subject import Commit
from signoff.survey import Survey
from signoff.systems.git.history import Sides
from signoff.systems.git.layout import Layout
from signoff.systems.git.private import Private
from signoff.systems.git.remote import RemoteRefs


async def layout(survey: Survey) -> Known[Layout] | Unknown:
    return await survey.systems.git.layout()


@dataclass(frozen=True, slots=True)
class Live:
    """The remote's references, and the private repository that sees its objects; None: no such remote."""

    refs: RemoteRefs
    private: Private | None


async def live(survey: Survey) -> Known[Live] | Unknown:
    """The remote, asked once."""
    git, remote = survey.systems.git, survey.subject.remote
    known = await survey.get(layout)
    if isinstance(known, Unknown):
        return known
    private = await git.private(remote, known.value)
    if isinstance(private, Unknown):
        return private
    if private is None:
        return Known(Live(RemoteRefs(), None), replace(known.ref, look=("git", "remote")))
    refs = await git.remote_refs(remote, private)
    return refs if isinstance(refs, Unknown) else Known(Live(refs.value, private), refs.ref)


@dataclass(frozen=True, slots=True)
class Meeting:
    """The subject's commit and the live branch head in one git directory.

    `head` None: the remote has no such branch. `base` None: they share no history.
    """

    head: Commit | None
    objects: Path
    sides: Sides
    base: Commit | None


async def meeting(survey: Survey) -> Known[Meeting] | Unknown:
    """Bring the branch's head to where the subject's commit can be compared with it, and compare."""
    git, subject = survey.systems.git, survey.subject
    known, asked = await survey.get(layout), await survey.get(live)
    if isinstance(known, Unknown):
        return known
    if isinstance(asked, Unknown):
        return asked
    branch, private, at = subject.target.branch, asked.value.private, known.value.common
    head = asked.value.refs.heads.get(branch)
    if head is None or private is None:
        return Known(Meeting(None, at, Sides((), ()), None), asked.ref)
    here = await git.history().present([subject.commit, head])
    if isinstance(here, Unknown):
        return here
    if subject.commit not in here.value:
        return _unknown(here.ref, "the commit in question is not in this clone")
    if head not in here.value or (known.value.shallow and head != subject.commit):
        fetched = await git.fetch(subject.remote, private, [branch])
        if isinstance(fetched, Unknown):
            return fetched
        at = private.reading
    history = git.history(at)
    sides = await history.sides(subject.commit, head)
    if isinstance(sides, Unknown):
        return sides
    base = await history.merge_base(subject.commit, head)
    if isinstance(base, Unknown):
        return base
    return Known(Meeting(head, at, sides.value, base.value), asked.ref)


async def reference(survey: Survey) -> Known[Reference] | Unknown:
    """What production must hold at least (see Reference). Unknown where the remote has no such branch."""
    known = await survey.get(meeting)
    if isinstance(known, Unknown):
        return known
    met = known.value
    if met.head is None:
        return _unknown(known.ref, "the branch that builds are made from is not on the remote")
    commit = survey.subject.commit if not met.sides.missing else met.base
    if commit is None:
        return _unknown(known.ref, "this history and that of the branch on the remote share no commit")
    return Known(Reference(commit, met.head, met.objects), known.ref)


def _unknown(ref: Ref, says: str) -> Unknown:
    return Unknown("incomplete", ref, Quoted(says))

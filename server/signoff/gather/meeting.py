"""The clone and the remote brought together: both histories in one git directory, read in one survey."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from signoff.model.facts import Known, Ref, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import WorkingTree
from signoff.model.subject import Commit
from signoff.survey import Survey
from signoff.systems.git.history import History, Sides
from signoff.systems.git.layout import Layout
from signoff.systems.git.private import Private
from signoff.systems.git.remote import RemoteRefs


async def layout(survey: Survey) -> Known[Layout] | Unknown:
    return await survey.systems.git.layout()


async def status(survey: Survey) -> Known[WorkingTree] | Unknown | None:
    """The working tree; None where only a commit is asked about."""
    if survey.subject.tree is None:
        return None
    known = await survey.get(layout)
    return known if isinstance(known, Unknown) else await survey.systems.git.status(known.value)


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

    `head` None: the remote has no such branch. `base` None: they share no history. `unseen`: branches of the remote
    whose heads are in no object store that is at hand.
    """

    head: Commit | None
    objects: Path
    sides: Sides
    base: Commit | None
    unseen: tuple[str, ...] = ()


async def meeting(survey: Survey) -> Known[Meeting] | Unknown:
    """Bring the branch's head to where the subject's commit can be compared with it, and compare."""
    git, subject = survey.systems.git, survey.subject
    known, asked = await survey.get(layout), await survey.get(live)
    if isinstance(known, Unknown):
        return known
    if isinstance(asked, Unknown):
        return asked
    heads, private, at = asked.value.refs.heads, asked.value.private, known.value.common
    here = await git.history().present([subject.commit, *heads.values()])
    if isinstance(here, Unknown):
        return here
    if subject.commit not in here.value:
        return _unknown(here.ref, "the commit in question is not in this clone")
    branch = subject.target.branch
    head = heads.get(branch)
    unseen = tuple(name for name, commit in heads.items() if commit not in here.value)
    if head is None or private is None:
        return Known(Meeting(None, at, Sides((), ()), None, unseen), asked.ref)
    if head not in here.value or (known.value.shallow and head != subject.commit):
        # A shallow clone can say that it has a commit, never that it has not: the whole history is asked for.
        wanted = tuple(heads) if known.value.shallow else (branch,)
        fetched = await git.fetch(subject.remote, private, wanted)
        if isinstance(fetched, Unknown):
            return fetched
        at, unseen = private.reading, tuple(name for name in unseen if name not in wanted)
    return await _compared(git.history(at), subject.commit, Meeting(head, at, Sides((), ()), None, unseen), asked.ref)


async def _compared(history: History, commit: Commit, met: Meeting, ref: Ref) -> Known[Meeting] | Unknown:
    if met.head is None or met.head == commit:
        return Known(replace(met, base=met.head), ref)
    sides = await history.sides(commit, met.head)
    if isinstance(sides, Unknown):
        return sides
    base = await history.merge_base(commit, met.head)
    if isinstance(base, Unknown):
        return base
    return Known(replace(met, sides=sides.value, base=base.value), ref)


def _unknown(ref: Ref, says: str) -> Unknown:
    return Unknown("incomplete", ref, Quoted(says))

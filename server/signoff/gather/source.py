"""Where the subject's commit stands against the branch on the remote that builds are made from, as plain facts."""

from __future__ import annotations

from dataclasses import replace

from signoff.gather.landed import landed
from signoff.gather.meeting import Live, live, meeting, status
from signoff.gather.published import Published, published, refs
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine, Reference, Relation, SourceFacts
from signoff.model.subject import Commit, Subject
from signoff.survey import Survey
from signoff.systems.git.inputs import Inputs


async def reference(survey: Survey) -> Known[Reference] | Unknown:
    """What production must hold at least (see Reference). Unknown where the remote has no such branch."""
    known, on = await survey.get(meeting), await survey.get(landing)
    if isinstance(known, Unknown):
        return known
    if isinstance(on, Unknown):
        return on
    met = known.value
    if met.head is None:
        says = "the branch that builds are made from is not on the remote"
        return Unknown("incomplete", known.ref, Quoted(says))
    commit = survey.subject.commit if not met.sides.missing else on.value or met.base
    if commit is None:
        says = "this history and that of the branch on the remote share no commit"
        return Unknown("incomplete", known.ref, Quoted(says))
    return Known(Reference(commit, met.head, met.objects), known.ref)


async def landing(survey: Survey) -> Known[Commit | None] | Unknown:
    """The commit of the branch with which the content of all missing commits landed; None where not all of it did."""
    lines = await survey.get(missing)
    if isinstance(lines, Unknown):
        return lines
    found = await landed(survey, Inputs(()), lines.value)
    return found if isinstance(found, Unknown) else Known(found.value.by if found.value else None, found.ref)


async def missing(survey: Survey) -> Known[tuple[CommitLine, ...]] | Unknown:
    """The subject's commits that the branch on the remote does not have, newest first.

    Where the remote has no such branch: those that are nowhere on it.
    """
    met = await survey.get(meeting)
    if isinstance(met, Unknown):
        return met
    commits, objects = met.value.sides.missing, met.value.objects
    if met.value.head is None:
        known = await survey.get(published)
        if isinstance(known, Unknown):
            return known
        commits = known.value.own
    if not commits:
        return Known((), met.ref)
    return await survey.systems.git.history(objects).lines(commits)


async def source(survey: Survey) -> Known[SourceFacts] | Unknown:
    """Where the subject's commit stands, whichever workload is asked about."""
    subject = survey.subject
    met, asked, where = await survey.get(meeting), await survey.get(live), await survey.get(published)
    lines, tree = await survey.get(missing), await survey.get(status)
    if isinstance(met, Unknown):
        return met
    if isinstance(asked, Unknown):
        return asked
    if isinstance(where, Unknown):
        return where
    if isinstance(lines, Unknown):
        return lines
    here = tree.value if isinstance(tree, Known) else None  # what is not known of it is the matter of `committed`
    local = here.branch if here and here.head == subject.commit else None
    detached = here is not None and here.branch is None and here.head == subject.commit
    upstream = here.upstream if here and local and here.upstream else None
    counterpart = _counterpart(survey.subject, asked.value, local, upstream)
    relation = await _relation(survey, asked.value, where.value, counterpart, local)
    if isinstance(relation, Unknown):
        return relation
    named = await _named(survey, asked.value, where.value, upstream, local)
    if isinstance(named, Unknown):
        return named
    look = ("git", "ls-remote", "--heads", subject.remote, subject.target.branch)
    return Known(
        SourceFacts(
            commit=subject.commit,
            remote=subject.remote,
            has_remote=asked.value.private is not None,
            branch=subject.target.branch,
            flow=subject.flow,
            now=survey.now,
            head=Known(met.value.head, replace(asked.ref, look=look)),
            local=local,
            detached=detached,
            counterpart=counterpart,
            operation=here.operation if here else None,
            missing=lines.value,
            unpublished=frozenset(where.value.own),
            newer=len(met.value.sides.newer),
            relation=relation,
            published=named,
        ),
        asked.ref,
    )


def _counterpart(subject: Subject, asked: Live, local: str | None, upstream: str | None) -> str | None:
    """The branch of the remote that a push of this work goes to; None where the remote has no such branch."""
    heads = asked.refs.heads
    if subject.flow == "push":
        return subject.target.branch if subject.target.branch in heads else None
    names = ((upstream or "").removeprefix(f"{subject.remote}/"), local)
    return next((name for name in names if name and name in heads), None)


async def _relation(
    survey: Survey, asked: Live, where: Published, counterpart: str | None, local: str | None
) -> Relation | Unknown:
    """How the subject's commit stands to its counterpart, from what this clone remembers of both."""
    git, commit = survey.systems.git, survey.subject.commit
    head = asked.refs.heads.get(counterpart) if counterpart else None
    if head is None or head == commit:
        return "ahead"
    history = git.history(where.objects)
    base = await history.merge_base(commit, head)
    if isinstance(base, Unknown):
        return base
    if base.value is None:
        return "unrelated"
    remembered = await survey.get(refs)
    if isinstance(remembered, Unknown):
        return remembered
    last = remembered.value.remembered.get(f"{survey.subject.remote}/{counterpart}")
    if last is not None and last != head and base.value != commit:
        kept = await history.merge_base(last, head)
        if isinstance(kept, Unknown):
            return kept
        if kept.value != last:
            return "rewritten there"
    if base.value in {head, commit}:
        return "ahead"
    had = await git.once_had(local, head) if local else None
    return "rewritten here" if isinstance(had, Known) and had.value else "diverged"


async def _named(
    survey: Survey, asked: Live, where: Published, upstream: str | None, local: str | None
) -> str | Unknown | None:
    """A branch of the remote, other than the one that is built, that holds the subject's commit."""
    heads, commit = asked.refs.heads, survey.subject.commit
    if where.own:
        return None
    likely = [(upstream or "").removeprefix(f"{survey.subject.remote}/"), local or ""]
    exact = [name for name, head in heads.items() if head == commit]
    names = [n for n in dict.fromkeys([*likely, *exact]) if n in heads and n != survey.subject.target.branch]
    for name in names:
        lacks = await survey.systems.git.history(where.objects).reached([commit], [heads[name]])
        if isinstance(lacks, Unknown):
            return lacks
        if not lacks.value[0]:
            return name
    return None

"""Which commits of this clone are on no branch and no tag of the remote: one walk for all that holds work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from signoff.gather.meeting import Live, Meeting, layout, live, meeting, status
from signoff.model.facts import Known, Unknown
from signoff.model.subject import Commit
from signoff.survey import Survey
from signoff.systems.git.refs import LocalRefs, Worktree


@dataclass(frozen=True, slots=True)
class Tip:
    """Another place of this clone that holds commits: a branch, or the detached HEAD of a working tree."""

    name: str
    commit: Commit
    worktree: Path | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """`own`: commits of the subject's that are not on the remote, newest first; `others`: those of other tips.

    `others` None: it was not to be found out. `objects`: a git directory that has them all.
    """

    own: tuple[Commit, ...]
    others: Mapping[Tip, tuple[Commit, ...]] | None
    objects: Path


async def refs(survey: Survey) -> Known[LocalRefs] | Unknown:
    return await survey.systems.git.refs()


async def worktrees(survey: Survey) -> Known[tuple[Worktree, ...]] | Unknown:
    return await survey.systems.git.worktrees()


async def published(survey: Survey) -> Known[Published] | Unknown:
    """Ask the references of both sides; fetch commits only where something looks unpublished and could be there."""
    git, commit = survey.systems.git, survey.subject.commit
    met, asked, kept = await survey.get(meeting), await survey.get(live), await survey.get(layout)
    if isinstance(met, Unknown):
        return met
    if isinstance(asked, Unknown):
        return asked
    if isinstance(kept, Unknown):
        return kept
    tips = () if kept.value.shallow else await _tips(survey)
    theirs = [*asked.value.refs.heads.values(), *asked.value.refs.tags.values()]
    all_tips = [commit, *(tip.commit for tip in tips)]
    reached = await git.history(met.value.objects).reached(all_tips, theirs)
    if isinstance(reached, Unknown):
        return reached
    private = asked.value.private
    if not any(reached.value) or not met.value.unseen or private is None:
        return Known(_published(tips, reached.value, met.value.objects), reached.ref)
    return await _with_fetched(survey, met.value, asked.value, tips, reached)


async def _with_fetched(
    survey: Survey,
    met: Meeting,
    asked: Live,
    tips: tuple[Tip, ...],
    first: Known[tuple[tuple[Commit, ...], ...]],
) -> Known[Published] | Unknown:
    """The same question once the commits of all branches are at hand."""
    if asked.private is None:
        raise ValueError("nothing to fetch from")
    git, commit = survey.systems.git, survey.subject.commit
    fetched = await git.fetch(survey.subject.remote, asked.private, met.unseen, trees=False)
    theirs = [*asked.refs.heads.values(), *asked.refs.tags.values()]
    if not isinstance(fetched, Unknown):
        at = asked.private.tips
        again = await git.history(at).reached([commit, *(tip.commit for tip in tips)], theirs)
        if not isinstance(again, Unknown):
            return Known(_published(tips, again.value, at), again.ref)
        fetched = again
    if first.value[0] and survey.subject.flow == "pull-request":
        return fetched  # whether it is on another branch is the question there
    return Known(Published(first.value[0], None, met.objects), first.ref)


def _published(tips: tuple[Tip, ...], reached: tuple[tuple[Commit, ...], ...], objects: Path) -> Published:
    return Published(reached[0], dict(zip(tips, reached[1:], strict=True)), objects)


async def _tips(survey: Survey) -> tuple[Tip, ...]:
    """The other branches and working trees; none where git does not say, since they are told as notes alone."""
    local, trees, tree = await survey.get(refs), await survey.get(worktrees), await survey.get(status)
    if isinstance(local, Unknown) or isinstance(trees, Unknown) or isinstance(tree, Unknown) or tree is None:
        return ()
    where = {other.branch: other.path for other in trees.value if other.branch and not _is_this(other, survey)}
    branches = [
        Tip(name, commit, where.get(name)) for name, commit in local.value.heads.items() if name != tree.value.branch
    ]
    loose = [
        Tip(str(other.path), other.head, other.path)
        for other in trees.value
        if other.head and other.branch is None and not _is_this(other, survey)
    ]
    return (*branches, *loose)


def _is_this(other: Worktree, survey: Survey) -> bool:
    tree = survey.subject.tree
    return tree is not None and tree.resolve().is_relative_to(other.path.resolve())

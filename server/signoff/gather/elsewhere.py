"""Work of this clone that the subject's commit does not hold: told as notes, so that it is not forgotten."""

from __future__ import annotations

from typing import Literal

from signoff.gather.meeting import status
from signoff.gather.published import Tip, published
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import Elsewhere
from signoff.model.subject import Commit
from signoff.survey import Survey
from signoff.systems.git.history import History
from signoff.systems.git.refs import Stash


async def elsewhere(survey: Survey) -> tuple[Elsewhere, ...]:
    """Unpublished commits of other branches and working trees, and stashes. What git does not say is left out:
    these are notes, and no judgement rests on them.
    """
    return (*await _commits(survey), *await _stashes(survey))


async def _commits(survey: Survey) -> list[Elsewhere]:
    known = await survey.get(published)
    if isinstance(known, Unknown) or not known.value.others:
        return []
    own = frozenset(known.value.own)
    found = {tip: [c for c in commits if c not in own] for tip, commits in known.value.others.items()}
    every: tuple[Commit, ...] = tuple(dict.fromkeys(commit for commits in found.values() for commit in commits))
    if not every:
        return []
    lines = await survey.systems.git.history().lines(every)
    if isinstance(lines, Unknown):
        return []
    paths = {line.id: line.paths for line in lines.value}
    return [
        Elsewhere(_kind(tip), Quoted(tip.name), len(commits), frozenset().union(*(paths[c] for c in commits)))
        for tip, commits in found.items()
        if commits
    ]


def _kind(tip: Tip) -> Literal["branch", "worktree"]:
    return "worktree" if tip.worktree else "branch"


async def _stashes(survey: Survey) -> list[Elsewhere]:
    tree = await survey.get(status)
    if not isinstance(tree, Known) or not tree.value.stashes:
        return []
    stashes = await survey.systems.git.stashes()
    if isinstance(stashes, Unknown):
        return []
    history = survey.systems.git.history()
    changed = await history.differences([(stash.commit, stash.base) for stash in stashes.value])
    if isinstance(changed, Unknown):
        return []
    new = await _untracked(history, stashes.value)
    return [
        Elsewhere(
            "stash", Quoted(f"stash@{{{n}}}"), 1, changed.value[stash.commit] | new.get(stash.commit, frozenset())
        )
        for n, stash in enumerate(stashes.value)
    ]


async def _untracked(history: History, stashes: tuple[Stash, ...]) -> dict[Commit, frozenset[bytes]]:
    roots = {stash.untracked: stash.commit for stash in stashes if stash.untracked}
    lines = await history.lines(tuple(roots)) if roots else None
    if lines is None or isinstance(lines, Unknown):
        return {}
    return {roots[line.id]: line.paths for line in lines.value}

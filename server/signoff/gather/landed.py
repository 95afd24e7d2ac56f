"""Whether content is on the branch under other commits: squashed, rebased, cherry-picked. Trees decide, then patches.

The branch's own line (first parents) is looked through for the first commit at which the changed files are as they
are in the subject's commit; where others changed the same files in between, patches are compared instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from signoff.gather.meeting import meeting
from signoff.model.facts import Known, Unknown
from signoff.model.source import CommitLine, Landing
from signoff.model.subject import Commit
from signoff.survey import Survey
from signoff.systems.git.history import History
from signoff.systems.git.inputs import Inputs

_Paths = frozenset[bytes]
_NOTHING: _Paths = frozenset()


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changed`: the files that the subject's commits changed, all together. `line`: commits of the branch's own line
    that touch them, oldest first, each with the files in which it differs from the subject's commit. `as_before`:
    the files in which the branch's head differs from what was there before.
    """

    base: Commit
    head: Commit
    changed: _Paths
    line: dict[Commit, _Paths]
    at_head: _Paths
    as_before: _Paths
    patches: dict[Commit, str]
    """Patch ids: of the line's commits, of the missing ones, and of all missing ones as one patch (under `base`)."""


async def comparison(survey: Survey) -> Known[Comparison | None] | Unknown:
    """What `landed` is judged from; None where nothing is missing, or nothing is shared."""
    met = await survey.get(meeting)
    if isinstance(met, Unknown):
        return met
    commit, head, base = survey.subject.commit, met.value.head, met.value.base
    if head is None or base is None or not met.value.sides.missing:
        return Known(None, met.ref)
    history = survey.systems.git.history(met.value.objects)
    changed = await history.differences([(commit, base)])
    if isinstance(changed, Unknown):
        return changed
    files = changed.value[commit]
    shared = bool(files and met.value.sides.newer)
    newer = await history.between(commit, head, "--first-parent", paths=files) if shared else None
    if newer is None:
        return Known(Comparison(base, head, files, {}, _NOTHING, _NOTHING, {}), met.ref)
    if isinstance(newer, Unknown):
        return newer
    line = tuple(reversed(newer.value))
    return await _filled(history, met.value.sides.missing, commit, Comparison(
        base, head, files, dict.fromkeys(line, _NOTHING), _NOTHING, _NOTHING, {}
    ))  # fmt: skip


async def _filled(
    history: History, missing: tuple[Commit, ...], commit: Commit, blank: Comparison
) -> Known[Comparison | None] | Unknown:
    compared = dict.fromkeys((*blank.line, blank.head))
    apart = await history.differences([(other, commit) for other in compared], paths=blank.changed)
    if isinstance(apart, Unknown):
        return apart
    before = await history.differences([(blank.head, blank.base)], paths=blank.changed)
    if isinstance(before, Unknown):
        return before
    singles = [*blank.line, *(c for c in missing if c != commit)]
    patches = await history.patch_ids([*((single, None) for single in singles), (commit, None)])
    if isinstance(patches, Unknown):
        return patches
    whole = await history.patch_ids([(commit, blank.base)])
    if isinstance(whole, Unknown):
        return whole
    ids = dict(patches.value) | ({blank.base: whole.value[commit]} if commit in whole.value else {})
    line = {other: apart.value[other] for other in blank.line}
    filled = Comparison(
        blank.base, blank.head, blank.changed, line, apart.value[blank.head], before.value[blank.head], ids
    )
    return Known(filled, apart.ref)


async def landed(survey: Survey, inputs: Inputs, touching: tuple[CommitLine, ...]) -> Known[Landing | None] | Unknown:
    """Whether the content of the missing commits that touch these inputs is on the branch, and with which commit."""
    known = await survey.get(comparison)
    if isinstance(known, Unknown):
        return known
    if known.value is None:
        return Known(None, known.ref)
    compared = known.value
    files = frozenset(path for path in compared.changed if inputs.matches(path))
    if not files:  # changed and changed back: there is nothing that the branch could lack
        return Known(Landing(compared.base), known.ref)
    by = _by_trees(compared, files) or _by_patches(compared, touching)
    if by is None:
        return Known(None, known.ref)
    if not compared.at_head & files:
        return Known(Landing(by), known.ref)
    if not compared.as_before & files:
        return Known(Landing(by, reverted=True), known.ref)
    met = await survey.get(meeting)
    if isinstance(met, Unknown):
        return met
    undone = await went_back(survey.systems.git.history(met.value.objects), by, compared.head, files)
    return undone if isinstance(undone, Unknown) else Known(Landing(by, undone.value), known.ref)


def _by_trees(compared: Comparison, files: _Paths) -> Commit | None:
    return next((commit for commit, apart in compared.line.items() if not apart & files), None)


def _by_patches(compared: Comparison, touching: tuple[CommitLine, ...]) -> Commit | None:
    theirs = {patch: commit for commit in compared.line if (patch := compared.patches.get(commit))}
    if squashed := theirs.get(compared.patches.get(compared.base, "")):
        return squashed
    twins = [theirs.get(compared.patches.get(line.id, "")) for line in touching]
    if not twins or None in twins:
        return None
    return next(commit for commit in reversed(compared.line) if commit in twins)


async def went_back(history: History, by: Commit, head: Commit, files: frozenset[bytes]) -> Known[bool] | Unknown:
    """Whether the branch's head has, in all of these files, what was there before the commit `by`."""
    before = await history.first_parent(by)
    if isinstance(before, Unknown):
        return before
    if before.value is None or head == by:
        return Known(False, before.ref)
    apart = await history.differences([(head, before.value)], paths=files)
    return apart if isinstance(apart, Unknown) else Known(not apart.value[head] & files, apart.ref)

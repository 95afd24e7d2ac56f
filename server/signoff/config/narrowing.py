"""When one list of path patterns surely takes all that another one took."""

from __future__ import annotations

from collections.abc import Sequence


def narrowed(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether `new` may leave out a path that `old` takes; False only where it surely takes all of them.

    Adding what takes in, or dropping what takes away, only ever takes more; any other difference may take less.
    """
    if not new or tuple(old) == tuple(new):
        return False
    if not old:
        return tuple(new) != ("**",)
    # states: how many of `old` are accounted for, after each of `new`
    reached = _without_exclusions(old, {0})
    for pattern in new:
        matched = {at + 1 for at in reached if at < len(old) and old[at] == pattern}
        kept = set() if pattern.startswith("!") else reached
        reached = _without_exclusions(old, matched | kept)
    return len(old) not in reached


def _without_exclusions(old: Sequence[str], reached: set[int]) -> set[int]:
    """Each position, and those that dropping exclusions leads to."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(old) and old[at].startswith("!"):
            at += 1
            found.add(at)
    return found

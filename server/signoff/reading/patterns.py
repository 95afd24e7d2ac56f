"""Path patterns of a workload's inputs: the one place that says what they mean.

From the repository's root; `*` and `?` stay within a folder, `**` crosses folders, `[…]` is a class; what a pattern
matches counts with everything below it. `!` takes away, and the last pattern that matches a path decides, so that `!`
can be overridden. No pattern at all means the whole repository.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path (from the root, with `/`) is among the inputs. Raises ValueError for a pattern that is none."""
    if not patterns:
        return lambda _path: True
    from pathspec import PathSpec

    return PathSpec.from_lines("gitignore", [_anchored(pattern) for pattern in patterns]).match_file


def _anchored(pattern: str) -> str:
    """The same in gitignore's words, where a name without `/` would match in every folder."""
    away = "!" if pattern.startswith("!") else ""
    path = "/" + pattern.removeprefix("!").lstrip("/")
    if path.endswith("/*"):  # pathspec alone would not go below what a last `*` matches
        path += "*"
    return away + path


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

"""Commits of head that a diverged deployment already holds under another id (a cherry-picked hotfix)."""

import os
from collections.abc import Sequence

from signoff.systems.git.process import Children, object_id


def twins(children: Children, head: str, deployed: str, paths: Sequence[bytes]) -> list[bytes]:
    """The commits in reach(head), not in reach(deployed), of which the other side has the same patch on these paths.

    Compares patches, so a clone without file contents (blob:none) ends in GitError "unknown-object".
    """
    with children.start(
        "rev-list",
        "--cherry-mark",
        "--right-only",
        "--no-merges",
        "--full-history",
        f"{object_id(deployed)}...{object_id(head)}",
        "--",
        *map(os.fsdecode, paths),
    ) as child:
        return [line[1:].strip() for line in child.out if line.startswith(b"=")]

"""Where a repository keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from signoff.boundary import Malformed

ARGV = (
    "rev-parse",
    "--path-format=absolute",
    "--is-shallow-repository",
    "--show-object-format",
    "--git-dir",
    "--git-common-dir",
    "--show-toplevel",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """`common`: the directory that all worktrees share; `git_dir`: this worktree's own part of it."""

    top: Path
    git_dir: Path
    common: Path
    shallow: bool
    object_format: str


def read(raw: bytes) -> Layout:
    """The answer to ARGV. Malformed where a path holds a newline, or an old git says less."""
    lines = raw.decode("utf-8", "surrogateescape").splitlines()
    if len(lines) != 5:
        raise Malformed(f"{len(lines)} lines instead of 5")
    shallow, object_format, git_dir, common, top = lines
    return Layout(Path(top), Path(git_dir), Path(common), shallow == "true", object_format)

"""Where a repository's ledger is: outside of the repository, one for all of its worktrees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from signoff.model.errors import SignoffError


def ledger_path(tree: Path, environment: Mapping[str, str]) -> Path:
    """`$SIGNOFF_STATE`, else the state folder of the XDG base directories, then the repository's id.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    base = environment.get("SIGNOFF_STATE")
    if base:
        state = Path(base).expanduser()
    else:
        given = Path(environment.get("XDG_STATE_HOME", ""))
        state = (given if given.is_absolute() else Path.home() / ".local" / "state") / "signoff"
    return state / repository_id(tree) / "ledger.sqlite3"


def holds_path(tree: Path, environment: Mapping[str, str]) -> Path:
    """The folder of the locks that say who holds a workload (see `ledger/hold.py`)."""
    return ledger_path(tree, environment).parent / "holds"


def kept_path(tree: Path, environment: Mapping[str, str]) -> Path:
    """The folder of scans and rehearsals (see `ledger/kept_files.py`)."""
    return ledger_path(tree, environment).parent / "kept"


def repository_id(tree: Path) -> str:
    """The folder's name and a digest of git's common folder: the same in every worktree, two clones differ."""
    common = _common_folder(tree)
    name = common.parent.name if common.name == ".git" else common.stem
    readable = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:40]
    return f"{readable}-{hashlib.sha256(bytes(common)).hexdigest()[:12]}"


def _common_folder(tree: Path) -> Path:
    """As `git rev-parse --git-common-dir`, without starting git. https://git-scm.com/docs/gitrepository-layout"""
    place = tree / ".git"
    try:
        if place.is_file():  # a worktree or a submodule: the file points at the real folder
            pointed = place.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
            place = tree / pointed
        shared = place / "commondir"
        if shared.is_file():
            place = place / shared.read_text("utf-8", "surrogateescape").strip()
        return place.resolve(strict=True)
    except (OSError, ValueError) as error:
        fix = "run signoff inside a git repository, or name one with -C"
        raise SignoffError("the git folder of the repository can not be found", where=str(tree), fix=fix) from error

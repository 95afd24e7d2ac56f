"""Where the ledger is, with real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.ledger.place import ledger_path, repository_id
from signoff.model.errors import SignoffError
from support.repositories import Remote


def test_every_worktree_of_a_clone_has_the_same_ledger_and_two_clones_do_not(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    first, second = remote.clone("first"), remote.clone("second")
    first.commit({"a": "1"})
    first.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    assert repository_id(tmp_path / "tree") == repository_id(first.path)
    assert repository_id(second.path) != repository_id(first.path)
    assert repository_id(first.path).startswith("first-")


def test_the_place_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Remote(tmp_path / "remote").clone("clone").path
    monkeypatch.setenv("HOME", "/home/ada")
    name = repository_id(tree)
    assert ledger_path(tree, {"SIGNOFF_STATE": "/s"}) == Path("/s") / name / "ledger.sqlite3"
    assert ledger_path(tree, {"XDG_STATE_HOME": "/x"}) == Path("/x/signoff") / name / "ledger.sqlite3"
    # A relative path there is invalid and has to be ignored (XDG base directories).
    assert (
        ledger_path(tree, {"XDG_STATE_HOME": "x"}) == Path("/home/ada/.local/state/signoff") / name / "ledger.sqlite3"
    )


def test_a_folder_without_git_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SignoffError, match="git folder"):
        repository_id(tmp_path)

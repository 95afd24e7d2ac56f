"""The small parsers of git's answers: references, reflogs, worktrees, trees, filters, walks of several tips."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.boundary import Malformed
from signoff.model.subject import Commit
from signoff.systems.git import filters, spread
from signoff.systems.git.history import read_paths, read_sides
from signoff.systems.git.refs import read_local_refs, read_made, read_stashes, read_worktrees
from signoff.systems.git.tree import pointer, read_blobs, read_tree, submodule_urls

A, B, C, D = (Commit(letter * 40) for letter in "abcd")


def test_each_tip_gets_the_commits_that_it_reaches() -> None:
    raw = f"{A} {C}\n{B} {C}\n{C} {D}\n".encode()
    assert spread.read(raw, [A, B, C, D]) == ((A, C), (B, C), (C,), ())


def test_two_names_of_one_commit_reach_the_same() -> None:
    assert spread.read(f"{A}\n".encode(), [A, A]) == ((A,), (A,))


def test_only_filters_of_the_repository_are_switched_off() -> None:
    raw = (
        b"global\0filter.mine.clean\nmy-tool\0local\0filter.lfs.clean\ngit-lfs clean -- %f\0"
        b"local\0filter.evil one.clean\nrm -rf\0worktree\0filter.other.process\nrun\0"
    )
    options = filters.disarmed(raw)
    assert {option.partition("=")[0] for option in options if option != "-c"} == {
        f"filter.{name}.{key}" for name in ("evil one", "other") for key in ("clean", "smudge", "process", "required")
    }
    assert filters.disarmed(b"") == ()


def test_references_that_are_no_commits_are_left_out() -> None:
    raw = f"commit\0{A}\0refs/heads/a/b\ncommit\0{B}\0refs/remotes/origin/main\nblob\0{C}\0refs/heads/odd\n".encode()
    refs = read_local_refs(raw)
    assert (refs.heads, refs.remembered) == ({"a/b": A}, {"origin/main": B})


def test_bare_detached_and_unborn_worktrees_are_told_apart() -> None:
    raw = (
        f"worktree /bare\0bare\0\0worktree /one\0HEAD {A}\0branch refs/heads/x/y\0\0"
        f"worktree /two words\0HEAD {B}\0detached\0locked why not\0\0"
        f"worktree /new\0HEAD {'0' * 40}\0branch refs/heads/n\0\0"
    ).encode()
    found = read_worktrees(raw)
    assert [(tree.path, tree.head, tree.branch) for tree in found] == [
        (Path("/bare"), None, None),
        (Path("/one"), A, "x/y"),
        (Path("/two words"), B, None),
        (Path("/new"), None, "n"),
    ]


@pytest.mark.parametrize(
    ("did", "made"),
    [
        ("commit: x", True), ("commit (amend): x", True), ("commit (merge): x", True), ("cherry-pick: x", True),
        ("revert: x", True), ("merge feature: Merge made by the 'ort' strategy.", True), ("rebase (pick): x", True),
        ("merge feature: Fast-forward", False), ("pull origin main: Fast-forward", False), ("clone: from x", False),
        ("checkout: moving from a to commit", False), ("rebase (start): checkout origin/main", False),
        ("reset: moving to HEAD~1", False),
    ],
)  # fmt: skip
def test_the_reflog_tells_made_commits_from_fetched_ones(did: str, made: bool) -> None:
    assert read_made(f"{A}\0{did}\n".encode()) == ({A} if made else set())


def test_a_stash_may_hold_untracked_files() -> None:
    plain, whole = read_stashes(f"{A} {B} {C}\n{B} {A} {C} {D}\n".encode())
    assert (plain.base, plain.untracked) == (B, None)
    assert (whole.base, whole.untracked) == (A, D)


PATHS = st.binary(min_size=1).filter(lambda path: b"\0" not in path)


@given(st.lists(st.tuples(st.booleans(), st.lists(PATHS, min_size=1)), max_size=4))
def test_paths_are_told_from_headers_whatever_they_are_made_of(told: list[tuple[bool, list[bytes]]]) -> None:
    commits = [Commit(f"{number:040x}") for number in range(len(told))]
    raw = b""
    for commit, (combined, paths) in zip(commits, told, strict=True):
        raw += b"\0" + commit.encode() + b"\0" + (b"\0" if combined else b"\n")
        raw += b"".join(path + b"\0" for path in paths)
    assert read_paths(raw) == {c: frozenset(paths) for c, (_, paths) in zip(commits, told, strict=True)}


def test_sides_are_told_by_their_marks() -> None:
    sides = read_sides(f"<{A}\n>{B}\n<{C}\n".encode())
    assert (sides.missing, sides.newer) == ((A, C), (B,))
    with pytest.raises(Malformed):
        read_sides(f"{A}\n".encode())


@given(st.lists(PATHS, max_size=5))
def test_a_tree_is_read_whatever_its_paths_are_made_of(paths: list[bytes]) -> None:
    raw = b"".join(b"100644 blob " + A.encode() + b"\t" + path + b"\0" for path in paths)
    assert [entry.path for entry in read_tree(raw)] == paths


@given(st.lists(st.binary(), max_size=5))
def test_blobs_are_read_by_their_sizes(blobs: list[bytes]) -> None:
    raw = b"".join(b"%s blob %d\n%s\n" % (A.encode(), len(blob), blob) for blob in blobs)
    assert read_blobs(raw) == tuple(blobs)


def test_a_pointer_is_told_from_a_text_about_pointers() -> None:
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n".encode()
    found = pointer(text)
    assert found is not None
    assert (found.oid, found.size) == ("a" * 64, 12)
    assert pointer(b"# " + text) is None


def test_gitmodules_as_git_writes_it_names_the_addresses() -> None:
    blob = b'[submodule "a b"]\n\tpath = web/lib\n\turl = ../lib.git\n[submodule "x"]\n\tpath = y\n'
    assert submodule_urls(blob) == {b"web/lib": "../lib.git"}
    assert submodule_urls(b"no file of that kind") == {}

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.boundary import Malformed
from signoff.model.source import PathChange
from signoff.systems.git import status

OID = "a" * 40
HEAD = f"# branch.oid {OID}\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +1 -0\0# stash 2\0".encode()
ORDINARY = b"1 %s N... 100644 100644 100644 " + OID.encode() + b" " + OID.encode() + b" %s\0"
UNMERGED = b"u UU N... 100644 100644 100644 100644 " + b" ".join([OID.encode()] * 3) + b" %s\0"
PATHS = st.binary(min_size=1).filter(lambda path: b"\0" not in path)


def test_the_head_its_branch_and_the_stashes_are_read() -> None:
    tree = status.read(HEAD)
    assert (tree.head, tree.branch, tree.upstream, tree.stashes, tree.changes) == (OID, "main", "origin/main", 2, ())


def test_an_unborn_and_a_detached_head_are_none() -> None:
    tree = status.read(b"# branch.oid (initial)\0# branch.head (detached)\0")
    assert (tree.head, tree.branch) == (None, None)


def test_a_rename_is_a_change_of_both_paths() -> None:
    record = b"2 R. N... 100644 100644 100644 " + OID.encode() + b" " + OID.encode() + b" R100 new\0old\0"
    assert [change.path for change in status.read(HEAD + record).changes] == [b"new", b"old"]


@given(st.lists(st.tuples(st.sampled_from([b"M.", b".M", b"A.", b"MM", b".D", b"u", b"?"]), PATHS)))
def test_every_change_is_read_whatever_its_path_is_made_of(entries: list[tuple[bytes, bytes]]) -> None:
    raw, expected = HEAD, []
    for kind, path in entries:
        if kind == b"?":
            raw += b"? " + path + b"\0"
            expected.append(PathChange(path, "untracked"))
        elif kind == b"u":
            raw += UNMERGED % path
            expected.append(PathChange(path, "conflicted"))
        else:
            raw += ORDINARY % (kind, path)
            expected.append(PathChange(path, "staged" if kind.endswith(b".") else "modified"))
    assert status.read(raw).changes == tuple(expected)


@given(st.lists(PATHS, min_size=1), st.integers(min_value=1))
def test_an_answer_that_is_cut_inside_a_record_is_refused(paths: list[bytes], cut: int) -> None:
    raw = HEAD + b"".join(ORDINARY % (b".M", path) for path in paths)
    shortened = raw[: len(raw) - 1 - cut % (len(paths[-1]))]
    with pytest.raises(Malformed):
        status.read(shortened)


@pytest.mark.parametrize("raw", [b"", b"3 what\0", b"1 M. too few\0", HEAD + b"? \0", b"# branch.head main\0"])
def test_what_is_no_status_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        status.read(raw)

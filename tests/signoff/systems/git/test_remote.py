from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.boundary import Malformed
from signoff.systems.git.remote import absolute, read_refs, without_login

IDS = st.sampled_from([letter * length for letter in "abc" for length in (40, 64)])
NAMES = st.text(st.characters(exclude_characters="\n\t\0", exclude_categories=("C",)), min_size=1).filter(
    lambda name: not name.endswith("^{}")
)


@given(st.dictionaries(NAMES, IDS), st.dictionaries(NAMES, st.tuples(IDS, IDS)))
def test_branches_and_peeled_tags_are_read(heads: dict[str, str], tags: dict[str, tuple[str, str]]) -> None:
    lines = [f"{oid}\trefs/heads/{name}\n" for name, oid in heads.items()]
    for name, (tag, commit) in tags.items():
        lines += [f"{tag}\trefs/tags/{name}\n", f"{commit}\trefs/tags/{name}^{{}}\n"]
    refs = read_refs("".join(lines).encode())
    assert refs.heads == heads
    assert refs.tags == {name: commit for name, (_, commit) in tags.items()}


@given(IDS, st.integers(1, 39))
def test_a_shortened_id_is_refused(oid: str, kept: int) -> None:
    with pytest.raises(Malformed):
        read_refs(f"{oid[:kept]}\trefs/heads/main\n".encode())


@pytest.mark.parametrize(
    "raw", [b"warning: something\n", b"a" * 40 + b" refs/heads/main\n", b"a" * 40 + b"\trefs/pull/1\n"]
)
def test_a_line_that_is_no_branch_or_tag_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_refs(raw)


def test_an_empty_remote_has_no_branches() -> None:
    assert read_refs(b"").heads == {}


def test_a_relative_path_counts_from_the_top_of_the_working_tree(tmp_path: Path) -> None:
    (tmp_path / "remote.git").mkdir()
    (tmp_path / "clone").mkdir()
    assert absolute("../remote.git", tmp_path / "clone") == str(tmp_path / "remote.git")
    assert absolute("git@example.com:team/app.git", tmp_path) == "git@example.com:team/app.git"


def test_a_login_in_an_address_is_not_shown() -> None:
    assert without_login("https://ada:secret@example.com/app.git") == "https://example.com/app.git"
    assert without_login("git@example.com:app.git") == "git@example.com:app.git"

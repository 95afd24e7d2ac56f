"""When one list of patterns surely takes all that another one took."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signoff.config.narrowing import narrowed
from signoff.systems.git.inputs import Inputs


def takes(patterns: list[str], path: str) -> bool:
    return Inputs(patterns).matches(path.encode())


pieces = st.sampled_from(["a", "b", "*", "**", "a*"])
pattern = st.tuples(st.sampled_from(["", "!"]), st.lists(pieces, min_size=1, max_size=3)).map(
    lambda made: made[0] + "/".join(made[1])
)


def is_valid(patterns: list[str]) -> bool:
    """signoff.toml takes no list of exclusions alone."""
    return not patterns or any(not item.startswith("!") for item in patterns)


lists = st.lists(pattern, max_size=5).filter(is_valid)
paths = st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1, max_size=4).map("/".join)


@given(old=lists, new=lists, shared=st.integers(0, 5), path=paths)
def test_what_is_not_narrowed_takes_every_path_that_it_took(
    old: list[str], new: list[str], shared: int, path: str
) -> None:
    edited = old[:shared] + new + old[shared:]
    for after in (new, edited, [item for item in old if item not in new]):
        if is_valid(after) and not narrowed(old, after) and takes(old, path):
            assert takes(after, path)


including = pattern.filter(lambda item: not item.startswith("!"))


@given(old=lists.filter(bool), extra=including, at=st.integers(0, 5))
def test_adding_what_takes_in_and_dropping_what_takes_away_is_never_narrower(
    old: list[str], extra: str, at: int
) -> None:
    assert not narrowed(old, [*old[:at], extra, *old[at:]])
    kept = [item for item in old if not item.startswith("!")]
    if kept:
        assert not narrowed(old, kept)

"""What patterns of inputs mean, and when one list surely takes all that another took."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.patterns import matcher, narrowed


@pytest.mark.parametrize(
    ("patterns", "path", "taken"),
    [
        ((), "anything/at/all", True),
        (("**",), "a/b", True),
        (("web/**",), "web/a/b.py", True),
        (("web/**",), "apps/web/a", False),
        (("svc/a",), "svc/a/x", True),
        (("svc/a",), "svc/abc", False),
        (("package.json",), "package.json", True),
        (("package.json",), "web/package.json", False),
        (("*.py",), "a.py", True),
        (("*.py",), "b/a.py", False),
        (("**/*.py",), "b/a.py", True),
        (("web/*",), "web/a/b", True),
        (("**", "!*", "src"), "web/a", False),
        (("web/**", "!**/*.md"), "web/README.md", False),
        (("web/**", "!**/*.md", "web/KEEP.md"), "web/KEEP.md", True),
        (("web/**", "!web/docs"), "web/docs/x", False),
        (("a[!b]",), "ac", True),
        (("wéb/ñ",), "wéb/ñ/x", True),
        (("a b/c",), "a b/c", True),
    ],
)
def test_a_pattern_takes(patterns: tuple[str, ...], path: str, taken: bool) -> None:
    assert matcher(patterns)(path) is taken


pieces = st.sampled_from(["a", "b", "*", "**", "a*"])
pattern = st.tuples(st.sampled_from(["", "!"]), st.lists(pieces, min_size=1, max_size=3)).map(
    lambda made: made[0] + "/".join(made[1])
)
lists = st.lists(pattern, max_size=5)
paths = st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1, max_size=4).map("/".join)


@given(old=lists, new=lists, shared=st.integers(0, 5), path=paths)
def test_what_is_not_narrowed_takes_every_path_that_it_took(
    old: list[str], new: list[str], shared: int, path: str
) -> None:
    edited = old[:shared] + new + old[shared:]
    for after in (new, edited, [item for item in old if item not in new]):
        if not narrowed(old, after) and matcher(tuple(old))(path):
            assert matcher(tuple(after))(path)


including = pattern.filter(lambda item: not item.startswith("!"))


@given(old=lists.filter(bool), extra=including, at=st.integers(0, 5))
def test_adding_what_takes_in_and_dropping_what_takes_away_is_never_narrower(
    old: list[str], extra: str, at: int
) -> None:
    assert not narrowed(old, [*old[:at], extra, *old[at:]])
    kept = [item for item in old if not item.startswith("!")]
    if kept:
        assert not narrowed(old, kept)

"""Input patterns, against a plain slow matcher."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.systems.git.drift_router import Router, bits_of
from signoff.systems.git.inputs import Inputs, common_paths

from .oracle import matches

PARTS = st.sampled_from(["a", "b", "ab", "a.md", "b.md", "é", "x y", "two\nlines", "#a", "!a", "a*", "[", "-r"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
GLOBS = st.sampled_from(["*", "**", "a*", "*.md", "?", "[ab]", "[!a]", "a**b"])
BODIES = st.lists(PARTS.filter(lambda part: not set(part) & set("*[")) | GLOBS, min_size=1, max_size=4).map("/".join)
SIGNS = st.sampled_from(["", "", "!"])
PATTERNS = st.tuples(SIGNS, st.sampled_from(["", "", "/", "./"]), BODIES, st.sampled_from(["", "", "/", "/**"])).map(
    "".join
)


# A body that begins with "!" after an empty sign means an exclusion, to both matchers alike.
@given(st.lists(PATTERNS, max_size=5), PATHS)
def test_inputs_match_as_the_slow_matcher_does(patterns: list[str], path: str) -> None:
    assert Inputs(patterns).matches(path.encode()) == matches(patterns, path.encode())


@given(st.lists(st.lists(PATTERNS, max_size=5), min_size=1, max_size=6), st.lists(PATHS, min_size=1, max_size=6))
def test_the_router_answers_for_all_as_each_does_for_itself(lists: list[list[str]], paths: list[str]) -> None:
    inputs = [Inputs(patterns) for patterns in lists]
    router = Router(inputs)
    for path in [path.encode() for path in (*paths, *paths)]:  # twice: what was learned of folders is used
        assert list(bits_of(router.mask(path))) == [i for i, one in enumerate(inputs) if one.matches(path)]


@given(st.lists(PATTERNS, max_size=5), PATHS)
def test_every_input_lies_at_or_beneath_a_prefix(patterns: list[str], path: str) -> None:
    inputs = Inputs(patterns)
    beneath = any(path.encode() == p or path.encode().startswith(p + b"/") for p in inputs.prefixes())
    if inputs.matches(path.encode()):
        assert beneath or not inputs.prefixes()
    elif inputs.exact_prefixes:
        assert not beneath
        assert inputs.prefixes()


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["svc/a"], b"svc/a", True),
        (["svc/a"], b"svc/a/b/c", True),
        (["svc/a"], b"svc/abc", False),
        (["svc/a/"], b"svc/a", True),  # a submodule, a symbolic link
        (["svc/a/**"], b"svc/a", True),
        (["Dockerfile"], b"svc/Dockerfile", False),
        (["*.md"], b"docs/x.md", False),
        (["**/*.md"], b"x.md", True),
        (["**/*.md"], b"docs/deep/x.md", True),
        (["**/*.md"], b"docs/x.md\n", False),
        (["**/*.md"], b"two\nlines/x.md", True),
        (["web/**", "!**/*.md"], b"web/x.md", False),
        (["web/**", "!**/*.md", "web/keep.md"], b"web/keep.md", True),
        (["!web/docs/**", "web/**"], b"web/docs/x", True),  # the later pattern wins
        (["!docs/**"], b"docs/x", False),
        (["!docs/**"], b"web/x", True),
        ([], b"anything", True),
        (["**"], b"anything/at/all", True),
        (["."], b"anything", True),
        (["/web"], b"web/x", True),
        (["./web"], b"web/x", True),
        (["we?"], b"web/x", True),
        (["b\u00fc?"], "b\u00fc\u00e9/x".encode(), True),
        (["web/[!x]*"], b"web/xa", False),
        ([r"a\*b"], b"a*b", True),
        ([r"a\*b"], b"aab", False),
        (["#x"], b"#x", True),
    ],
)
def test_a_pattern_covers_a_path(patterns: list[str], path: bytes, expected: bool) -> None:
    assert Inputs(patterns).matches(path) is expected


@pytest.mark.parametrize("pattern", ["", "!", "../x", "a/../b", "a[", "x\\"])
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="input pattern"):
        Inputs([pattern])


def test_prefixes_are_the_fewest_that_cover_all() -> None:
    assert Inputs(["web/**", "web/deep/**", "shared/*/x", "a"]).prefixes() == (b"a", b"shared", b"web")
    assert Inputs(["web", "**/*.proto"]).prefixes() == ()
    assert common_paths([Inputs(["web"]), Inputs(["api", "web"])]) == (b"api", b"web")
    assert common_paths([Inputs(["web"]), Inputs()]) == ()


def test_inputs_that_mean_the_same_are_equal() -> None:
    assert Inputs(["web/"]) == Inputs(["/web/**"])
    assert len({Inputs(["web"]), Inputs(["./web"]), Inputs(["api"])}) == 2

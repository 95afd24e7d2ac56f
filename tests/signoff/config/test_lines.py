"""The line of every key is found, however the TOML is written."""

from __future__ import annotations

import tomllib
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from signoff.config.lines import key_lines, line_of

TOML = '''\
# [not.a.table]
a = """
b = 1
"""
c.d = 1
"quoted key" = 'x # y'

[[list]]
x = 1
[[list]]
x = [1,
  2, # two
  { y = "]" },
]
[list.inner]
z = 1.5
[t]
when = 1979-05-27T07:32:00.5Z
'''


def test_each_way_of_writing_has_its_line() -> None:
    lines = key_lines(TOML)
    tomllib.loads(TOML)
    assert {place: lines[place] for place in lines if not isinstance(place[-1], int)} == {
        ("a",): 2,
        ("c",): 5,
        ("c", "d"): 5,
        ("quoted key",): 6,
        ("list",): 8,
        ("list", 0, "x"): 9,
        ("list", 1, "x"): 11,
        ("list", 1, "x", 2, "y"): 13,
        ("list", 1, "inner"): 15,
        ("list", 1, "inner", "z"): 16,
        ("t",): 17,
        ("t", "when"): 18,
    }
    assert lines["list", 1, "x", 1] == 12
    assert line_of(lines, ("t", "missing", "deeper")) == 17
    assert line_of(lines, ("nowhere",)) is None


keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)
values = st.recursive(
    st.integers(-5, 5) | st.text(max_size=8).map(lambda text: text.replace("\r", "")) | st.booleans() | st.floats(0, 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    here = [place] if place else []
    if isinstance(value, dict):
        return here + [deep for key, item in value.items() for deep in places(item, (*place, key))]
    if isinstance(value, list):
        return here + [deep for at, item in enumerate(value) for deep in places(item, (*place, at))]
    return here


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_every_value_of_any_document_has_a_line_that_holds_its_key(document: dict[str, Any], multiline: bool) -> None:
    toml = tomli_w.dumps(document, multiline_strings=multiline)
    lines = key_lines(toml)
    assert set(lines) == set(places(tomllib.loads(toml)))
    written = toml.split("\n")
    for place, line in lines.items():
        if isinstance(place[-1], str) and place[-1].isascii() and place[-1].isalnum():
            assert place[-1] in written[line - 1]

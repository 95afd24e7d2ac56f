from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.boundary import Boundary
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.patterns import SECONDS, Patterns


async def search(pattern: str, *texts: str) -> Known[tuple[bool, ...]] | Unknown:
    return await Patterns(Boundary()).found(pattern, [Quoted(text) for text in texts])


@settings(max_examples=10)
@given(st.lists(st.text(), max_size=3))
async def test_each_text_is_searched_as_it_stands(texts: list[str]) -> None:
    found = await search("^a|\\s$", "abc", "b", *texts)
    assert isinstance(found, Known)
    assert found.value[:2] == (True, False)
    assert len(found.value) == 2 + len(texts)


async def test_a_search_without_an_end_is_ended() -> None:
    began = time.monotonic()
    found = await search("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 100)
    assert isinstance(found, Unknown)
    assert found.why == "timeout"
    assert time.monotonic() - began < SECONDS + 5


async def test_what_can_not_be_compiled_there_is_no_answer() -> None:
    found = await search("[", "a")
    assert isinstance(found, Unknown)
    assert found.why == "malformed"

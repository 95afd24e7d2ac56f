"""Names of a database as code spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.mentions import Mentions, spellings

CODE = {
    "a.py": b"class NewsReport(Model):\n    createdAt = 1\n",
    "b.ts": b"\n\nawait sql`SELECT total FROM daily_reports`\n",
    "c.py": b"class Category(Model):\n    pass\n",
}


@pytest.mark.parametrize(
    "names",
    [("news_report",), ("news_reports",), ("created_at",), ("TOTAL",), ("shop_categories",), ("daily_reports",)],
)
def test_a_name_counts_in_every_spelling_that_mappers_use(names: tuple[str, ...]) -> None:
    assert Mentions(CODE).mentions(names)


@pytest.mark.parametrize("names", [("create",), ("report_total",), ("tota",), ("daily_reports", "absent")])
def test_a_part_of_a_word_is_no_mention(names: tuple[str, ...]) -> None:
    assert not Mentions(CODE).mentions(names)


def test_the_place_is_where_all_names_meet() -> None:
    place = Mentions(CODE).place(("daily_reports", "total"))
    assert place is not None
    assert (place.path, place.line) == ("b.ts", 3)
    assert Mentions(CODE).place(("absent",)) is None


def test_code_that_can_not_be_read_mentions_everything() -> None:
    assert Mentions(None).mentions(("anything",))
    assert Mentions(None).place(("anything",)) is None


@given(st.text(min_size=1))
def test_every_name_has_itself_as_a_spelling(name: str) -> None:
    assert name.lower() in spellings(name)
    Mentions(CODE).mentions((name,))

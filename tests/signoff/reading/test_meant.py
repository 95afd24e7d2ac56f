from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.logs.errors import errors
from signoff.reading.meant import meant, require_pattern
from support.logs import line, traceback

[SEEN] = errors(traceback("KeyError: 'School'"))


@pytest.mark.parametrize("given_", ["KeyError", "'School'", SEEN.signature, "  KeyError: 'School'\n"])
def test_a_text_of_it_and_its_signature_mean_an_error(given_: str) -> None:
    assert meant(given_).is_plainly(SEEN)


def test_a_pasted_traceback_means_its_error_whatever_its_lines_are() -> None:
    pasted = (
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 99, in <lambda>\n    x()\nKeyError: 'School'"
    )
    assert meant(pasted).is_plainly(SEEN)


def test_another_error_is_not_meant() -> None:
    assert not meant("KeyError: 'users'").is_plainly(SEEN)


@given(st.text(min_size=1).filter(lambda text: text.strip() != ""))
def test_what_could_not_be_parsed_is_meant_by_its_text_alone(text: str) -> None:
    [loud] = errors([line("something odd", severity="ERROR")])
    of = meant(text) if not text.strip().startswith("/") else meant("odd")
    if of.is_plainly(loud):
        assert loud.says.contains(of.text) or of.signature == loud.signature or of.text == loud.signature


def test_a_regular_expression_is_left_to_the_engine_with_a_time_limit() -> None:
    of = meant("/Key.*/")
    assert of.pattern == "Key.*"
    assert not of.is_plainly(SEEN)


@pytest.mark.parametrize("given_", ["", "  ", "/[/", "/(?P<a>/", "/" + "a" * 2000 + "/"])
def test_what_names_no_error_is_refused_with_a_reason(given_: str) -> None:
    with pytest.raises(ValueError, match=r"error is named|regular expression"):
        meant(given_)


@given(st.text(max_size=50))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        require_pattern(text)
    except ValueError as error:
        assert "regular expression" in str(error)

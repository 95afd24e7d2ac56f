from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from signoff.model.http import Response
from signoff.model.quoted import Quoted
from signoff.model.smoke import JsonExpected, JsonType, Smoke
from signoff.reading.expected import unmet
from support.edges import HTML, JSON, given

BODY = '{"items": [{"name": "North", "open": true}], "count": 1, "rate": 1.0, "next": null}'
ANSWER = given("200 OK", JSON + "; charset=utf-8", body=BODY).response


def wrong(response: Response = ANSWER, **over: Any) -> list[tuple[str, str, str]]:
    return [(one.what, one.wanted, one.got.outside) for one in unmet(Smoke("/", **over), response)]


def test_with_nothing_written_any_success_is_expected() -> None:
    assert not wrong()
    assert not wrong(given("204 No Content").response)
    for status in ("302 Found", "401 Unauthorized", "404 Not Found", "500 Internal Server Error"):
        assert wrong(given(status).response) == [("status", "2xx", status[:3])]


def test_a_written_status_is_the_one_expected() -> None:
    assert not wrong(given("201 Created").response, status=(200, 201))
    assert wrong(status=(201, 202)) == [("status", "201 or 202", "200")]


def test_the_content_type_counts_without_parameters_that_were_not_written() -> None:
    assert not wrong(content_type="application/json")
    assert not wrong(content_type="Application/JSON;charset=utf-8")
    assert wrong(given("200 OK", HTML).response, content_type="application/json") == [
        ("content type", "application/json", "text/html; charset=UTF-8")
    ]


def test_a_text_is_looked_for_in_the_body() -> None:
    assert not wrong(contains="North")
    assert wrong(contains="South")[0][:2] == ("body", "contains 'South'")


@pytest.mark.parametrize(
    ("path", "value"), [("items.0.name", "North"), ("items.0.open", True), ("count", 1), ("rate", 1)]
)
def test_a_value_in_json_is_as_expected(path: str, value: Any) -> None:
    assert not wrong(json=(JsonExpected(path, value),))


@pytest.mark.parametrize(
    ("path", "value", "got"),
    [
        ("items.0.name", "South", '"North"'),
        ("count", True, "1"),
        ("items.1.name", "x", "nothing there"),
        ("a.b", 1, "nothing there"),
    ],
)
def test_a_value_in_json_that_is_another_or_missing_is_named(path: str, value: Any, got: str) -> None:
    assert [(one[0], one[2]) for one in wrong(json=(JsonExpected(path, value),))] == [(f"json {path}", got)]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("", "object"), ("items", "array"), ("items.0.name", "string"), ("items.0.open", "boolean"), ("count", "integer"),
     ("rate", "number"), ("rate", "integer"), ("next", "null")],
)  # fmt: skip
def test_a_type_in_json_is_as_expected(path: str, kind: JsonType) -> None:
    assert not wrong(json=(JsonExpected(path, type=kind),))


def test_a_boolean_is_no_number() -> None:
    assert wrong(json=(JsonExpected("items.0.open", type="integer"),))[0][1] == "a value of type integer"


def test_a_page_for_json_and_json_that_was_cut_are_named() -> None:
    page = given("200 OK", HTML, body="<html>").response
    assert wrong(page, json=(JsonExpected("", type="object"),)) == [("body", "JSON", "<html>")]
    cut = Response(200, (("content-type", Quoted("application/json")),), b"[1", cut=True)
    assert wrong(cut, json=(JsonExpected("", type="array"),))[0][1] == "JSON that is short enough to be read"


@hypothesis_given(st.binary(max_size=60), st.text(st.sampled_from("a.0"), max_size=6))
def test_no_body_breaks_an_expectation(body: bytes, path: str) -> None:
    unmet(Smoke("/", json=(JsonExpected(path, 1),)), Response(200, (), body))

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import errors, signature_of
from support.logs import line, request, traceback


def test_a_traceback_split_into_lines_is_one_error_by_its_last_line() -> None:
    found = errors([*traceback("KeyError: 'School'"), line("served", stream="stdout")])
    assert [(error.says, error.count) for error in found] == [(Quoted("KeyError: 'School'"), 1)]


def test_a_traceback_in_one_entry_reads_the_same() -> None:
    whole = "\n".join(entry.message.outside for entry in traceback("KeyError: 'School'"))
    assert errors([line(whole)])[0].signature == errors(traceback("KeyError: 'School'"))[0].signature


def test_a_chained_traceback_is_one_error_that_names_what_was_raised_last_and_what_it_came_from() -> None:
    chained = [
        *traceback("KeyError: 'School'"),
        line(""),
        line("During handling of the above exception, another exception occurred:"),
        line(""),
        *traceback("ValueError: no name"),
    ]
    assert [error.says.outside for error in errors(chained)] == ["ValueError: no name (from KeyError: 'School')"]


def test_the_same_error_with_other_numbers_is_the_same_error() -> None:
    first, second = traceback("ValueError: row 17 at 0x7f3a"), traceback("ValueError: row 4 at 0x11bc")
    assert [error.count for error in errors([*first, *second])] == [2]


def test_an_error_that_names_another_field_is_another_error() -> None:
    found = errors([*traceback("KeyError: 'School'"), *traceback("KeyError: 'users'")])
    assert len(found) == 2


@pytest.mark.parametrize("said", ["TypeError: x is not a function", "panic: runtime error: index out of range"])
def test_a_line_on_stderr_that_names_an_error_counts_at_severity_default(said: str) -> None:
    assert errors([line(said)])[0].says == Quoted(said)


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        (
            'time=2026-11-20T10:00:01Z level=ERROR msg="not sent" err="no route" user=ann',
            'time=2026-11-21T10:00:01Z level=ERROR msg="not sent" err="no route" user=bob',
            'time=2026-11-21T10:00:01Z level=ERROR msg="not sent" err="no answer" user=bob',
        ),
        (
            '[2026-11-20 10:00:01] production.ERROR: not sent {"user":"ann"} []',
            '[2026-11-21 10:00:01] production.ERROR: not sent {"user":"bob"} []',
            '[2026-11-21 10:00:01] production.ERROR: not read {"user":"bob"} []',
        ),
        (
            "2026/11/20 10:00:01 [db-1] failed to connect: no route",
            "2026/11/21 10:00:01 [db-1] failed to connect: no route",
            "2026/11/21 10:00:01 [db-1] failed to connect: refused",
        ),
        (
            "E, [2026-11-20T10:00:01.000001 #1] ERROR -- : [a1] not sent",
            "E, [2026-11-21T10:00:01.000002 #8] ERROR -- : [b2] not sent",
            "E, [2026-11-21T10:00:01.000002 #8] ERROR -- : [b2] not read",
        ),
    ],
)
def test_a_line_with_fields_or_tags_is_the_same_error_by_its_words(before: str, after: str, other: str) -> None:
    seen = [[error.signature for error in errors([line(said)])] for said in (before, after, other)]
    assert [len(found) for found in seen] == [1, 1, 1]
    assert seen[0] == seen[1] != seen[2]
    assert [signature_of(before)] == seen[0]


def test_a_line_before_an_entry_of_rubys_logger_is_an_error_of_its_own() -> None:
    found = errors([line("TypeError"), line("E, [2026-11-20T10:00:01.000001 #1] ERROR -- : [a1] not sent")])
    assert {error.says.outside for error in found} == {"TypeError", "not sent"}
    found = errors([line("error: no disk"), line("E, [2026-11-20T10:00:01.000001 #1] ERROR -- : [a1] not sent")])
    assert {error.says.outside for error in found} == {"error: no disk", "not sent"}


@pytest.mark.parametrize(
    "said",
    [
        "listening on 8080",
        "0 errors, 0 warnings",
        "retrying after a timeout",
        "2026/11/20 10:00:01 error handling is on",
        "2026/11/20 10:00:01 [warn] 29#29: a client request body is buffered",
        'level=info msg="level=error is counted"',
        "2026-11-20T10:00:01.1Z\tinfo\tq.go:5\tsent\t{}",
        "served: rpc error: code = OK desc = ",
        "feed.go: row 7: read",
        "2026/11/20 10:00:01 failed to reach the cache, retrying in 2s",
        "could not find a .env file, using the defaults instead",
        "[2026-11-20 10:00:01] production.INFO: ERROR pages are built []",
        "W, [2026-11-20T10:00:01.000001 #1]  WARN -- : [a1] slow",
    ],
)
def test_ordinary_output_is_no_error(said: str) -> None:
    assert errors([line(said), line(said, stream="stdout")]) == ()


@pytest.mark.parametrize(("level", "count"), [("warn", 0), ("error", 1)])
def test_a_stack_that_zap_prints_below_a_line_counts_by_the_level_of_that_line(level: str, count: int) -> None:
    said = [f"2026-11-20T10:00:01.1Z\t{level}\tq.go:5\tretry\t{{}}", "main.(*Queue).send", "\t/src/q.go:5", "main.main"]
    assert len(errors([line(one) for one in [*said, "\t/src/main.go:9", "listening on 8080"]])) == count


def test_an_entry_of_severity_error_counts_whatever_it_says() -> None:
    assert errors([line("could not map the row", severity="ERROR", stream="stdout")])[0].count == 1


def test_a_failed_request_is_an_error_and_one_that_was_turned_away_is_not() -> None:
    found = errors([request(status=500), request(status=500), request(status=429, refused=True), request()])
    assert [(error.says.outside, error.count) for error in found] == [("HTTP 500 GET /report", 2)]


def test_an_error_knows_the_requests_that_met_it() -> None:
    found = errors([*traceback("KeyError: 'School'", ago=50), request(status=500, ago=49), request("/x", 500, ago=9)])
    by_says = {error.says.outside: error.paths for error in found}
    assert by_says["KeyError: 'School'"] == {Quoted("/report")}


@given(st.lists(st.text()))
def test_any_output_can_be_read(lines: list[str]) -> None:
    errors([line(said, severity="ERROR") for said in lines])


@given(st.text())
def test_a_signature_is_bounded_and_stable(said: str) -> None:
    assert len(signature_of(said)) <= 300
    assert signature_of(said) == signature_of(said + " ")

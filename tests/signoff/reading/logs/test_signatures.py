from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import errors, signature_of
from signoff.reading.logs.message import normalised
from signoff.reading.logs.paths import file_name
from signoff.reading.logs.tally import KINDS
from support.logs import line, request

NUMBER = st.integers(1, 99_999)
HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
ROOT = st.sampled_from(["/app", "/workspace", "/srv/app", "/usr/src/app", "/home/node/app", "/opt/app"])
NAME = st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True)


def python(root: str, number: int, said: str) -> str:
    return (
        f'Traceback (most recent call last):\n  File "{root}/jobs/sync.py", line {number}, in push\n    send()\n'
        f'  File "{root}/jobs/send.py", line {number + 3}, in send\n    raise SendError()\njobs.SendError: {said}'
    )


def node(root: str, number: int, said: str) -> str:
    return (
        f"SendError: {said}\n    at send (file://{root}/jobs/send.mjs:{number}:7)\n"
        f"    at async push ({root}/jobs/sync.js:{number + 1}:{number % 90})\n"
        f"    at process.processTicksAndRejections (node:internal/process/task_queues:{number}:5)"
    )


def java(_root: str, number: int, said: str) -> str:
    return (
        f"com.acme.SendException: {said}\n\tat com.acme.Sender.lambda$send${number % 9}(Sender.java:{number})\n"
        f"\tat com.acme.Job.push(Job.java:{number + 1})\n\tat java.base/java.lang.Thread.run(Thread.java:{number})"
    )


def go(root: str, number: int, said: str) -> str:
    return (
        f"panic: {said}\n\ngoroutine {number} [running]:\nacme.com/jobs.(*Sender).Send(0xc{number:09x})\n"
        f"\t{root}/jobs/send.go:{number} +0x{number:x}\nmain.main()\n\t{root}/main.go:{number} +0x1d\nexit status 2"
    )


def plain(root: str, number: int, said: str) -> str:
    return f"SendError: {said} (batch {number}, file {root}/data/rows.csv)"


LANGUAGES = pytest.mark.parametrize("written", [python, node, java, go, plain])


@LANGUAGES
@given(ROOT, ROOT, NUMBER, NUMBER, HEX, HEX)
def test_lines_paths_and_ids_do_not_change_a_signature(
    written: Callable[[str, int, str], str], root: str, other: str, one: int, two: int, id_: str, id2: str
) -> None:
    first = signature_of(written(root, one, f"batch {one} at 0x{id_} of {id_} was refused"))
    second = signature_of(written(other, two, f"batch {two} at 0x{id2} of {id2} was refused"))
    assert first
    assert first == second


@LANGUAGES
@given(NAME, NAME)
def test_other_words_are_another_error(written: Callable[[str, int, str], str], one: str, other: str) -> None:
    same = signature_of(written("/app", 7, f"no '{one}'")) == signature_of(written("/app", 7, f"no '{other}'"))
    assert same == (one == other)


@LANGUAGES
def test_an_error_reads_the_same_in_one_entry_and_line_by_line(written: Callable[[str, int, str], str]) -> None:
    text = written("/app", 7, "no 'School'")
    whole, split = errors([line(text)]), errors([line(one) for one in text.splitlines()])
    assert [error.signature for error in whole] == [error.signature for error in split] == [signature_of(text)]


@given(HEX, HEX)
def test_a_build_s_hash_does_not_change_a_file_s_name(one: str, other: str) -> None:
    assert file_name(f"/app/chunks/main-{one}.js") == file_name(f"/workspace/chunks/main-{other}.js")


def test_files_of_one_name_in_other_folders_are_two() -> None:
    assert file_name("/app/billing/views.py") != file_name("/app/orders/views.py")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("answered HTTP 404", "answered HTTP 500"),
        ("Request failed with status code 401", "Request failed with status code 403"),
        ("exit status 1", "exit status 137"),
        ('relation "orders_v2" does not exist', 'relation "orders_v3" does not exist'),
        ("connect ECONNREFUSED 10.0.0.7:5432", "connect ECONNREFUSED 10.0.0.7:6379"),
        ("ORA-00942: no", "ORA-00955: no"),
        ("cannot decode utf8", "cannot decode utf16"),
        ("404 Not Found", "403 Forbidden"),
    ],
)
def test_numbers_that_name_the_error_tell_errors_apart(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("row 17 of 9,001", "row 4 of 12,333"),
        ("took 1m30.5s", "took 812ms"),
        ("at 2026-02-01T10:15:30.120Z", "at 2026-02-03 08:01:12,441"),
        ("user ann@example.com", "user bob.b@example.org"),
        ("<Row object at 0x7f3a11>", "<Row object at 0x11bc>"),
        ("com.acme.Row@5b6813df is closed", "com.acme.Row@7c30a502 is closed"),
        ("peer [2001:db8::1]:40123 left", "peer [2001:db8::2f]:51877 left"),
        ("pod web-5d9c7b8f6-x2x9z", "pod web-7f6d5c4b3-k9j8h"),
        ("invalid literal for int() with base 10: 'n/a'", "invalid literal for int() with base 10: ''"),
    ],
)
def test_what_changes_with_each_occurrence_does_not(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize("said", ["", " ", "12345", "#", 'Traceback (most recent call last):\n  File "/a.py", line 1'])
def test_what_can_not_be_parsed_equals_nothing(said: str) -> None:
    assert signature_of(said) == ""
    found = errors([line(said, severity="ERROR")])
    assert found
    assert not any(error.same_error(other) for error in found for other in found)


def test_more_kinds_than_are_kept_apart_are_counted_and_equal_nothing() -> None:
    names = ["".join("abcdefghij"[int(digit)] for digit in f"{i:04}") for i in range(KINDS + 50)]
    found = errors([line(f"no {name}", severity="ERROR") for name in names])
    assert sum(error.count for error in found) == KINDS + 50
    assert [(error.signature, error.count) for error in found if error.count > 1] == [("", 50)]


def test_lines_of_other_instances_and_streams_never_get_between() -> None:
    ours = [replace(entry, instance="a") for entry in map(line, python("/app", 7, "no").splitlines())]
    theirs = [replace(entry, instance="b") for entry in map(line, node("/app", 7, "no").splitlines())]
    stdout = [line("served", stream="stdout") for _ in ours]
    woven = [entry for three in zip(ours, theirs, stdout, strict=False) for entry in three] + ours[len(theirs) :]
    assert {error.signature for error in errors(woven)} == {
        signature_of(python("/app", 7, "no")),
        signature_of(node("/app", 7, "no")),
    }


def test_lines_with_a_pause_between_them_are_two_messages() -> None:
    entries = [line("SendError: no", ago=100), line("    at send (/app/a.js:1:1)", ago=90)]
    assert [error.signature for error in errors(entries)] == ["SendError: no"]


def test_a_logger_s_line_before_a_traceback_is_no_second_error() -> None:
    logged = line("ERROR:root:could not send")
    entries = [logged, *map(line, python("/app", 7, "no").splitlines())]
    assert [error.count for error in errors(entries)] == [1]
    assert [error.says for error in errors([line("ERROR:root:could not send")])] == [
        Quoted("ERROR:root:could not send")
    ]


def test_a_line_of_another_thread_inside_a_traceback_does_not_end_it() -> None:
    lines = python("/app", 7, "no").splitlines()
    entries = [line(one) for one in [*lines[:2], '10.0.0.7 - - "GET / HTTP/1.1" 200 -', *lines[2:]]]
    assert [error.signature for error in errors(entries)] == [signature_of(python("/app", 7, "no"))]


@pytest.mark.parametrize(
    ("payload", "counts"),
    [
        ('{"level": 50, "msg": "no"}', True),
        ('{"level": 30, "msg": "yes"}', False),
        ('{"level": "warn", "msg": "slow", "stack": "Error: x\\n    at f (/app/a.js:1:2)"}', False),
        ('{"msg": "no level", "stack": "Error: x\\n    at f (/app/a.js:1:2)"}', True),
        ('{"msg": "no level"}', False),
        ('{"severity": "ERROR", "message": "no"}', True),
    ],
)
def test_a_structured_entry_is_an_error_by_its_own_level(payload: str, counts: bool) -> None:
    assert bool(errors([replace(line("", stream="stdout"), payload=Quoted(payload))])) == counts
    assert bool(errors([line(payload, stream="stdout")])) == counts


def test_failed_requests_of_one_route_are_one_error_by_status() -> None:
    found = errors([request("/users/17", 500), request("/users/4", 500), request("/users/4", 503)])
    assert [(error.signature, error.count) for error in found] == [
        ("HTTP 500 GET /users/#", 2),
        ("HTTP 503 GET /users/#", 1),
    ]
    assert found[0].paths == {Quoted("/users/17"), Quoted("/users/4")}


def test_an_error_knows_its_request_by_trace_however_late() -> None:
    failed = replace(request(status=500, ago=60), trace="t1")
    found = errors([replace(line("SendError: no", ago=100), trace="t1"), request("/x", 500, ago=99), failed])
    assert {error.says.outside: error.paths for error in found}["SendError: no"] == {Quoted("/report")}


def test_frames_of_dotnet_and_panics_of_rust_are_read_without_their_lines() -> None:
    dotnet = "System.InvalidOperationException: none\n   at Acme.Report.Build(String x) in /{0}/Report.cs:line {1}"
    assert signature_of(dotnet.format("src", 12)) == signature_of(dotnet.format("app", 40))
    rust = "thread 'main' panicked at src/{0}.rs:{1}:5:\n{2}"
    assert signature_of(rust.format("main", 1, "no")) == signature_of(rust.format("main", 2, "no"))
    assert (
        len({signature_of(rust.format(*words)) for words in [("main", 1, "no"), ("a", 1, "no"), ("main", 1, "x")]}) == 3
    )


def missed(key: str, source: str, *, root: str = "/app", number: int = 2) -> str:
    return (
        f'Traceback (most recent call last):\n  File "{root}/shop/web.py", line {number + 7}, in checkout\n'
        f'    return price(rates, item)\n  File "{root}/shop/cart.py", line {number}, in price\n'
        f"    {source}\n           ~~~~~^^^^^^\nKeyError: {key!r}"
    )


@pytest.mark.parametrize("source", ["return rates[item.currency]", "raise KeyError(code)", "return rates.pop(code)"])
def test_a_key_that_came_from_outside_is_no_part_of_what_the_error_is(source: str) -> None:
    assert signature_of(missed("CHF", source)) == signature_of(missed("SEK", source, root="/workspace", number=5))


@pytest.mark.parametrize("source", ['return {"a": row["School"], "b": row["users"]}', "return mapped(row)"])
def test_a_key_that_the_code_names_tells_two_errors_apart(source: str) -> None:
    assert signature_of(missed("School", source)) != signature_of(missed("users", source))

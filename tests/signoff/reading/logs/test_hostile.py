from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import ErrorLog, errors, signature_of
from signoff.reading.logs.message import normalised
from support.corpus import kinds
from support.logs import line, request, traceback

PARTS = [
    "",
    "Traceback (most recent call last):",
    '  File "/a.py", line 1, in f',
    "KeyError: 'x'",
    "  + Exception Group Traceback (most recent call last):",
    "  | ExceptionGroup: x (1 sub-exception)",
    "  +-+---------------- 1 ----------------",
    "During handling of the above exception, another exception occurred:",
    "Error: x",
    "    at f (/a.js:1:1)",
    "    at f (/a.js:1:1) {",
    "  [cause]: Error: y",
    "  [errors]: [",
    "}",
    "\tat a.B.c(B.java:1)",
    "Caused by: a.B: x",
    "\t... 3 more",
    "panic: x",
    "goroutine 1 [running]:",
    "main.main()",
    "\t/a.go:1 +0x1",
    "F, [2026-01-01T00:00:00.000000 #1] FATAL -- : [a1]   ",
    "[a1] A::B (x):",
    "[a1] app/a.rb:1:in `f'",
    'level=error msg="x" err="y" id=1',
    '[2026-01-01 00:00:00] production.ERROR: x {"a": 1}',
    "thread 'main' panicked at a.rs:1:1:",
    '{"err": {"stack": "x\\n    at f"}}',
    "",
]
FIELDS = [
    "level",
    "msg",
    "message",
    "err",
    "error",
    "stack",
    "exception",
    "frames",
    "exc_type",
    "cause",
    "type",
    "severity",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(PARTS) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
)


LONG = ["a", "A.", "1", "/a", "a@", "1-", "1:", "(", "Error", "a.b.", "http://", "time data '", "::", "0x", "\t", "é"]


@given(st.lists(st.text() | st.sampled_from(PARTS)), st.booleans())
def test_any_text_can_be_read(lines: list[str], whole: bool) -> None:
    entries = [line("\n".join(lines), severity="ERROR")] if whole else [line(one, severity="ERROR") for one in lines]
    counted = errors(entries)
    assert all(len(error.signature) <= 300 for error in counted)
    assert counted or not entries
    signature_of("\n".join(lines))


@given(JSON)
def test_any_structured_entry_can_be_read(value: object) -> None:
    said = json.dumps({"msg": "x", "error": value})
    assert errors([replace(line("", severity="ERROR"), payload=Quoted(said))])


def steps(work: Callable[[], object]) -> int:
    """How many calls were made, those into C included: the same on every machine."""
    count = 0

    def trace(_frame: object, event: str, _value: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(trace)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


HOSTILE: dict[str, Callable[[int], str]] = {
    "headers": lambda n: "Error: x\n" * n,
    "headers and words": lambda n: ("Error: x\n" + "y\n" * 39) * (n // 40),
    "panics and words": lambda n: ("panic: x\n" + "y\n" * 39) * (n // 40),
    "tracebacks without an end": lambda n: "Traceback (most recent call last):\n" * n,
    "groups in groups": lambda n: "  + Exception Group Traceback (most recent call last):\n  | E: x\n" * n,
    "braces": lambda n: "Error: x {\n" + "  {\n" * n,
    "causes": lambda n: "a.E: x\n\tat a.B.c(X.java:1)\n" + "Caused by: a.B: x\n" * n,
    "fields": lambda n: "Traceback (most recent call last):\nV: 3 validation errors for X\n" + "f\n" * n,
    "frames": lambda n: "Error: x\n" + "".join(f"    at f{n} (/app/x{i}_{n}.js:1:1)\n" for i in range(n)),
    "goroutines": lambda n: "panic: x\n" + "goroutine 1 [running]:\nmain.f()\n\t/a.go:1\n" * n,
    "blank": lambda n: "Error: x\n" + "\n" * n,
}  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_work_grows_with_the_length_of_hostile_output(hostile: Callable[[int], str]) -> None:
    def read(text: str) -> None:
        signature_of(text)
        errors([line(text, severity="ERROR")])
        errors([line(one, severity="ERROR") for one in text.splitlines()])

    read(hostile(150))
    few, many = (steps(lambda size=size: read(hostile(size))) for size in (200, 1_600))
    assert many <= 8 * 1.3 * few


@pytest.mark.parametrize("part", LONG)
def test_a_long_line_is_looked_at_up_to_a_bound(part: str) -> None:
    """What regexes see of one line is cut, so no line can make them slow; the answer is that of the cut line."""
    long = "Error: " + part * 100_000
    assert normalised(long) == normalised(long + "x" * 1_000)


PLACES = {
    "a plain line": "{}",
    "a message": "Error: {}",
    "an indented line": "Traceback (most recent call last):\n {}",
    "a bar": "  + Exception Group Traceback (most recent call last):\n  {}\n",
    "a Python frame": 'Traceback (most recent call last):\n  File "/{}", line 1, in f\nKeyError: 1',
    "a Python error": "Traceback (most recent call last):\n{}",
    "a Node frame": "Error: x\n    at {} (/app/{}.js:1:1)",
    "a Node cause": "Error: x\n    at f (/app/a.js:1:1)\n  [cause]: {}",
    "a Java frame": "a.E: x\n\tat a.{}(B.java:1)\n\tat a.B.c(B.java:1)",
    "a Java cause": "a.E: x\n\tat a.B.c(B.java:1)\nCaused by: {}",
    "a Go frame": "panic: x\n\ngoroutine 1 [running]:\nmain.{}()\n\t/{}.go:1",
    "a thread's name": "thread '{}' panicked at {}:\n{}",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_line_of_half_a_megabyte_is_read(place: str) -> None:
    """What is read in a time that grows with the square of a line would not end before the test is stopped."""
    for part in [*LONG, " ", "-a", "_", "[", "}", "|", "Error.", "x: "]:
        text = place.replace("{}", part * (500_000 // len(part)))
        signature_of(text)
        errors([line(one, severity="ERROR") for one in text.splitlines()])


def test_memory_does_not_grow_with_the_entries() -> None:
    def peak(entries: int) -> int:
        log = ErrorLog()
        tracemalloc.start()
        for number in range(entries):
            for entry in traceback(f"SendError: batch {number} was refused"):
                log.add(replace(entry, at=entry.at + timedelta(seconds=number), trace=None))
            log.add(replace(request(f"/users/{number}", 500), trace=f"t{number}"))
        log.found()
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(600)
    # 1,400 errors of five entries each would take some 4 MB; the traces that are remembered for a while take less.
    assert peak(2_000) - peak(600) < 1_000_000


def test_the_corpus_reads_the_same_added_one_by_one_and_asked_in_between() -> None:
    for kind in kinds("first"):
        log = ErrorLog()
        for entry in kind.before:
            log.add(entry)
        assert log.found() == log.found() == errors(kind.before)

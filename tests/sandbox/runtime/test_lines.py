"""Lines of output: what is structured, what is lifted out, and that nothing is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.runtime.dockerfile import DockerfileError, parse
from signoff_sandbox.runtime.lines import SEVERITIES, read_line
from signoff_sandbox.runtime.variables import expand


def test_plain_text_has_no_severity() -> None:
    line = read_line(b"Traceback (most recent call last):\r")
    assert (line.text, line.payload, line.severity) == ("Traceback (most recent call last):", None, "DEFAULT")


@pytest.mark.parametrize(("said", "meant"), [("error", "ERROR"), ("WARN", "WARNING"), ("fatal", "CRITICAL")])
def test_severity_is_lifted_out_of_a_json_line(said: str, meant: str) -> None:
    line = read_line(json.dumps({"severity": said, "message": "m", "n": 1}).encode())
    assert (line.severity, line.payload) == (meant, {"message": "m", "n": 1})


def test_a_severity_that_nobody_knows_stays_in_the_payload() -> None:
    line = read_line(b'{"severity": "loud", "message": "m"}')
    assert (line.severity, line.payload) == ("DEFAULT", {"severity": "loud", "message": "m"})


def test_a_message_alone_becomes_text_and_special_fields_are_lifted() -> None:
    entry = {
        "message": "m",
        "logging.googleapis.com/trace": "projects/p/traces/t",
        "logging.googleapis.com/labels": {"a": 1},
        "logging.googleapis.com/insertId": "i",
    }
    line = read_line(json.dumps(entry).encode())
    assert (line.text, line.trace, line.labels, line.insert_id) == ("m", "projects/p/traces/t", {"a": "1"}, "i")


def test_every_line_of_a_traceback_is_an_entry_of_its_own() -> None:
    lines = [read_line(line) for line in b"Traceback (most recent call last):\n  File x\nKeyError: 1".split(b"\n")]
    assert [(line.text, line.severity) for line in lines] == [
        ("Traceback (most recent call last):", "DEFAULT"),
        ("  File x", "DEFAULT"),
        ("KeyError: 1", "DEFAULT"),
    ]


@pytest.mark.parametrize(
    ("said", "moment", "kept"),
    [
        ({"time": "2026-01-02T03:04:05Z"}, "2026-01-02T03:04:05Z", {}),
        ({"timestamp": {"seconds": 5, "nanos": "7"}}, (5, 7), {}),
        ({"timestampSeconds": "5", "timestampNanos": 7}, (5, 7), {}),
        ({"timestampSeconds": 5}, (5, 0), {}),
        ({"timestamp": "2026-01-02"}, None, {"timestamp": "2026-01-02"}),
        ({"timestampSeconds": 5.5}, None, {"timestampSeconds": 5.5}),
    ],
)
def test_a_line_says_when_it_was_written(said: dict[str, object], moment: object, kept: dict[str, object]) -> None:
    line = read_line(json.dumps({**said, "n": 1}).encode())
    assert (line.time[1] if line.time else None, line.payload) == (moment, {**kept, "n": 1})


def test_objects_of_the_entry_are_lifted_and_other_values_stay() -> None:
    said = {"httpRequest": {"status": 200}, "logging.googleapis.com/sourceLocation": "main.py", "n": 1}
    line = read_line(json.dumps(said).encode())
    assert line.objects == {"httpRequest": ("httpRequest", {"status": 200})}
    assert line.payload == {"logging.googleapis.com/sourceLocation": "main.py", "n": 1}


@given(st.binary(max_size=300))
def test_any_line_is_taken_in(raw: bytes) -> None:
    line = read_line(raw)
    assert (line.text is None) != (line.payload is None)
    assert line.severity in SEVERITIES


@given(st.dictionaries(st.text(max_size=20), st.integers() | st.text(max_size=20) | st.none(), max_size=5))
def test_no_field_of_a_json_line_is_lost(entry: dict[str, object]) -> None:
    special = {"severity", "message", "time", "timestamp", "timestampSeconds", "timestampNanos"}
    plain = {key: value for key, value in entry.items() if key not in special and "googleapis" not in key}
    assert read_line(json.dumps({**plain, "kept": 1}).encode()).payload == {**plain, "kept": 1}


@given(st.text(alphabet="FROM COPY ENV \\\n<<EOF'\"$={}#[]x", max_size=120))
def test_any_dockerfile_is_read_or_refused_in_its_words(text: str) -> None:
    try:
        for instruction in parse(text):
            instruction.words()
    except DockerfileError as error:
        assert str(error)


@given(st.text(max_size=60).filter(lambda text: "$" not in text))
def test_text_without_references_is_not_changed(text: str) -> None:
    assert expand(text, {}) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A/${B}", "1/"),
        ("${B:-x}${A:-x}", "x1"),
        ("${A:+y}${B:+y}", "y"),
        ("${E-x}${E:-x}", "x"),
        (r"\$A", "$A"),
        ("${B:-$A}", "1"),
    ],
)
def test_references_are_expanded_as_docker_does(text: str, value: str) -> None:
    assert expand(text, {"A": "1", "E": ""}) == value

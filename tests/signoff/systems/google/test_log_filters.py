"""The filters of Cloud Logging, by the sandbox's own reading of their grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from google.logging.type import log_severity_pb2
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.logs import LogEntry
from signoff.reading.logs.errors import errors
from signoff.systems.google.log_filters import Names, Resources, of_resources, of_units, quoted, saying, telling
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.logfilter import compiled
from support.corpus import Kind, kinds, signatures
from support.logs import line

KINDS = [kind for half in ("first", "second", "third", "fourth", "fifth", "sixth") for kind in kinds(half)]
TELLING = compiled(telling(), Entry)


def kept(entries: Sequence[LogEntry]) -> tuple[LogEntry, ...]:
    """Those that are asked for."""
    return tuple(entry for entry in entries if TELLING(raw(entry)))


def raw(entry: LogEntry) -> Entry:
    made = Entry(log_name=f"projects/p/logs/run.googleapis.com%2F{entry.stream}")
    made.severity = log_severity_pb2.LogSeverity.Value(entry.severity)
    if entry.payload is not None:
        json_format.Parse(entry.payload.outside, made.json_payload)
    else:
        made.text_payload = entry.message.outside
    return made


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_that_makes_an_error_is_left_out_of_what_is_asked_for(kind: Kind) -> None:
    for entries in (kind.before, kind.after, *(other for _, other in kind.unlike)):
        assert signatures(kept(entries)) == signatures(entries)
        on_stdout = tuple(replace(entry, stream="stdout") for entry in entries)
        assert len(signatures(kept(on_stdout))) == len(signatures(on_stdout))


@pytest.mark.parametrize(
    "said",
    [
        "9:14AM ERR main.go:12 > no",
        "\x1b[90m9:14AM\x1b[0m \x1b[31mFTL\x1b[0m no",
        "ERRO[0012] no",
        "[09:14:02 FTL] no",
        "fail: Acme.Orders[0]",
        "2026-11-20 09:14:02.118Z [error    ] no",
        "2026-11-20 09:14:02 [billing] error: no",
        "[Fri Nov 20 09:14:02.118123 2026] [core:error] [pid 17] no",
        "main.py: error: no",
        "1:M 20 Nov 2026 09:14:02.118 # Can't save in background: fork: Cannot allocate memory",
        "npm error Missing script: start",
        "** (Acme.SendError) no route",
        "/app/a.rb:3:in 'load': no such order (KeyError)",
    ],
)
def test_a_line_of_stdout_that_reads_as_an_error_is_asked_for(said: str) -> None:
    entry = line(said, stream="stdout")
    assert errors([entry])
    assert kept([entry]) == (entry,)


@pytest.mark.parametrize(
    "said", ["NOTICE: PHP message: PHP Fatal error:  Uncaught Error: no a() in /app/i.php:3", "WARNING: DATA RACE"]
)
def test_an_error_that_a_quiet_level_wraps_is_asked_for(said: str) -> None:
    assert errors([line(said)])
    assert kept([line(said)]) == (line(said),)


@pytest.mark.parametrize("said", ["INFO: served", "listening on 8080", "[INFO] no error", "0 errors, 0 warnings"])
def test_ordinary_lines_of_stdout_are_not_asked_for(said: str) -> None:
    assert kept([line(said, stream="stdout")]) == ()


@pytest.mark.parametrize(
    "text", ["rows", 'a "quoted" word', "back\\slash", "tab\there", "two\nlines", "Grüße", "it's (x)"]
)
def test_any_text_can_be_asked_for(text: str) -> None:
    asked = compiled(saying(text), Entry)
    stdout = "projects/p/logs/run.googleapis.com%2Fstdout"
    assert asked(Entry(log_name=stdout, text_payload=f"x {text} y"))
    assert not asked(Entry(log_name=stdout, text_payload="something else"))
    assert not asked(Entry(log_name="projects/p/logs/run.googleapis.com%2Frequests", text_payload=text))


@given(st.text(min_size=1))
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    matches = compiled(f"textPayload={quoted(text)}", Entry)
    assert matches(Entry(text_payload=text.casefold())) or matches(Entry(text_payload=text))


@pytest.mark.parametrize("name", ['a" OR "b', "A", "", "a b", "projects/x"])
def test_what_is_no_name_of_cloud_run_is_not_asked_for(name: str) -> None:
    with pytest.raises(ValueError, match="no"):
        of_units(Names((name,)))
    with pytest.raises(ValueError, match="no"):
        of_resources(Resources(jobs=(name,)))


def test_what_is_asked_of_two_hundred_workloads_fits_into_one_filter() -> None:
    names = tuple(f"a-workload-{number:03d}-00123-abc" for number in range(200))
    assert len(of_units(Names(names)) + telling()) < 20_000

"""Out of the log of a failed build: the first line that says what went wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.quoted import Quoted
from signoff.reading.build_log import failing_line

FRAME = ['starting build "1"', "FETCHSOURCE", "BUILD", "Already have image (with digest): gcr.io/x/docker"]
END = ["ERROR", 'ERROR: build step 0 "gcr.io/x/docker" failed: step exited with non-zero status: 1']


def found(*lines: str, step: int | None = 0) -> str | None:
    line = failing_line([Quoted(line) for line in lines], step)
    return line.outside if line else None


@pytest.mark.parametrize(
    "line",
    [
        "COPY failed: file not found in build context: nowhere",
        "npm ERR! code ERESOLVE",
        "src/main.ts(3,1): error TS2304: Cannot find name 'x'.",
        "./main.go:7:2: undefined: mapper",
        "ERROR: Could not find a version that satisfies the requirement nothere",
        "[auth][error] MissingSecret: set AUTH_SECRET",
        "denied: Permission 'artifactregistry.repositories.uploadArtifacts' denied",
        "/bin/sh: 1: nope: not found",
    ],
)
def test_the_first_line_that_names_an_error_is_found_among_what_the_builder_says_itself(line: str) -> None:
    assert found(*FRAME, "Step 1/3 : FROM node", "0 errors so far", line, "error: later", *END) == line


def test_warnings_are_no_failure() -> None:
    assert (
        found(*FRAME, "warning: this method is not found in v2", "fatal: the real one", *END) == "fatal: the real one"
    )


def test_of_a_traceback_it_is_the_line_that_names_the_exception() -> None:
    lines = ["Traceback (most recent call last):", '  File "x.py", line 1', "    raise ValueError('invalid')"]
    assert found(*FRAME, *lines, "ValueError: invalid", *END) == "ValueError: invalid"


def test_of_several_steps_only_the_failing_one_counts() -> None:
    lines = ['Step #0 - "lint": error: ignored on purpose', "Step #1: compiling", "Step #1: error: the cause"]
    assert found(*lines, step=1) == "error: the cause"
    assert found(*lines, step=None) == "error: ignored on purpose"


def test_without_a_line_that_names_an_error_the_last_one_of_the_step_is_told() -> None:
    assert found(*FRAME, "compiling", "giving up", "", *END) == "giving up"


def test_a_log_that_says_nothing_tells_nothing() -> None:
    assert found(*FRAME, *END) is None


@given(st.lists(st.text(max_size=60), max_size=20), st.none() | st.integers(0, 3))
def test_whatever_a_log_holds_the_line_is_one_of_it(lines: list[str], step: int | None) -> None:
    line = found(*lines, step=step)
    assert line is None or any(line in one for one in lines)

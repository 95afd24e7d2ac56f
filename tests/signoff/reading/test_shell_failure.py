"""Which commands of a shell text end it where they fail; a real shell says the same."""

from __future__ import annotations

import subprocess

import pytest

from signoff.reading.shell import commands
from signoff.reading.shell_failure import first_that_counts

CASES = [
    ("false; true", ["true"]),
    ("false\ntrue", ["true"]),
    ("false;\n\ntrue # the end", ["true"]),
    ("(false; false); true", ["true"]),
    ("if true; then false; fi; true", ["true"]),
    ("for one in 1 2; do if true; then false; fi; done\n{ false; }; true", ["true"]),
    ("true; true && false", ["true", "false"]),
    ("true; if true; then false; fi", ["if true", "then false", "fi"]),
    ("true; (true; false)", ["true", "false"]),
    ("true &&\nfalse", ["true", "false"]),
    ("false; exit 0", ["exit 0"]),
    ("case a in a) false ;; esac; true", ["true"]),
]


@pytest.mark.parametrize(("text", "counting"), CASES)
def test_only_the_last_statement_counts_and_a_shell_agrees(text: str, counting: list[str]) -> None:
    listed = list(commands(text))
    assert [" ".join(one.words) for one in listed[first_that_counts(text, listed) :]] == counting
    ended = subprocess.run(["/bin/sh", "-c", text], check=False).returncode
    assert (ended != 0) == any("false" in one for one in counting)


@pytest.mark.parametrize(
    "text",
    [
        "set -e; false; true",
        "set -o errexit\nfalse\ntrue",
        "set -eu\nfalse\ntrue",
        "#!/bin/bash -eu\nfalse\ntrue",
        "false || exit 1; true",
        "false; test $? = 0 || exit 2; true",
        "trap 'exit 1' ERR; false; true",
        "false & wait $!; true",
        "python -c '\nimport a\n'; true",
        "cat <<END\nfalse\nEND\ntrue",
        "(false\nfalse)\ntrue",
    ],
)
def test_where_an_earlier_failure_may_end_the_text_all_count(text: str) -> None:
    assert first_that_counts(text, list(commands(text))) == 0

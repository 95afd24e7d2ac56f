"""Lists of what must be hidden, of what must stay, and of what must be inert, through every way out."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from rich.console import Console

from signoff.handoff.document import Changes, Words, document
from signoff.handoff.render import render
from signoff.model.finding import Advice, Finding, Location
from signoff.model.judgement import Link
from signoff.model.quoted import Quoted
from signoff.model.report import Report
from signoff.model.text import text
from signoff.safety.redact import Held, redacted
from signoff.safety.release import READ, for_json, for_markdown, for_terminal
from signoff.safety.rules import RULES, entropy
from signoff.views.board import show
from signoff.views.structure import as_json
from signoff.views.text import as_text
from support.commands import ENVIRONMENT
from support.hostile_lines import HOSTILE_LINES
from support.planted_secrets import SHAPES, planted
from support.reports import fails, proof, report, workload
from support.samples import HEAD, NOW

BENIGN = Path(__file__).with_name("benign.txt")
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_five_hundred_secrets_of_many_shapes_are_hidden() -> None:
    assert len(SHAPES) >= 40
    shown = {one.shape for one in planted() for way in _ways(one.line) if one.secret in way}
    assert not shown


def test_what_stands_around_a_secret_stays() -> None:
    lost = [one for one in planted() if one.mark in one.line and one.mark not in for_json(Quoted(one.line))]
    assert not lost


def test_ordinary_lines_are_not_touched() -> None:
    lines = BENIGN.read_text("utf-8").splitlines()
    assert len(lines) >= 500
    touched = [line for line in lines if redacted(line, Held(None)) != line]
    assert len(touched) <= len(lines) / 100, touched


def test_every_pattern_can_be_compiled_and_has_its_keyword_in_lower_case() -> None:
    for rule in RULES:
        assert rule.compiled.groups <= 1
        assert list(rule.keywords) == [keyword.lower() for keyword in rule.keywords]


def test_no_pattern_is_compiled_before_a_text_asks_for_it() -> None:
    """Starting is measured, and compiling all of them takes longer than the start itself."""
    code = (
        "import signoff.safety.release, signoff.safety.rules as r; print(sum('compiled' in vars(x) for x in r.RULES))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "0"


def test_entropy_tells_repetition_from_chance() -> None:
    assert entropy("aaaaaaaa") == 0
    assert math.isclose(entropy("0123456789abcdef"), 4)


def test_a_secret_at_the_end_of_what_is_read_is_not_cut_in_two() -> None:
    secret = "gh" + "p_" + "Zk9xQ2mT7vLr4WcYb1NpHs6EZk9xQ2mT7vLr"
    line = "x" * (READ - 12) + " " + secret + "y" * 100
    assert secret[:8] not in for_json(Quoted(line), limit=READ * 2)
    keys = ("-----BEGIN PRIVATE " + "KEY-----\n" + "A" * 4_000 + "\n-----END PRIVATE KEY-----\n") * 20
    assert secret[:8] not in for_terminal(Quoted(keys[: READ - 10] + secret))


@pytest.mark.timeout(30)
def test_long_text_of_any_kind_takes_its_time_once() -> None:
    """A pattern that is tried again at every place would take minutes on these."""
    maker = random.Random(1)
    pieces = [keyword for rule in RULES for keyword in rule.keywords if keyword]
    for piece in maker.sample(pieces, 25):
        assert redacted((piece + "a1") * (20_000 // (len(piece) + 2)), Held(None))


@pytest.mark.parametrize("name", HOSTILE_LINES)
def test_a_hostile_line_stays_one_quoted_line_of_text(name: str) -> None:
    made = _report(HOSTILE_LINES[name])
    for shown in (as_text(made), as_text(made, "tool"), _board(made)):
        assert not {unicodedata.category(c) for c in shown.replace("\n", "")} & UNSEEN
        shown.encode("utf-8")
    assert len(as_text(made).splitlines()) == len(as_text(_report("x")).splitlines())


@pytest.mark.parametrize("name", HOSTILE_LINES)
def test_a_hostile_line_adds_nothing_to_the_structure(name: str) -> None:
    structure = as_json(_report(HOSTILE_LINES[name]))
    again = json.loads(json.dumps(structure))
    assert again == structure
    assert _shape(again) == _shape(as_json(_report("x")))
    for one in _strings(again):
        assert not {unicodedata.category(c) for c in one} & UNSEEN
        assert len(one) < 12_000


@pytest.mark.parametrize("name", HOSTILE_LINES)
def test_a_hostile_line_is_code_in_the_handoff_and_changes_nothing_around_it(name: str) -> None:
    ours, hostile = _handoff("x"), _handoff(HOSTILE_LINES[name])
    assert _blocks(hostile) == _blocks(ours)
    head, body = hostile.split("\n---\n", 1)
    fields = yaml.safe_load(head)
    assert json.loads(fields["report"]) == as_json(_report(HOSTILE_LINES[name]))
    assert {key: value for key, value in fields.items() if key != "report"} == {
        key: value for key, value in yaml.safe_load(ours.split("\n---\n", 1)[0]).items() if key != "report"
    }
    assert not {unicodedata.category(c) for c in body.replace("\n", "")} & UNSEEN


def _ways(line: str) -> Iterator[str]:
    made = Quoted(line)
    yield from (for_terminal(made), for_markdown(made), for_json(made), redacted(line, Held(None)))


def _report(line: str) -> Report:
    said = Quoted(line)
    finding = Finding(
        "healthy/error-still-there",
        text("the error {} came again", said),
        (proof("logging", "message", said, "gcloud", "logging", "read", "x"),),
        Advice(text("read {} again", said)),
        location=Location("web/app.py", 3),
    )
    return report(workload("web", links={Link.HEALTHY: fails(finding)}))


def _board(made: Report) -> str:
    console = Console(file=StringIO(), width=100, force_terminal=False, color_system=None, highlight=False)
    show(made, console, verbose=True)
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO from above


def _handoff(line: str) -> str:
    structure = as_json(_report(line))
    changes = Changes((("a" * 40, for_json(Quoted(line))),), (for_json(Quoted(line)),))
    made = document(Words("I mended it."), structure, (), changes, written=NOW, head=HEAD)
    return render(made)


def _blocks(page: str) -> list[Any]:
    """Every block and inline token with its nesting; of code spans that they are there, not what they hold."""
    body = page.split("\n---\n", 1)[1]
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [
        (token.type, token.tag, token.nesting, token.level, [child.type for child in token.children or []])
        for token in parser.parse(body)
    ]


def _shape(value: Any) -> Any:
    """Keys and kinds, without the texts."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)

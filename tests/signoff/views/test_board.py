"""The board of a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from signoff.model.judgement import Link
from signoff.views.board import show
from signoff.views.marks import SYMBOLS
from support.reports import REPORTS, exercised, good, hostile, many, refused, report, workload


def shown(made: object, width: int, *, verbose: bool = False, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    show(made, console, verbose=verbose)  # type: ignore[arg-type]
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_the_board_of_a_typical_report(name: str, width: int, snapshot: object) -> None:
    assert shown(REPORTS[name](), width) == snapshot


def test_verbose_tells_how_to_look(snapshot: object) -> None:
    found = shown(refused(), 100, verbose=True)
    assert "look git ls-remote origin main" in found
    assert found == snapshot


def test_every_link_fits_a_narrow_terminal() -> None:
    full = report(workload(links={link: good(Link.BUILT) for link in Link}), not_judged=())
    found = shown(full, 40)
    assert all(f"✓ {link}" in found for link in Link)
    assert all(len(line) <= 40 for line in found.splitlines())


def test_no_line_is_wider_than_the_terminal() -> None:
    for made in (refused(), hostile(), many()):
        for width in (60, 80, 120):
            assert all(len(line) <= width for line in shown(made, width, verbose=True).splitlines())


def test_colour_is_never_alone() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


def test_no_color_leaves_colours_out(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = shown(refused(), 100, terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" in coloured
    assert "31m" not in shown(refused(), 100, terminal=True)


def test_outside_text_reaches_no_terminal_as_a_control_sequence() -> None:
    found = shown(hostile(), 100, verbose=True)
    assert "\x1b" not in found
    assert "hunter2" not in found
    assert "[bold red]x[/]" in found


def test_a_healthy_workload_says_how_much_that_rests_on() -> None:
    assert "web healthy: web-00042-abc answered 2 requests: n = 2, 0 failed;" in shown(exercised(), 120)

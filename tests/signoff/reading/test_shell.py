"""The commands of a shell text: what `$(…)` runs, and whose failure ends nothing."""

from __future__ import annotations

import pytest

from signoff.reading.shell import commands


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("KEY=$(cat /run/secrets/key) npm run build", ["cat /run/secrets/key", "KEY=$ npm run build"]),
        ("A=$(b $(c d) e) f && g", ["c d", "b $ e", "A=$ f", "g"]),
        ("URL=$(gcloud run deploy web) && echo $URL", ["gcloud run deploy web", "URL=$", "echo $URL"]),
        ("N=$((1 + 2)) go", ["1 + 2", "N=$ go"]),
        ("(cd web && npm ci)", ["cd web", "npm ci"]),
    ],
)
def test_what_a_substitution_runs_stands_before_the_command_that_takes_it(text: str, wanted: list[str]) -> None:
    assert [" ".join(one.words) for one in commands(text)] == wanted


@pytest.mark.parametrize(
    ("text", "forgiven"),
    [
        ("build || true", ["build"]),
        ("one && two || echo failed", ["one", "two"]),
        ("one; two || :", ["two"]),
        ("(one && two) || true; three", ["one", "two"]),
        ("one && (two || true) && three", ["two"]),
        ("one || exit 1", []),
        ("one || two", []),
        ("true || one", []),
    ],
)
def test_a_failure_before_what_always_goes_well_is_forgiven(text: str, forgiven: list[str]) -> None:
    assert [" ".join(one.words) for one in commands(text) if one.forgiven] == forgiven

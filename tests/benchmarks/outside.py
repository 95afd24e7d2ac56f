"""What it costs to release outside text, a line, beside json.dumps of the same line. Prints medians and ratios.

    python tests/benchmarks/outside.py [ROUNDS]

The second figure counts: a line with a secret in it may cost more, since it meets more rules.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "server"), str(TESTS)]

LIMIT = 300.0
"""Microseconds that an ordinary line may cost for every 1 that json.dumps of it costs."""


def main(rounds: int) -> int:
    from signoff.safety.redact import Held, redacted
    from support.planted_secrets import planted

    ordinary = (TESTS / "signoff" / "safety" / "benign.txt").read_text("utf-8").splitlines()
    secret = [one.line for one in planted()]
    nothing = Held(None)

    def taken(work: Callable[[str], object], lines: Sequence[str]) -> float:
        begun = time.perf_counter()
        for line in lines:
            work(line)
        return (time.perf_counter() - begun) / len(lines) * 1e6

    found: dict[str, list[float]] = {"json.dumps": [], "ordinary line": [], "line with a secret": []}
    for turn in range(rounds + 1):
        measured = (
            taken(json.dumps, ordinary),
            *(taken(lambda x: redacted(x, nothing), w) for w in (ordinary, secret)),
        )
        if turn:  # the first turn compiles the patterns
            for name, value in zip(found, measured, strict=True):
                found[name].append(value)
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, median in medians.items():
        print(f"{name:20} {median:8.1f} µs")
    ratio = medians["ordinary line"] / medians["json.dumps"]
    print(f"ordinary line / json.dumps: {ratio:.0f} (limit {LIMIT:.0f})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))

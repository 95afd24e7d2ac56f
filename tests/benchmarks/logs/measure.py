"""100,000 log entries judged, beside the plain way (plain.py: regexes on every message and frame), in one run.

    python tests/benchmarks/logs/measure.py [ENTRIES]

The entries are the errors of the corpus (tests/signoff/reading/logs/corpus), over and over, each time with other
numbers, ids and times in their words, so that no message comes twice as it stands; the frames of one build do.
`whole`: each error is an entry, and stands on the frames of a web framework, as a real one does (frameworks.py).
`split`: as the corpus has them, most of them line by line; a line alone costs the plain way
little, and it never puts them together.
Limits: `whole` at most a quarter of the plain way's time, `split` at most two thirds; at ten times the entries at most
1 MB more memory, which is what the bounded caches may still fill (peak of what Python allocates, the entries themselves
made one at a time; all of them at once are shown beside it). Exits 1 where one is not held.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "tests"), str(Path(__file__).parent)]

from frameworks import standing  # noqa: E402
from plain import plain_signature  # noqa: E402

from signoff.model.logs import LogEntry  # noqa: E402
from signoff.model.quoted import Quoted  # noqa: E402
from signoff.reading.logs.errors import ErrorLog  # noqa: E402
from support.corpus import kinds  # noqa: E402

LEAST_FASTER = {"whole": 4.0, "split": 1.5}
MOST_GROWTH = 1_000_000
_CHANGES = re.compile(
    r"(?<![\w:./\"-])(?<!line )(?<!code )(?<!HTTP )(?<!port )(?<!goroutine )\d{2,}(?![\w:./\"-])"
    r"|(?<=[-_ ])[0-9a-f]{12}\b"
)
"""Numbers and ids in words; not the lines of frames, and not what names an error."""


def main(entries: int = 100_000) -> int:
    """Measure and print; 0 if the limits are held."""
    held = True
    for way, least in LEAST_FASTER.items():
        sample = list(itertools.islice(made(way), entries))
        lines = entries + sum(entry.message.outside.count("\n") for entry in sample)
        plain, ours = _plain(sample), _ours(sample)
        print(f"{way}: {entries} entries, {lines} lines: plain way {plain:.2f} s, signoff {ours:.2f} s: ", end="")
        print(f"{plain / ours:.1f} times as fast (limit {least})")
        few, many = _peak(way, entries // 10), _peak(way, entries)
        print(f"{way}: peak memory {few / 1e6:.2f} MB at {entries // 10}, {many / 1e6:.2f} MB at {entries}: ", end="")
        print(f"{(many - few) / 1e6:.2f} MB more (limit {MOST_GROWTH / 1e6:.0f} MB); ", end="")
        print(f"the entries at once: {_held(way, entries // 10) * 10 / 1e6:.0f} MB")
        held = held and plain >= least * ours and many - few <= MOST_GROWTH
    return 0 if held else 1


def made(way: str) -> Iterator[LogEntry]:
    """Entries without end: the corpus again and again, with other numbers in their words."""
    rng = random.Random(7)
    errors = [_joined(kind.before) if way == "whole" else kind.before for kind in kinds("first")]
    corpus = [(entry, _template(entry)) for error in errors for entry in error]
    for turn in itertools.count():
        for entry, (said, payload) in corpus:
            message = _CHANGES.sub(lambda found: _other(found, rng), said) if said else said
            held = _CHANGES.sub(lambda found: _other(found, rng), payload) if payload else None
            yield dataclasses.replace(
                entry,
                at=entry.at + timedelta(minutes=turn),
                message=Quoted(message),
                payload=Quoted(held) if held else None,
            )


def _joined(entries: tuple[LogEntry, ...]) -> tuple[LogEntry, ...]:
    """Each instance's lines as one entry."""
    if any(entry.payload for entry in entries):
        return entries
    instances = sorted({entry.instance for entry in entries})
    said = {one: standing("\n".join(e.message.outside for e in entries if e.instance == one)) for one in instances}
    return tuple(dataclasses.replace(entries[0], instance=one, message=Quoted(said[one])) for one in instances)


def _template(entry: LogEntry) -> tuple[str, str]:
    return entry.message.outside, entry.payload.outside if entry.payload else ""


def _other(found: re.Match[str], rng: random.Random) -> str:
    digits = len(found.group())
    return f"{rng.getrandbits(48):012x}" if digits == 12 else str(rng.randrange(10 ** (digits - 1), 10**digits))


def _plain(sample: list[LogEntry]) -> float:
    start = time.perf_counter()
    counts: dict[str, int] = {}
    for entry in sample:
        signature = plain_signature((entry.payload or entry.message).outside.replace("\\n", "\n"))
        counts[signature] = counts.get(signature, 0) + 1
    return time.perf_counter() - start


def _ours(sample: list[LogEntry]) -> float:
    start = time.perf_counter()
    log = ErrorLog()
    for entry in sample:
        log.add(entry)
    log.found()
    return time.perf_counter() - start


def _peak(way: str, entries: int) -> int:
    log = ErrorLog()
    tracemalloc.start()
    for entry in itertools.islice(made(way), entries):
        log.add(entry)
    log.found()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _held(way: str, entries: int) -> int:
    tracemalloc.start()
    held = list(itertools.islice(made(way), entries))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size if held else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))

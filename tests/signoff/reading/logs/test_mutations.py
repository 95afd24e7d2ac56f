"""The corpus, changed by rule in what says nothing of an error: every signature stays what it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from signoff.model.logs import LogEntry
from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import signature_of
from support.corpus import TUNED_TO, Kind, kinds, signatures

KINDS = [kind for part in TUNED_TO for kind in kinds(part)]
Entries = Sequence[LogEntry]

NOT_VALID: dict[str, dict[str, str]] = {
    "joined": {
        "java_hibernate_constraint": "two messages, of which no program makes one text",
        "python_gunicorn_worker_killed": "the messages of three processes",
    }
}
"""By the mutation's name, kinds that it makes another error of, or another output than a program has, and why."""

BURST = timedelta(seconds=0.02)
TICK = timedelta(microseconds=20)
HEALTHY = (
    ("stdout", '10.0.0.9 - - [20/Nov/2026:09:14:02 +0000] "GET /healthz HTTP/1.1" 200 2 "-" "probe/1.0"'),
    ("stderr", "2026-11-20 09:14:02,118 INFO app.health: all is well"),
    ("stdout", "listening on 8080"),
)


def is_plain(entry: LogEntry) -> bool:
    """Whether a program printed it, so that Cloud Run made an entry of each line."""
    return entry.payload is None and entry.request is None and entry.severity == "DEFAULT"


def split(entries: Entries) -> Iterator[LogEntry]:
    """A text is an entry for each of its lines."""
    for entry in entries:
        lines = entry.message.outside.split("\n") if is_plain(entry) else [entry.message.outside]
        for number, said in enumerate(lines):
            yield replace(entry, at=entry.at + number * TICK, message=Quoted(said))


def joined(entries: Entries) -> list[LogEntry]:
    """Lines that one writer printed at once are one text, at the place of the first."""
    made: list[LogEntry] = []
    last: dict[tuple[str, str, str | None], tuple[int, timedelta]] = {}
    for entry in entries:
        writer = (entry.instance, entry.stream, entry.trace)
        at = entry.at - entries[0].at
        if is_plain(entry) and writer in last and at - last[writer][1] <= BURST:
            index = last[writer][0]
            text = f"{made[index].message.outside}\n{entry.message.outside}"
            made[index] = replace(made[index], message=Quoted(text))
        else:
            index = len(made)
            made.append(entry)
        if is_plain(entry):
            last[writer] = (index, at)
    return made


def woven(entries: Entries) -> Iterator[LogEntry]:
    """Another instance prints healthy lines between all of them."""
    for entry in entries:
        yield entry
        for stream, said in HEALTHY:
            yield plain(entry, stream, said, instance="ffff")


def framed(entries: Entries) -> Iterator[LogEntry]:
    """The same instance prints healthy lines before and after."""
    for number, entry in enumerate((entries[0], *entries, entries[-1])):
        if 0 < number <= len(entries):
            yield entry
        else:
            yield from (plain(entry, stream, said) for stream, said in HEALTHY)


def plain(like: LogEntry, stream: str, said: str, instance: str | None = None) -> LogEntry:
    return replace(
        like,
        severity="DEFAULT",
        stream=stream,
        message=Quoted(said),
        payload=None,
        instance=instance or like.instance,
    )


def texts(pattern: str, put: str | Callable[[re.Match[str]], str], **only: bool) -> Callable[[Entries], Entries]:
    """A mutation of what is said, in texts and in the strings of structured entries."""
    compiled = re.compile(pattern, re.MULTILINE)

    def mutate(entries: Entries) -> Entries:
        return [said(entry, lambda text: compiled.sub(put, text), **only) for entry in entries]

    return mutate


def said(entry: LogEntry, change: Callable[[str], str], structured: bool = True) -> LogEntry:
    if entry.payload is None:
        return replace(entry, message=Quoted(change(entry.message.outside)))
    if not structured:
        return entry
    payload = json.dumps(within(json.loads(entry.payload.outside), change))
    return replace(entry, payload=Quoted(payload), message=Quoted(change(entry.message.outside)))


def within(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, dict):
        return {key: within(held, change) for key, held in value.items()}
    if isinstance(value, list):
        return [within(held, change) for held in value]
    return change(value) if isinstance(value, str) else value


def other_digits(found: re.Match[str]) -> str:
    """As long, and none of its digits stays."""
    return re.sub(r"\d", lambda digit: str(int(digit.group()) % 8 + 1), found.group())


def other_hex(found: re.Match[str]) -> str:
    digits = "0123456789abcdef"
    return re.sub(r"[0-9a-f]", lambda one: digits[(digits.index(one.group()) + 7) % 16], found.group())


SOURCE = r"\.(?:py|go|java|kt|scala|js|mjs|cjs|ts|tsx|rb|rs|cs|php|erb)"
MUTATIONS: dict[str, Callable[[Entries], Iterator[LogEntry] | Entries]] = {
    "split": split,
    "joined": joined,
    "woven": woven,
    "framed": framed,
    "coloured level": texts(
        r"^(.{0,60}?)\b(ERROR|CRITICAL|FATAL|SEVERE)\b(?= |:|\])", "\\1\x1b[31m\\2\x1b[0m", structured=False
    ),
    # Lines up to 20 may be those of a minified file, which its column tells.
    "line numbers": texts(rf"(\", line |{SOURCE}:|:line )(?:2[1-9]|[3-9]\d|\d{{3,5}})\b", r"\g<1>4321"),
    "addresses": texts(r"(?<=0x)[0-9a-f]{4,16}\b", other_hex),
    "uuids": texts(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", other_hex),
    "dates": texts(r"\b20\d\d([-/])\d\d([-/])\d\d(?=[T ])", r"2027\g<1>02\g<2>19"),
    "times": texts(r"(?<![\d:])\d\d:\d\d:\d\d(?![\d:])", "17:26:35"),
    "durations": texts(r"(?<![\w.])\d+(?:\.\d+)?(?=(?:ms|s|µs)\b)", "47.5"),
    "processes": texts(r"(?<=\bpid[=: ])\d+|(?<=\[pid )\d+|(?<=^\[Nest\] )\d+", other_digits),
    "goroutines": texts(r"(?<=\bgoroutine )\d+", other_digits),
    "another root": texts(r"(?<![\w.\-/])/app/(?=\w)", "/workspace/"),
    "a deeper root": texts(r"(?<![\w.\-/])/app/(?=\w)", "/srv/app/"),
    "versions of libraries": texts(r"(?<=@v)(\d+\.\d+)\.\d+|(?<=python)(3\.)\d+(?=/)", r"\1\g<2>.77"),
}


def read(entries: Entries) -> list[str]:
    return sorted(signatures(entries))


def all_of(kind: Kind) -> Iterator[Entries]:
    yield kind.before
    yield kind.after
    yield from (entries for _, entries in kind.unlike)


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_says_nothing_of_an_error_changes_no_signature(name: str) -> None:
    excused = NOT_VALID.get(name, {})
    wrong = {}
    touched = 0
    for kind in KINDS:
        for entries in all_of(kind) if kind.name not in excused else ():
            mutated = tuple(MUTATIONS[name](entries))
            if mutated != tuple(entries):
                touched += 1
                if (now := read(mutated)) != (was := read(entries)):
                    wrong[kind.name] = (was, now)
    assert touched, "the mutation changes nothing"
    assert wrong == {}


SAYS = "the request could not be answered"
WRAPS: dict[str, Callable[[str], dict[str, object]]] = {
    "severity and stack_trace": lambda text: {"severity": "ERROR", "message": SAYS, "stack_trace": text},
    "level and stack": lambda text: {"level": "error", "msg": SAYS, "stack": text},
    "lvl and exception": lambda text: {"lvl": "error", "event": SAYS, "exception": text},
    "levelname and exc_info": lambda text: {"levelname": "ERROR", "message": SAYS, "exc_info": text},
    "a number and err": lambda text: {"level": 50, "msg": SAYS, "err": {"message": SAYS, "stack": text}},
    "severity and message": lambda text: {"severity": "ERROR", "message": text},
    "levelname and message": lambda text: {"levelname": "ERROR", "name": "app", "message": text},
    "level and msg": lambda text: {"level": "error", "msg": text},
    "lvl and event": lambda text: {"lvl": "error", "event": text},
}
"""What the usual loggers of structured entries call the level, the words and the stack."""


def text_of(entries: Entries) -> str | None:
    """What one writer printed of one error, as one text; None where it is something else."""
    texts = [entry for entry in joined(entries) if entry.stream == "stderr" and is_plain(entry)]
    if len(texts) != 1 or [signature_of(texts[0].message.outside)] != read(entries):
        return None
    return texts[0].message.outside.strip("\n")


@pytest.mark.parametrize("name", WRAPS)
def test_an_error_that_a_logger_wraps_is_the_same_after_a_deploy_and_told_from_others(name: str) -> None:
    wrong = {}
    wrapped = 0
    for kind in KINDS:
        said = [text_of(entries) for entries in all_of(kind)]
        if said[0] is None or said[1] is None or ("\n" not in said[0] and SAYS in str(WRAPS[name]("x"))):
            continue  # of one line: it has no stack
        made = [wrap(kind.before[0], WRAPS[name](text)) for text in said if text is not None]
        before, after, *others = (tuple(read([entry])) for entry in made)
        wrapped += 1
        if len(before) != 1 or not all(before) or before != after or before in others:
            wrong[kind.name] = (before, after, others)
    assert wrapped > 50
    assert wrong == {}


def wrap(like: LogEntry, payload: dict[str, object]) -> LogEntry:
    message = Quoted(str(payload.get("message", "")))
    return replace(like, stream="stdout", severity="DEFAULT", message=message, payload=Quoted(json.dumps(payload)))

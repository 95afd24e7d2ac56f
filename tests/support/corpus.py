"""The corpus of errors in pairs: tests/signoff/reading/logs/corpus/README.md says its format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from signoff.model.logs import LogEntry
from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import errors
from support.samples import NOW

CORPUS = Path(__file__).parents[1] / "signoff" / "reading" / "logs" / "corpus"
TUNED_TO = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
HELD_OUT = ("eighth", "ninth")
"""The code was never improved for one of these kinds."""
_WAYS = {"lines", "text", "json"}
_MORE = {"severity", "stream", "instance", "trace", "after"}


@dataclass(frozen=True)
class Kind:
    """One kind of error: the same before and after a deploy, and others that look like it."""

    name: str
    language: str
    before: tuple[LogEntry, ...]
    after: tuple[LogEntry, ...]
    unlike: tuple[tuple[str, tuple[LogEntry, ...]], ...]
    errors: int

    def mistakes(self) -> list[str]:
        """What is read wrongly of this kind, in sentences; none: all of it is right."""
        before, after = signatures(self.before), signatures(self.after)
        wrong = []
        for when, found in (("before", before), ("after", after)):
            if len(found) != self.errors or not all(found):
                wrong.append(f"{when} reads as {found}")
        if set(before) != set(after):
            wrong.append(f"after the deploy it is another error: {before} and {after}")
        for what, entries in self.unlike:
            found = signatures(entries)
            if not found or set(found) & set(before):
                wrong.append(f"{what}: not told apart: {found} and {before}")
        return wrong


def kinds(half: str) -> list[Kind]:
    """The kinds of a part, `first` to `sixth`; none where it is not there. ValueError names a file with a mistake."""
    return [_kind(path) for path in sorted((CORPUS / half).glob("*.yaml"))]


def _kind(path: Path) -> Kind:
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    if unknown := set(said) - {"what", "language", "before", "after", "unlike", "errors"}:
        raise ValueError(f"{path}: no such key: {sorted(unknown)}")
    try:
        return Kind(
            path.stem,
            said["language"],
            tuple(_entries(said["before"])),
            tuple(_entries(said["after"])),
            tuple((other["what"], tuple(_entries(other["entries"]))) for other in said.get("unlike", ())),
            said.get("errors", 1),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}") from error


def _entries(written: Sequence[dict[str, Any]]) -> Iterator[LogEntry]:
    at = NOW - timedelta(hours=1)
    for one in written:
        way = set(one) - _MORE
        if len(way) != 1 or not way <= _WAYS:
            raise ValueError(f"an entry has one of {sorted(_WAYS)} and may have {sorted(_MORE)}, not {sorted(one)}")
        payload = json.dumps(one["json"]) if "json" in one else None
        messages = one["lines"].splitlines() if "lines" in one else [one.get("text", "").removesuffix("\n")]
        for number, message in enumerate(messages):
            at += timedelta(seconds=0.001 if number else one.get("after", 0.001))
            yield LogEntry(
                at,
                "web",
                "us-central1",
                "web-00002-abc",
                one.get("severity", "DEFAULT"),
                one.get("stream", "stdout" if payload else "stderr"),
                Quoted(str(one["json"].get("message", "")) if payload else message),
                trace=one.get("trace"),
                instance=str(one.get("instance", "00a1")),
                payload=Quoted(payload) if payload else None,
            )


def signatures(entries: Sequence[LogEntry]) -> list[str]:
    return [error.signature for error in errors(entries)]

"""Rehearsals on disk, so that the same inputs are not rehearsed twice; what programs said is redacted before."""

from __future__ import annotations

from dataclasses import replace

from signoff.model.buildable import Kept, Rehearsed, TracedRead
from signoff.model.quoted import Quoted
from signoff.safety.release import for_json


class RehearsalsInFiles:
    """The `Rehearsals` of a repository."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def get(self, key: str) -> Rehearsed | None:
        """None also where it can not be read: then nothing is on record."""
        from pydantic import TypeAdapter, ValidationError

        data = self._kept.get(key)
        try:
            return None if data is None else TypeAdapter(Rehearsed).validate_json(data)
        except ValidationError:
            return None

    def put(self, key: str, done: Rehearsed) -> None:
        from pydantic import TypeAdapter

        lines = tuple(Quoted(for_json(line)) for line in done.lines)
        reads = tuple(TracedRead(one.name, Quoted(for_json(one.place)), one.rendering) for one in done.reads)
        self._kept.put(key, TypeAdapter(Rehearsed).dump_json(replace(done, lines=lines, reads=reads)))

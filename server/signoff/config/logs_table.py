"""`[workloads.NAME.logs]`: what a workload's logs must show, and errors in them that are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from signoff.config.loosens import Loosens, NeverLoosens, changed
from signoff.config.table import Table


class ExpectTable(Table):
    """Entries that each revision (each run) writes when it works."""

    text: Annotated[str, Loosens("another entry is expected", changed)] = Field(
        min_length=1, max_length=500, description="A text of the entry, for instance `rows written`."
    )
    at_least: Annotated[int, Loosens("it may appear less often", lambda old, new: new < old)] = Field(
        default=1, ge=1, le=1000, description="How often it has to appear: for each revision, or for each run."
    )
    within_seconds: Annotated[int, Loosens("it may appear later", lambda old, new: new > old)] = Field(
        default=300,
        ge=0,
        le=86_400,
        description="How long a revision may take until it is there, from when it serves and was first used.",
    )


class NoiseTable(Table):
    """An error that is no reason to refuse, for a while."""

    text: Annotated[str | None, Loosens("another error is let be", changed)] = Field(
        default=None, min_length=1, max_length=500, description="A text of the error."
    )
    pattern: Annotated[str | None, Loosens("another error is let be", changed)] = Field(
        default=None, min_length=1, description="In place of a text: a regular expression (Python's)."
    )
    why: Annotated[str, NeverLoosens("words for people")] = Field(
        min_length=1, max_length=500, description="Why it is let be; it stands in every report."
    )
    until: Annotated[date, Loosens("an error is let be for longer", lambda old, new: new > old)] = Field(
        description="The last day on which it is let be, for instance 2026-12-31; then it is judged again."
    )


def expects_less(old: Sequence[ExpectTable], new: Sequence[ExpectTable]) -> bool:
    """Whether an entry of `old` is not expected as often, or as soon, in `new`."""
    return not all(
        any(
            other.text == one.text and other.at_least >= one.at_least and other.within_seconds <= one.within_seconds
            for other in new
        )
        for one in old
    )


def lets_more_be(old: Sequence[NoiseTable], new: Sequence[NoiseTable]) -> bool:
    """Whether an error is let be in `new` that was not, or not for so long, in `old`."""
    return not all(
        any((before.text, before.pattern) == (one.text, one.pattern) and before.until >= one.until for before in old)
        for one in new
    )


class WorkloadLogsTable(Table):
    """How the logs of one workload are judged."""

    expect: Annotated[
        tuple[ExpectTable, ...], Loosens("an entry is not expected any more, or less often", expects_less)
    ] = Field(default=(), strict=False, description="Entries that must appear.")
    noise: Annotated[tuple[NoiseTable, ...], Loosens("an error is let be, or for longer", lets_more_be)] = Field(
        default=(), strict=False, description="Errors that are known, each with a reason and an end date."
    )

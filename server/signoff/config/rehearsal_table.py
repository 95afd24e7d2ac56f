"""`[workloads.NAME.rehearsal]`: with which commands its build is tried in a clean clone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from signoff.config.loosens import Loosens, NeverLoosens, changed
from signoff.config.table import Table
from signoff.model.rehearsal import Rehearsal

_Argv = tuple[str, ...]


class RehearsalTable(Table):
    """How its build is tried, in a clean clone of the pushed commit and with the build's environment alone."""

    command: Annotated[_Argv, Loosens("another command stands for the build", changed)] = Field(
        min_length=1,
        strict=False,
        description="Program and arguments that make what the image holds; no shell reads them.",
    )
    install: Annotated[_Argv, Loosens("something else is installed before it", changed)] = Field(
        default=(), strict=False, description="Program and arguments that run before it."
    )
    folder: Annotated[str, Loosens("it runs somewhere else", changed)] = Field(
        default=".", pattern=r"^[^/\\\x00]", description="Where both run, from the repository's root."
    )
    seconds: Annotated[int, NeverLoosens("what does not end in time is unknown")] = Field(
        default=600, ge=1, le=7200, description="How long both may take together."
    )
    env: Annotated[dict[str, str], Loosens("it has other variables than the build", changed)] = Field(
        default={}, description="Variables beside those that the build declares; no secrets."
    )
    always: Annotated[bool, Loosens("it runs only when it is asked for", lambda old, new: old and not new)] = Field(
        default=False, description="Whether it runs whenever the whole chain is walked, once for equal inputs."
    )


def rehearsed_less(old: RehearsalTable | None, new: RehearsalTable | None) -> bool:
    """Whether it is not rehearsed any more. A first one loosens nothing: without it a build has to prove the link."""
    return old is not None and new is None


def rehearsal_of(table: RehearsalTable | None) -> Rehearsal | None:
    if table is None:
        return None
    return Rehearsal(
        command=table.command,
        install=table.install,
        folder=table.folder.rstrip("/"),
        seconds=table.seconds,
        env=tuple(table.env.items()),
        always=table.always,
    )

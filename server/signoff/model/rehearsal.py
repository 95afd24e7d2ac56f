"""How a workload's build is rehearsed, as signoff.toml says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`install` runs before `command`, both in `folder` (from the repository's root), for `seconds` together.

    `env`: names and values beside those that the build declares. `always`: whenever the whole chain is walked.
    """

    command: tuple[str, ...]
    install: tuple[str, ...] = ()
    folder: str = "."
    seconds: int = 600
    env: tuple[tuple[str, str], ...] = ()
    always: bool = False

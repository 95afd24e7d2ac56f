"""What is wrong in signoff.toml: the file, the line, the key and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from signoff.model.errors import SignoffError


@dataclass(frozen=True, slots=True)
class Trouble:
    """One mistake. `key` is written as in the file (`workloads.web.build`); `line` counts from 1, None: no one line."""

    key: str
    says: str
    fix: str
    line: int | None = None


class ConfigError(SignoffError):
    """signoff.toml can not be used. `troubles` has every mistake that was found, in the order of the file."""

    def __init__(self, path: Path, troubles: Sequence[Trouble]) -> None:
        self.path = path
        self.troubles = tuple(sorted(troubles, key=lambda trouble: trouble.line or 0))
        first = self.troubles[0]
        what = f"{first.key}: {first.says}" if first.key else first.says
        more = len(self.troubles) - 1
        if more:
            what += f" (and {more} more {'mistake' if more == 1 else 'mistakes'})"
        where = f"{path}:{first.line}" if first.line else str(path)
        super().__init__(what, where=where, fix=first.fix)

    @property
    def line(self) -> int | None:
        return self.troubles[0].line

    @property
    def key(self) -> str:
        return self.troubles[0].key

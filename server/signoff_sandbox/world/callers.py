"""What tells one caller from another."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """`identity`: an e-mail address. `agents`: what the program says of itself, such as `gcloud/528.0.0 …`."""

    identity: str = ""
    agents: tuple[str, ...] = ()

    def fits(self, glob: str) -> bool:
        """Whether the identity or what the program says of itself is like `glob`."""
        return any(fnmatch.fnmatchcase(known, glob) for known in (self.identity, *self.agents))

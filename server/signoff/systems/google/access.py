"""What all parts of the writing adapter ask with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.boundary import Boundary, Policy

if TYPE_CHECKING:
    from signoff.systems.google.connection import Connection

WRITE = Policy(seconds=60.0, tries=1)
"""Asked once: where a write's answer never came, what happened is not known, and asking again could do it twice."""


class Access:
    """To read and to write. Connections are those of the reading adapters."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self.reading = boundary
        self.writing = replace(boundary, policy=WRITE)
        self.google = google

"""Findings: a stable code, one sentence that names the cause, evidence, and the fix as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from signoff.model.evidence import Evidence
from signoff.model.text import Text

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Command:
    """A fix that a person or a session types."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A fix that signoff does itself after a yes; a face shows it as a command line or as a tool call."""

    name: Literal["deploy", "run"]
    workloads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A fix that nobody can type for the person: a sentence. `paste`: lines for signoff.toml, as they stand."""

    says: Text
    paste: tuple[str, ...] = ()


Fix = Command | Action | Advice


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the repository; `line` counts from 1."""

    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is `<link>/<cause>` and never changes its meaning once released."""

    code: str
    message: Text
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None
    severity: Severity = "error"
    location: Location | None = None

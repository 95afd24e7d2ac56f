"""What `signoff record` read of a project: Google's own REST JSON, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signoff.model.facts import Why
from signoff.model.quoted import Quoted


@dataclass(frozen=True, slots=True, repr=False)
class Resource:
    """One resource in REST JSON, as it came: outside data like `Quoted`, released by a view, masked."""

    rest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Resource({len(self.rest)} fields)"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be read, or, with `cut`, of what only the newest was read.

    `key`: of a sandbox's state. `method`: Google's name of the call, `google.cloud.run.v2.Jobs/ListJobs`.
    """

    key: str
    resource: str | Quoted
    why: Why
    detail: Quoted
    method: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """Resources by their key in a sandbox's state, IAM policies by the name of their resource."""

    project: str
    resources: Mapping[str, tuple[Resource, ...]]
    policies: Mapping[str, Resource]
    left_out: tuple[LeftOut, ...]

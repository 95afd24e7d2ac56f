"""`[workloads.NAME.routes]`: how new routes are found, and which of them need not be covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from signoff.config.loosens import Loosens, NeverLoosens, changed, dropped
from signoff.config.table import Table


class IgnoreTable(Table):
    """Routes that need not be covered."""

    path: Annotated[str, Loosens("other routes need not be covered", changed)] = Field(
        pattern=r"^/[^\s#]*$", description="A path, or a pattern of paths: `*` stands for anything in it."
    )
    reason: Annotated[str, NeverLoosens("it is shown, and decides nothing")] = Field(
        min_length=1, description="Why these routes need not be covered; it is shown with them."
    )


def _ignores_more(old: Sequence[IgnoreTable], new: Sequence[IgnoreTable]) -> bool:
    return bool({one.path for one in new} - {one.path for one in old})


class RoutesTable(Table):
    """How new routes are found, and which of them need not be covered."""

    openapi: Annotated[str | None, Loosens("routes of this document are not looked for", dropped)] = Field(
        default=None,
        pattern=r"^[^/\\\x00]",
        description="An OpenAPI document of the repository (JSON or YAML) with routes of this workload.",
    )
    command: Annotated[
        tuple[str, ...],
        Loosens("routes that this command prints are not looked for", lambda old, new: bool(old) and old != new),
    ] = Field(
        default=(),
        strict=False,
        description="A program and its arguments that prints routes, as lines `GET /path` or as JSON; it runs without a"
        " shell, in a clean checkout.",
    )
    ignore: Annotated[tuple[IgnoreTable, ...], Loosens("more routes need not be covered", _ignores_more)] = Field(
        default=(), strict=False, description="Routes that need not be covered, each with the reason."
    )
    probe: Annotated[bool, Loosens("new routes are not asked for", lambda old, new: old and not new)] = Field(
        default=True, description="Whether new and changed GET routes without parameters are asked for."
    )

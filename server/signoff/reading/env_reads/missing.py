"""What the code reads while it is built and the build does not have: the scan joined with the build's environment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from signoff.reading.build_steps import BuildEnvironment, Given
from signoff.reading.env_reads.model import EnvRead, Place, Scan

Kind = Literal["stops", "may-stop", "baked-empty"]
"""`stops`: the build ends there. `may-stop`: no default, and what gets it may refuse it. `baked-empty`: the browser's
code has nothing in its place, for good."""


@dataclass(frozen=True, slots=True)
class Missing:
    """`chain`: from the route or entry file to the read. `run_time_only`: the name exists when the service runs.

    `empty`: where the build sets the name to nothing, if it does. `cure`: one sentence, with the place.
    """

    name: str
    kind: Kind
    place: Place
    chain: tuple[Place, ...]
    why: str
    run_time_only: bool
    empty: Given | None
    cure: str


def missing(scan: Scan, build: BuildEnvironment, run_time: Collection[str]) -> tuple[Missing, ...]:
    """One a name and kind, the surest first. `run_time`: the names of the service's environment and secrets.

    A read that is reached only with (or without) other names counts by what the build has of those. What is only
    `undefaulted` counts where the name exists at run time alone: a name that exists nowhere is not asked for there.
    """
    found: dict[tuple[str, Kind], Missing] = {}
    for read in scan.reads:
        kind = _kind(read, build, run_time)
        if kind is not None:
            found.setdefault((read.name, kind), _of_read(read, kind, build, run_time))
    for name in [name for name, kind in found if kind == "may-stop"]:
        if (name, "stops") in found:
            del found[name, "may-stop"]
    for baked in scan.baked:
        if baked.name not in build.names and baked.name in run_time:
            cure = f"hand {baked.name} to the build as well: it is put into the browser's code while that is built"
            why, empty = "is replaced by its value at build time", build.empty.get(baked.name)
            one = Missing(baked.name, "baked-empty", baked.place, (baked.place,), why, True, empty, cure)
            found.setdefault((baked.name, "baked-empty"), one)
    return tuple(found.values())


def _kind(read: EnvRead, build: BuildEnvironment, run_time: Collection[str]) -> Kind | None:
    if read.need == "optional" or read.name in build.names:
        return None
    if any(name.startswith(f"{read.name}__") for name in build.names):
        return None  # a part of nested settings: https://docs.pydantic.dev/latest/concepts/pydantic_settings/
    empty = build.empty.get(read.name)
    if read.empty_serves and empty is not None and empty.source == "ENV":
        return None
    if not read.given <= set(build.names) or read.unless & set(build.names):
        return None
    if read.need == "required":
        return "stops"
    return "may-stop" if read.name in run_time else None


def _of_read(read: EnvRead, kind: Kind, build: BuildEnvironment, run_time: Collection[str]) -> Missing:
    at_run_time = read.name in run_time
    lazily = next((place for place in read.chain if place.what.startswith(("calls", "makes"))), read.place)
    cure = f"read {read.name} when it is first needed: move what {lazily} does into a function that a request calls"
    if not at_run_time:
        cure += ", or give the build a value for it"
    elif kind == "stops":
        cure += ", or give the build a placeholder that is no secret"
    return Missing(read.name, kind, read.place, read.chain, read.why, at_run_time, build.empty.get(read.name), cure)

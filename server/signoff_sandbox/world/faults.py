"""Planted faults: which calls they strike, how often, and with what effects.

An entry of the state: {"method": "google.cloud.run.v2.Services/*", "code": "UNAVAILABLE", "times": 2}. The keys are
explained in the sandbox's README; `wire/effects/` and, for what happens beside requests, `world/planted.py` carry the
effects out.
"""

from __future__ import annotations

import fnmatch
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from signoff_sandbox.world import fault_keys as key
from signoff_sandbox.world.callers import Caller

ANYBODY = Caller()
CLOCK = "sandbox.Clock/"
#: What happens beside requests -> the effects that have a meaning there.
OWN: dict[str, frozenset[str]] = {
    "sandbox.Reconciler/": frozenset({"latencySeconds", "code"}),
    "sandbox.Execution/": frozenset({"latencySeconds", "code"}),
    "sandbox.Builder/": frozenset({"latencySeconds", "code"}),
    "sandbox.Ingress/": frozenset({"latencySeconds", "code", "drop", "dropAfter"}),
    "sandbox.Logging/": frozenset({"latencySeconds", "drop"}),
    CLOCK: frozenset({"skewSeconds"}),
}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


@dataclass(kw_only=True)
class Effects:
    """What a struck call meets. Durations are seconds; a default means: not this."""

    latency_seconds: float = key.of(key.amount, 0.0)
    code: str | None = key.of(key.code)
    message: str = key.of(key.text, "planted fault")
    retry_seconds: float | None = key.of(key.amount)
    quota: int | None = key.of(key.count)
    per_seconds: float = key.of(key.duration, 60.0)
    drop: bool = key.of(key.flag, False)
    drop_after: bool = key.of(key.flag, False)
    empty_list: bool = key.of(key.flag, False)
    truncate: int | None = key.of(key.count)
    page_size: int | None = key.of(key.positive)
    lose_page: bool = key.of(key.flag, False)
    repeat_page: bool = key.of(key.flag, False)
    stale_seconds: float = key.of(key.amount, 0.0)
    stale_writes: int = key.of(key.count, 0)
    malformed: str | None = key.of(key.text)
    unknown_enum: str | None = key.of(key.text)
    skew_seconds: float = key.of(key.skew, 0.0)


#: Say more about an effect; alone they do nothing.
MODIFIERS = {"message": "code", "retrySeconds": "code", "perSeconds": "quota"}
EFFECTS = {_camel(one.name) for one in fields(Effects)} - MODIFIERS.keys()


@dataclass(kw_only=True)
class Fault(Effects):
    """One planted fault; `times` counts down."""

    method: str = key.of(key.text, "")
    caller: str = key.of(key.text, "*")
    times: int | None = key.of(key.count)
    probability: float = key.of(key.share, 1.0)

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Fault:
        """From its JSON; ValueError says what is wrong."""
        unknown = sorted(set(entry) - set(KEYS))
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
        if not entry.get("method"):
            raise ValueError("'method' must be a method or a glob such as 'google.cloud.run.v2.Services/*'")
        for name, value in entry.items():
            wanted = KEYS[name].metadata["check"](value)
            if wanted:
                raise ValueError(f"{name!r} must be {wanted}, not {json.dumps(value)}")
        if not set(entry) & EFFECTS:
            raise ValueError(f"a fault needs an effect: {', '.join(sorted(EFFECTS))}")
        _check_sense(entry)
        return cls(**{KEYS[name].name: value for name, value in entry.items()})

    def rest(self) -> dict[str, Any]:
        """As its JSON."""
        entry = {"method": self.method}
        for one in fields(self):
            if getattr(self, one.name) != one.default:
                entry[_camel(one.name)] = getattr(self, one.name)
        return entry


#: Every key of a fault in JSON -> the field that it fills.
KEYS = {_camel(one.name): one for one in fields(Fault)}


def _check_sense(entry: Mapping[str, Any]) -> None:
    """A key that could never do anything is refused: whoever planted it would wait for it in vain."""
    for modifier, effect in MODIFIERS.items():
        if modifier in entry and effect not in entry:
            raise ValueError(f"{modifier!r} says more about {effect!r}, which is missing")
    method = str(entry["method"])
    for family, known in OWN.items():
        senseless = sorted((set(entry) & EFFECTS) - known)
        if method.startswith(family) and senseless:
            raise ValueError(f"{senseless[0]!r} has no meaning for {family}…, which knows {', '.join(sorted(known))}")
    limits = sorted(set(entry) & {"times", "probability", "caller"})
    if method.startswith(CLOCK) and limits:
        raise ValueError(f"{limits[0]!r} has no meaning for {CLOCK}…: a clock is wrong always and for everybody")


class Planted:
    """A fault and what it has done so far. `chance` is its own, so that nothing else that happens changes it."""

    def __init__(self, fault: Fault, chance: random.Random) -> None:
        self.fault = fault
        self._chance = chance
        self._window: datetime | None = None
        self._used = 0

    def hits(self, method: str, caller: Caller) -> bool:
        fault = self.fault
        return fault.times != 0 and fnmatch.fnmatchcase(method, fault.method) and caller.fits(fault.caller)

    def effects(self, now: datetime) -> Effects | None:
        """What a call meets that is hit; None where it is spared. A quota counts the call."""
        if self.fault.probability < 1 and self._chance.random() >= self.fault.probability:
            return None
        if self.fault.quota is None:
            return self.fault
        length = timedelta(seconds=self.fault.per_seconds)
        if self._window is None or now - self._window >= length:
            self._window, self._used = now, 0
        self._used += 1
        if self._used <= self.fault.quota:
            return None
        return replace(
            self.fault, code="RESOURCE_EXHAUSTED", retry_seconds=(self._window + length - now).total_seconds()
        )


class Faults:
    """The planted faults, in the order of planting. `clock` measures quotas.

    `known` answers every method that can be called; a fault on none of them is refused. Without any, anything goes.
    """

    def __init__(self, seed: int = 0, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.known: Callable[[], frozenset[str]] = frozenset
        self.noted: Callable[[], None] = lambda: None  # called when a fault has been used up by one, or all are gone
        self._seed = seed
        self._clock = clock
        self._planted: list[Planted] = []

    @property
    def planted(self) -> list[Fault]:
        return [one.fault for one in self._planted]

    def planter(self, entry: Mapping[str, Any]) -> Callable[[], None]:
        """Reads an entry and answers what plants it. Raises ValueError."""
        fault = Fault.parse(entry)
        own = fault.method.startswith(tuple(OWN)) or fnmatch.filter(OWN, fault.method)
        if not own and self.known() and not fnmatch.filter(self.known(), fault.method):
            raise ValueError(f"'method' {fault.method!r} is like no method; GET /sandbox/methods lists them")
        chance = random.Random(f"{self._seed}/{json.dumps(entry, sort_keys=True)}")  # noqa: S311 - repeatable on purpose
        return lambda: self._planted.append(Planted(fault, chance))

    def clear(self) -> None:
        self._planted.clear()
        self.noted()

    def strike(self, method: str, caller: Caller = ANYBODY) -> Effects:
        """What this call meets. Of faults with the same effect the first one counts, and only it is used up."""
        met = Effects()
        for planted in self._planted:
            effects = planted.effects(self._clock()) if planted.hits(method, caller) else None
            if effects is not None and _add(met, effects) and planted.fault.times is not None:
                planted.fault.times -= 1
                self.noted()
        return met

    def skew(self) -> timedelta:
        """How far the clock of the whole cloud is off."""
        return timedelta(seconds=sum(one.skew_seconds for one in self.planted if one.method.startswith(CLOCK)))


def _add(met: Effects, more: Effects) -> bool:
    """Let `met` have what it has not yet; whether there was anything. A call that is lost can only be lost later."""
    lost = met.drop or met.code is not None
    new = [
        one.name
        for one in fields(Effects)
        if getattr(more, one.name) != one.default and (one.name == "latency_seconds" or not lost)
        if getattr(met, one.name) == one.default
    ]
    for name in new:
        setattr(met, name, getattr(more, name))
    return bool(new)

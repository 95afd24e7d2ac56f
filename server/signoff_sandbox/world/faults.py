"""Planted misbehaviour: what a method does instead of, or before, its answer.

An entry: {"method": "google.cloud.run.v2.Services/*", "code": "UNAVAILABLE", "times": 2}. `method` is a glob.
Effects: `code` (a gRPC status, with `message`), `latencySeconds`, `drop` (the connection breaks off), `emptyList`
(a list answers nothing), `truncate` (a list answers its first n entries and no next page). `times` limits how often
it strikes; without it, always.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

KEYS = {"method", "code", "message", "latencySeconds", "drop", "emptyList", "truncate", "times"}


@dataclass
class Fault:
    """One planted fault; `times` counts down."""

    method: str
    code: str | None = None
    message: str = "planted fault"
    latency_seconds: float = 0.0
    drop: bool = False
    empty_list: bool = False
    truncate: int | None = None
    times: int | None = None

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Fault:
        """From its JSON; ValueError says what is wrong."""
        unknown = sorted(set(entry) - KEYS)
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
        if not str(entry.get("method", "")):
            raise ValueError("'method' must be a method or a glob such as 'google.cloud.run.v2.Services/*'")
        if not set(entry) & {"code", "latencySeconds", "drop", "emptyList", "truncate"}:
            raise ValueError("a fault needs an effect: code, latencySeconds, drop, emptyList or truncate")
        code = entry.get("code")
        if code is not None and code not in grpc.StatusCode.__members__:
            raise ValueError(f"{code!r} is not a gRPC status code such as UNAVAILABLE")
        for key in ("latencySeconds", "truncate", "times"):
            value = entry.get(key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{key!r} must be a number that is not negative")
        return cls(
            method=str(entry["method"]),
            code=code,
            message=str(entry.get("message", "planted fault")),
            latency_seconds=float(entry.get("latencySeconds", 0)),
            drop=bool(entry.get("drop", False)),
            empty_list=bool(entry.get("emptyList", False)),
            truncate=entry.get("truncate"),
            times=entry.get("times"),
        )

    def rest(self) -> dict[str, Any]:
        """As its JSON."""
        entry: dict[str, Any] = {"method": self.method}
        if self.code is not None:
            entry |= {"code": self.code, "message": self.message}
        if self.latency_seconds:
            entry["latencySeconds"] = self.latency_seconds
        if self.drop:
            entry["drop"] = True
        if self.empty_list:
            entry["emptyList"] = True
        if self.truncate is not None:
            entry["truncate"] = self.truncate
        if self.times is not None:
            entry["times"] = self.times
        return entry


class Faults:
    """The planted faults, in the order of planting."""

    def __init__(self) -> None:
        self.planted: list[Fault] = []

    def planter(self, entry: Mapping[str, Any]) -> Callable[[], None]:
        """Reads an entry and answers what plants it. Raises ValueError."""
        fault = Fault.parse(entry)
        return lambda: self.planted.append(fault)

    def clear(self) -> None:
        self.planted.clear()

    def strike(self, method: str) -> list[Fault]:
        """The faults that hit this call; each is used up by one of its `times`."""
        hits = [fault for fault in self.planted if fault.times != 0 and fnmatch.fnmatchcase(method, fault.method)]
        for fault in hits:
            if fault.times is not None:
                fault.times -= 1
        return hits

"""The committed table of methods: messages and REST bindings of every method, served or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from google.protobuf.message import Message

from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.packages import load


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP way to a method: `body` is the field that the body fills, `*` for the whole request."""

    host: str
    verb: str
    uri: str
    body: str | None


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method, named as `google.cloud.run.v2.Services/GetService`."""

    method: str
    request: str
    response: str
    bindings: tuple[Binding, ...]

    def request_class(self) -> type[Message]:
        """The raw protobuf class of its requests; imports the client package that defines it.

        UNIMPLEMENTED if that package is not installed.
        """
        return _defined(self.request, self.method)

    def response_class(self) -> type[Message]:
        return _defined(self.response, self.method)


@cache
def rpcs() -> dict[str, Rpc]:
    """Every method of the table by name."""
    return {
        method: Rpc(
            method,
            entry["request"],
            entry["response"],
            tuple(Binding(b["host"], b["verb"], b["uri"], b.get("body")) for b in entry["rest"]),
        )
        for method, entry in _table()["methods"].items()
    }


def host_of(method: str) -> str:
    """The host of the API that a method belongs to: `run.googleapis.com`; of HTTP methods beside the table too."""
    rpc = rpcs().get(method)
    if rpc is not None and rpc.bindings:
        return rpc.bindings[0].host
    return f"{method.partition('.')[0]}.googleapis.com"


def _defined(full_name: str, method: str) -> type[Message]:
    load(_table()["modules"][full_name], method)
    return message_class(full_name)


@cache
def _table() -> Any:
    text = resources.files("signoff_sandbox.wire").joinpath("rpcs.json").read_text(encoding="utf-8")
    return json.loads(text)

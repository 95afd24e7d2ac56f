"""Probes of containers: the same in v1 and v2 but for the way in which one says which kind it is."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from signoff_sandbox.world.errors import invalid_argument

#: v1 fields that have no meaning on Cloud Run: one value is allowed, and it is the default.
FIXED = {"successThreshold": 1}


def probe_of(probe: Any) -> dict[str, Any]:
    """The v1 object of a v2 Probe: its JSON names are those of v1."""
    shown: dict[str, Any] = json_format.MessageToDict(probe)
    return shown


def take_probe(probe: Any, content: dict[str, Any], where: str) -> None:
    """Fill a v2 Probe from a v1 object. Raises INVALID_ARGUMENT."""
    values = {key: value for key, value in content.items() if key not in FIXED}
    for key, only in FIXED.items():
        if content.get(key, only) != only:
            raise invalid_argument(f"{where}.{key}: must be {only}.", **{f"{where}.{key}": "invalid"})
    for kind, ignored in (("httpGet", ("host", "scheme")), ("tcpSocket", ("host",))):
        if isinstance(values.get(kind), dict):
            values[kind] = {key: value for key, value in values[kind].items() if key not in ignored}
    try:
        json_format.ParseDict(values, probe)
    except (json_format.ParseError, ValueError) as error:
        raise invalid_argument(f"{where}: {error}", **{where: "invalid"}) from error

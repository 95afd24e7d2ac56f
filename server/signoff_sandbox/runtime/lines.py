"""A line of a container's output as Cloud Logging takes it in.

Every line is an entry of its own: a traceback of ten lines is ten entries. Plain text has no severity, on stderr too.
https://cloud.google.com/run/docs/logging#container-logs and, for the fields of a JSON line,
https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

SEVERITIES = frozenset(["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"])
ALIASES = {"WARN": "WARNING", "ERR": "ERROR", "FATAL": "CRITICAL", "TRACE": "DEBUG", "INFORMATION": "INFO"}
_TRACE = "logging.googleapis.com/trace"
_SPAN = "logging.googleapis.com/spanId"
_SAMPLED = "logging.googleapis.com/trace_sampled"
_LABELS = "logging.googleapis.com/labels"
_INSERT_ID = "logging.googleapis.com/insertId"
#: Objects that leave the payload for a field of the entry of the same shape.
_OBJECTS = {
    "httpRequest": "httpRequest",
    "logging.googleapis.com/operation": "operation",
    "logging.googleapis.com/sourceLocation": "sourceLocation",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Exactly one of `text` and `payload` is set; `severity` is one of SEVERITIES.

    `objects`: field of the entry -> (the key that it came from, its JSON). `time`: what the line says of when it was
    written: a text, or seconds and nanoseconds; with the keys that it came from.
    """

    text: str | None = None
    payload: dict[str, Any] | None = None
    severity: str = "DEFAULT"
    trace: str = ""
    span_id: str = ""
    trace_sampled: bool = False
    insert_id: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    objects: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    time: tuple[dict[str, Any], str | tuple[int, int]] | None = None


def read_line(raw: bytes) -> Line:
    """One line of output: a JSON object becomes a structured entry with its special fields lifted out."""
    text = raw.decode("utf-8", errors="replace").rstrip("\r")
    if not text.lstrip().startswith("{"):
        return Line(text=text)
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return Line(text=text)
    labels = payload.pop(_LABELS, None)
    lifted: dict[str, Any] = {
        "severity": _severity(payload),
        "trace": _text(payload.pop(_TRACE, "")),
        "span_id": _text(payload.pop(_SPAN, "")),
        "trace_sampled": payload.pop(_SAMPLED, False) is True,
        "insert_id": _text(payload.pop(_INSERT_ID, "")),
        "labels": {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {},
        "objects": {
            name: (key, payload.pop(key)) for key, name in _OBJECTS.items() if isinstance(payload.get(key), dict)
        },
        "time": _time(payload),
    }
    if set(payload) == {"message"} and isinstance(payload["message"], str):
        return Line(text=payload["message"], **lifted)
    return Line(payload=payload, **lifted)


def _severity(payload: dict[str, Any]) -> str:
    """Taken out of the payload, if it is one that Cloud Logging knows."""
    said = payload.get("severity")
    known = ALIASES.get(said.upper(), said.upper()) if isinstance(said, str) else ""
    if known not in SEVERITIES:
        return "DEFAULT"
    del payload["severity"]
    return known


def _time(payload: dict[str, Any]) -> tuple[dict[str, Any], str | tuple[int, int]] | None:
    """https://cloud.google.com/logging/docs/agent/logging/configuration#timestamp-processing: three ways to say it."""
    stamp = payload.get("timestamp")
    if isinstance(stamp, dict) and _whole(stamp.get("seconds")) and _whole(stamp.get("nanos", 0)):
        return {"timestamp": payload.pop("timestamp")}, (int(stamp["seconds"]), int(stamp.get("nanos", 0)))
    seconds, nanos = payload.get("timestampSeconds"), payload.get("timestampNanos", 0)
    if _whole(seconds) and _whole(nanos):
        keys = [key for key in ("timestampSeconds", "timestampNanos") if key in payload]
        return {key: payload.pop(key) for key in keys}, (int(str(seconds)), int(str(nanos)))
    if isinstance(payload.get("time"), str):
        return {"time": payload["time"]}, str(payload.pop("time"))
    return None


def _whole(value: Any) -> bool:
    return str(value).isascii() and str(value).isdigit() and not isinstance(value, float)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

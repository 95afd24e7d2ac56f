"""A line of a container's output as Cloud Logging takes it in.

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


@dataclass(frozen=True, slots=True)
class Line:
    """Exactly one of `text` and `payload` is set. Plain text has severity DEFAULT, on stderr too."""

    text: str | None = None
    payload: dict[str, Any] | None = None
    severity: str = "DEFAULT"
    trace: str = ""
    span_id: str = ""
    trace_sampled: bool = False
    insert_id: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def read_line(raw: bytes) -> Line:
    """One line of output: a JSON object becomes a structured entry with its special fields lifted out."""
    text = raw.decode("utf-8", errors="replace").rstrip("\r")
    if not text.lstrip().startswith("{"):
        return Line(text=text)
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return Line(text=text)
    severity = payload.get("severity")
    if isinstance(severity, str):
        known = ALIASES.get(severity.upper(), severity.upper())
        if known in SEVERITIES:
            del payload["severity"]
            severity = known
        else:
            severity = "DEFAULT"
    else:
        severity = "DEFAULT"
    labels = payload.pop(_LABELS, None)
    lifted: dict[str, Any] = {
        "severity": severity,
        "trace": _text(payload.pop(_TRACE, "")),
        "span_id": _text(payload.pop(_SPAN, "")),
        "trace_sampled": payload.pop(_SAMPLED, False) is True,
        "insert_id": _text(payload.pop(_INSERT_ID, "")),
        "labels": {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {},
    }
    if set(payload) == {"message"} and isinstance(payload["message"], str):
        return Line(text=payload["message"], **lifted)
    return Line(payload=payload, **lifted)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

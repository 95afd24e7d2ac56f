"""Cloud Logging's raw messages (google.logging.v2.LogEntry) to facts.

https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from signoff.model.logs import LogEntry, Request
from signoff.model.quoted import Quoted
from signoff.model.subject import Kind
from signoff.systems.google.log_filters import EXECUTION, JOB, POOL, REQUEST_LOG

_URL = re.compile(r"(?:https?://([^/?]*))?(.*)", re.DOTALL)
_METHOD = re.compile(r"[A-Z]{1,20}")
"""Whoever asks may write anything as the method, and ours is no outside text."""
_KINDS: Mapping[str, Kind] = {JOB: "job", POOL: "worker-pool"}
_WRITER = ("instanceId", "container_name", "run.googleapis.com/task_index", "run.googleapis.com/task_attempt")
"""Labels of a process: containers of one instance write to one log, and so do the tasks of an execution.

https://cloud.google.com/run/docs/logging
"""
_SAYING = ("stack_trace", "exception", "message", "msg", "error")
"""Keys of a structured line that may hold what it says, the most telling first."""


def entry(raw: Any) -> LogEntry:
    """One entry; `raw` is the protobuf message itself, without the client's wrapper, which costs much."""
    from google.logging.type import log_severity_pb2
    from google.protobuf import json_format

    of, labels = raw.resource.labels, raw.labels
    payload = json_format.MessageToDict(raw.json_payload) if raw.json_payload.fields else None
    asked = _request(raw) if raw.http_request.request_method else None
    answered = raw.log_name.endswith(REQUEST_LOG)  # a logger names the request that its line is about as `httpRequest`
    return LogEntry(
        at=raw.timestamp.ToDatetime(tzinfo=UTC),
        workload=of.get("service_name") or of.get("job_name") or of.get("worker_pool_name", ""),
        region=of.get("location", ""),
        unit=of.get("revision_name") or labels.get(EXECUTION, ""),
        severity=log_severity_pb2.LogSeverity.Name(raw.severity),
        stream=re.split(r"%2F|/", raw.log_name)[-1],
        message=Quoted(raw.text_payload or _said(payload)),
        request=asked if answered else None,
        during=asked.path if asked and not answered else None,
        trace=raw.trace or None,
        instance="/".join(labels[key] for key in _WRITER if key in labels),
        payload=None if payload is None else Quoted(json.dumps(payload, ensure_ascii=False)),
        kind=_KINDS.get(raw.resource.type, "service"),
    )


def _said(payload: Mapping[str, Any] | None) -> str:
    return next((str(payload[key]) for key in _SAYING if payload.get(key)), "") if payload else ""


def _request(raw: Any) -> Request:
    """A request that the platform answered itself carries no instance (and says so in the severity or status)."""
    http = raw.http_request
    url = _URL.match(http.request_url)
    host, rest = url.groups() if url else ("", "")
    return Request(
        http.request_method if _METHOD.fullmatch(http.request_method) else "UNKNOWN",
        Quoted(rest.split("?")[0] or "/"),
        http.status,
        refused=not raw.labels.get("instanceId"),
        host=Quoted(host or ""),
        agent=Quoted(http.user_agent),
    )

"""Cloud Logging: what revisions and executions wrote, and the requests that reached them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from signoff.boundary import Boundary, Incomplete, Question
from signoff.model.facts import Known, Unknown
from signoff.model.logs import LogEntry, Request
from signoff.model.quoted import Quoted

if TYPE_CHECKING:
    from signoff.systems.google.connection import Connection

PAGE = 1000
PAGES = 10
"""At most so many pages are read; a longer answer is incomplete and proves nothing."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_REVISION = "cloud_run_revision"
_JOB = "cloud_run_job"
_EXECUTION = "run.googleapis.com/execution_name"
_URL = re.compile(r"(?:https?://([^/?]*))?(.*)", re.DOTALL)
_NONCE = re.compile(r"[0-9a-f]{32}")
_TELLING = '((severity>=ERROR OR logName:"stderr") AND NOT logName:"requests")'
"""Output that could tell an error: plain lines on stderr are DEFAULT (google/osv.dev#1305)."""


class Logs:
    """Reads are bounded in pages and tight in their filter: names of revisions or executions and a time."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def output(
        self, project: str, revisions: Sequence[str], executions: Sequence[str], since: datetime
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """What these wrote that could tell an error: severity ERROR and above, and all of stderr (plain lines there
        are DEFAULT). Oldest first; `incomplete` where there is more than can be read.
        """
        if not revisions and not executions:
            return self._nothing(project, "output")
        wanted = f"{_units(revisions, executions)} AND {_TELLING} AND {_from(since)}"
        return await self._read(project, "output", wanted, PAGES)

    async def requests(
        self, project: str, revisions: Sequence[str], since: datetime, *, pages: int = 1
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """The newest requests to these revisions, oldest first. It may be cut: it proves requests that it shows,
        never that there were no others.
        """
        if not revisions:
            return self._nothing(project, "requests")
        wanted = f'{_units(revisions, ())} AND logName:"requests" AND {_from(since)}'
        return await self._read(project, "requests", wanted, pages, whole=False)

    async def landed(
        self, project: str, nonces: Sequence[str], since: datetime
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """The requests that carry one of these nonces (32 hexadecimal digits) as their trace or in their User-Agent,
        whatever service of the project they came to. One question, however many; not found is no proof of anything
        until the log's lag is over. ValueError for no nonce or for what is none.
        """
        if not nonces or not all(_NONCE.fullmatch(nonce) for nonce in nonces):
            raise ValueError("a nonce is 32 hexadecimal digits")
        traces = " OR ".join(f'"projects/{project}/traces/{nonce}"' for nonce in nonces)
        agents = " OR ".join(f'"{nonce}"' for nonce in nonces)
        carries = f"(trace=({traces}) OR httpRequest.userAgent:({agents}))"
        wanted = f'resource.type="{_REVISION}" AND logName:"requests" AND {carries} AND {_from(since)}'
        return await self._read(project, "landed", wanted, PAGES)

    async def visits(
        self, project: str, services: Sequence[str], since: datetime
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """The newest requests to these services, whichever revision answered. It may be cut, as `requests` may."""
        if not services:
            return self._nothing(project, "visits")
        of = _either((f'resource.type="{_REVISION}" AND resource.labels.service_name', services))
        return await self._read(project, "visits", f'{of} AND logName:"requests" AND {_from(since)}', 1, whole=False)

    async def before(
        self, project: str, *, services: Sequence[str], jobs: Sequence[str], without: Sequence[str], since: datetime
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """Output that could tell an error, and failed requests, of these services and jobs except of the units
        `without`. Oldest first, the newest `PAGES` pages: what is older is not known before.
        """
        of = _either(
            (f'resource.type="{_REVISION}" AND resource.labels.service_name', services),
            (f'resource.type="{_JOB}" AND resource.labels.job_name', jobs),
        )
        if names := _any_of(without):
            of += f' AND NOT resource.labels.revision_name=({names}) AND NOT labels."{_EXECUTION}"=({names})'
        failed = '(logName:"requests" AND httpRequest.status>=500)'
        return await self._read(
            project, "history", f"{of} AND ({_TELLING} OR {failed}) AND {_from(since)}", PAGES, whole=False
        )

    def _nothing(self, project: str, operation: str) -> Known[tuple[LogEntry, ...]]:
        """The logs of nothing are empty, and nobody has to be asked for them."""
        question = Question("logging", f"entries.list {operation}", f"projects/{project}")
        return Known((), question.ref(self._boundary.now()))

    async def _read(
        self, project: str, operation: str, wanted: str, pages: int, *, whole: bool = True
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        look = ("gcloud", "logging", "read", wanted, f"--project={project}", "--limit=100")
        question = Question("logging", f"entries.list {operation}", f"projects/{project}", look)

        async def fetch() -> list[Any]:
            await self._google.login()
            answer = await self._google.logging.list_log_entries(
                request={
                    "resource_names": [f"projects/{project}"],
                    "filter": wanted,
                    "order_by": "timestamp desc",
                    "page_size": PAGE,
                },
                **self._google.CALL,
            )
            entries: list[Any] = []
            read = 0
            async for page in answer.pages:
                entries.extend(page.entries)
                read += 1
                if read == pages:
                    if whole and page.next_page_token:
                        raise Incomplete(f"more than {pages * PAGE} log entries: narrow it or read them by hand")
                    break
            return entries

        def entries_of(raw: list[Any]) -> tuple[LogEntry, ...]:
            return tuple(_entry(one) for one in reversed(raw))

        return await self._boundary.ask(question, fetch, entries_of, self._google.why)


def _units(revisions: Iterable[str], executions: Iterable[str]) -> str:
    return _either(
        (f'resource.type="{_REVISION}" AND resource.labels.revision_name', revisions),
        (f'resource.type="{_JOB}" AND labels."{_EXECUTION}"', executions),
    )


def _either(*kinds: tuple[str, Iterable[str]]) -> str:
    """The filter for things of several kinds by their names; ValueError for no name or for one not of Cloud Run."""
    parts = [f"({field}=({names}))" for field, kind in kinds if (names := _any_of(kind))]
    if not parts:
        raise ValueError("no name to read the log of")
    return f"({' OR '.join(parts)})"


def _any_of(names: Iterable[str]) -> str:
    found = sorted(set(names))
    for name in found:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of Cloud Run: {name!r}")
    return " OR ".join(f'"{name}"' for name in found)


def _from(since: datetime) -> str:
    return f'timestamp>="{since.isoformat(timespec="seconds")}"'


def _entry(raw: Any) -> LogEntry:
    """One entry out of Google's message (google.logging.v2.LogEntry)."""
    from google.logging.type import log_severity_pb2

    labels = dict(raw.resource.labels)
    execution = dict(raw.labels).get(_EXECUTION, "")
    return LogEntry(
        at=raw.timestamp,
        workload=labels.get("service_name") or labels.get("job_name", ""),
        region=labels.get("location", ""),
        unit=labels.get("revision_name") or execution,
        severity=log_severity_pb2.LogSeverity.Name(int(raw.severity)),
        stream=_stream(raw.log_name),
        message=Quoted(_message(raw)),
        request=_request(raw) if raw.http_request.request_method else None,
        trace=raw.trace or None,
        instance=dict(raw.labels).get("instanceId", ""),
        payload=_payload(raw),
    )


def _stream(log_name: str) -> str:
    """`projects/p/logs/run.googleapis.com%2Fstderr` → `stderr`."""
    return re.split(r"%2F|/", log_name)[-1]


def _message(raw: Any) -> str:
    if raw.text_payload:
        return str(raw.text_payload)
    payload = raw.json_payload
    if not payload:
        return ""
    for key in ("stack_trace", "exception", "message", "msg", "error"):
        if payload.get(key):
            return str(payload[key])
    return ""


def _payload(raw: Any) -> Quoted | None:
    from google.protobuf import json_format

    payload = type(raw).pb(raw).json_payload
    return Quoted(json_format.MessageToJson(payload, indent=None)) if payload.fields else None


def _request(raw: Any) -> Request:
    """A request that the platform answered itself carries no instance (and says so in the severity or status)."""
    http = raw.http_request
    url = _URL.match(http.request_url)
    host, rest = url.groups() if url else ("", "")
    return Request(
        http.request_method,
        Quoted(rest.split("?")[0] or "/"),
        int(http.status),
        refused=not dict(raw.labels).get("instanceId"),
        host=Quoted(host or ""),
        agent=Quoted(http.user_agent),
    )

"""The log of one build while it grows: the object in its bucket, or its entries in Cloud Logging."""

from __future__ import annotations

import asyncio
from typing import Any

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted
from signoff.systems.google.connection import Connection
from signoff.systems.google.deployed import BuildName
from signoff.systems.google.errors import is_missing

PAGE = 1000
KEPT = 20_000
"""Lines of one log that are kept at most, the newest ones."""
_BAD = frozenset({4, 5, 6, 7, 9})
"""Of a step's status: failed, broke, too late, cancelled, expired."""
_LOGGING_ONLY, _NONE, _STACKDRIVER_ONLY = 5, 4, 3
"""Of Build.options.logging; all others write to the bucket."""


def log_of(build: Any) -> str | None:
    """Where Google's build writes its log: a `gs://` folder, or `logging`; None: nowhere.

    https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#loggingmode
    """
    mode = int(build.options.logging)
    if mode == _NONE:
        return None
    if mode in {_LOGGING_ONLY, _STACKDRIVER_ONLY}:
        return "logging"
    return str(build.logs_bucket) or None


def failed_step(build: Any) -> int | None:
    """The number of the first step of Google's build that did not end well."""
    return next((number for number, step in enumerate(build.steps) if int(step.status) in _BAD), None)


class BuildLog:
    """One reader for one build. `lines`: all that came so far. `seconds`: how long a look may take, if not as usual.

    https://cloud.google.com/build/docs/securing-builds/store-manage-build-logs
    """

    def __init__(self, boundary: Boundary, google: Connection, name: BuildName, seconds: float | None = None) -> None:
        self.lines: list[Quoted] = []
        self._boundary = boundary
        self._google = google
        self._name = name
        self._seconds = seconds
        self._read_to = 0
        self._rest = b""
        self._since = ""
        self._seen: set[str] = set()

    async def more(self, place: str, *, ended: bool) -> Known[tuple[Quoted, ...]] | Unknown:
        """The lines since the last look. `place`: of BuildState; `ended`: a last line may lack its end."""
        known = await (self._entries() if place == "logging" else self._object(place))
        if isinstance(known, Unknown):
            return known
        raw = self._rest + known.value
        whole, end, rest = raw.rpartition(b"\n")
        if ended:
            whole, end, rest = raw.removesuffix(b"\n"), b"\n" if raw else b"", b""
        self._rest = rest
        new = tuple(Quoted.of(line.removesuffix(b"\r")) for line in whole.split(b"\n")) if end else ()
        self.lines = [*self.lines, *new][-KEPT:]
        return Known(new, known.ref)

    async def _object(self, place: str) -> Known[bytes] | Unknown:
        bucket, _, folder = place.removeprefix("gs://").partition("/")
        name = f"{folder.rstrip('/')}/log-{self._name.id}.txt".removeprefix("/")
        where = f"gs://{bucket}/{name}"
        question = Question("storage", "objects.get log", Quoted(where), self._name.log)

        def download() -> bytes:
            from google.api_core.exceptions import RequestRangeNotSatisfiable

            blob = self._google.storage.bucket(bucket).blob(name)
            try:
                new: bytes = blob.download_as_bytes(
                    start=self._read_to, retry=None, raw_download=True, checksum=None, timeout=self._seconds or 60
                )
            except RequestRangeNotSatisfiable:  # nothing came since
                return b""
            except Exception as error:
                if is_missing(error):  # nothing came yet
                    return b""
                raise
            return new

        async def fetch() -> bytes:
            await self._google.login()
            return await asyncio.to_thread(download)

        answer = await self._boundary.ask(question, fetch, lambda raw: raw, self._why, seconds=self._seconds)
        if isinstance(answer, Known):
            self._read_to += len(answer.value)
        return answer

    async def _entries(self) -> Known[bytes] | Unknown:
        project = self._name.project
        wanted = f'resource.type="build" AND resource.labels.build_id="{self._name.id}"'
        if self._since:
            wanted += f' AND timestamp>="{self._since}"'
        question = Question("logging", "entries.list build", f"projects/{project}", self._name.log)

        async def fetch() -> list[Any]:
            await self._google.login()
            answer = await self._google.logging.list_log_entries(
                request={
                    "resource_names": [f"projects/{project}"],
                    "filter": wanted,
                    "order_by": "timestamp asc",
                    "page_size": PAGE,
                },
                **self._google.CALL,
            )
            async for page in answer.pages:
                return list(page.entries)
            return []

        def read(raw: list[Any]) -> bytes:
            new = [entry for entry in raw if entry.insert_id not in self._seen]
            self._seen |= {entry.insert_id for entry in new}
            if new:
                self._since = new[-1].timestamp.isoformat()
            return b"".join(entry.text_payload.encode() + b"\n" for entry in new)

        return await self._boundary.ask(question, fetch, read, self._google.why, seconds=self._seconds)

    def _why(self, error: Exception) -> Why | None:
        import requests

        return "unreachable" if isinstance(error, requests.RequestException) else self._google.why(error)

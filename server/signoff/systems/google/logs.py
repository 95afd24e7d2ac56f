"""Cloud Logging: what revisions and executions wrote, and the requests that reached them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from signoff.boundary import Boundary, Incomplete, Question
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.logs import LogEntry
from signoff.model.quoted import Quoted
from signoff.systems.google import log_filters as filters
from signoff.systems.google.log_entries import entry
from signoff.systems.google.log_filters import Names, Resources
from signoff.systems.google.pages import Listing

if TYPE_CHECKING:
    from signoff.systems.google.connection import Connection

PAGE = 1000
"""The most that Cloud Logging gives."""
PAGES = 10
STREAMED_PAGES = 40
"""Bounds of one question: 60 reads a minute and project are allowed (https://cloud.google.com/logging/quotas)."""
_EMPTY_PAGES = 10
"""So many more: an empty page with a token says that the time for it was up, not that there is nothing
(https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list#response-body).
"""
_NONCE = re.compile(r"[0-9a-f]{32}")
_Take = Callable[[LogEntry], None]


class Logs:
    """Reads are bounded in pages and tight in their filter. What a bound cut short says so: `Listing.whole` is False,
    or the answer is `incomplete`.
    """

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def output(self, project: str, units: Names, since: datetime, take: _Take) -> Known[bool] | Unknown:
        """Hand every entry of these units that could tell an error to `take`, oldest first, 5xx answers among them.

        Nothing is kept, so that memory stays flat; the answer is whether nothing followed the last one that was read.
        """
        if not units:
            return Known(True, self._nothing(project, "output"))
        wanted = f"{filters.of_units(units)} AND {filters.telling()} AND {filters.since(since)}"
        return await self._stream(project, "output", wanted, STREAMED_PAGES, take, order="asc")

    async def requests(
        self,
        project: str,
        revisions: Sequence[str],
        since: datetime,
        until: datetime | None = None,
        paths: Sequence[str] = (),
    ) -> Known[Listing[LogEntry]] | Unknown:
        """The newest requests to these revisions, oldest first: one page. `until`: older ones alone; `paths`: those
        with one of these texts in their URL.
        """
        if not revisions:
            return Known(Listing((), whole=True), self._nothing(project, "requests"))
        wanted = f"{filters.of_units(Names(tuple(revisions)))} AND {filters.REQUESTS} AND {filters.since(since)}"
        if until is not None:
            wanted += f" AND {filters.until(until)}"
        if paths:
            wanted += f" AND {filters.to_paths(paths)}"
        return await self._newest(project, "requests", wanted, 1)

    async def requests_before(
        self, project: str, service: str, without: Names, since: datetime, until: datetime
    ) -> Known[Listing[LogEntry]] | Unknown:
        """The newest requests of that time to other revisions of a service, oldest first: one page."""
        of = filters.of_resources(Resources((service,)), without)
        wanted = f"{of} AND {filters.REQUESTS} AND {filters.since(since)} AND {filters.until(until)}"
        return await self._newest(project, "requests-before", wanted, 1)

    async def written(
        self, project: str, units: Names, since: datetime, until: datetime | None = None
    ) -> Known[Listing[LogEntry]] | Unknown:
        """The newest lines of whatever these units wrote, oldest first: one page. `until`: older ones alone."""
        if not units:
            return Known(Listing((), whole=True), self._nothing(project, "written"))
        wanted = f"{filters.of_units(units)} AND {filters.OUTPUT} AND {filters.since(since)}"
        if until is not None:
            wanted += f" AND {filters.until(until)}"
        return await self._newest(project, "written", wanted, 1)

    async def saying(
        self, project: str, units: Names, text: str, since: datetime
    ) -> Known[Listing[LogEntry]] | Unknown:
        """The newest lines of these units with this text in it, whatever its case, oldest first."""
        if not units:
            return Known(Listing((), whole=True), self._nothing(project, "expected"))
        wanted = f"{filters.of_units(units)} AND {filters.saying(text)} AND {filters.since(since)}"
        return await self._newest(project, "expected", wanted, PAGES)

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
        wanted = f'resource.type="{filters.REVISION}" AND {filters.REQUESTS} AND {carries} AND {filters.since(since)}'
        found = await self._newest(project, "landed", wanted, PAGES)
        if isinstance(found, Unknown):
            return found
        if not found.value.whole:
            return Unknown("incomplete", found.ref, Quoted(f"more than {PAGES * PAGE} log entries carry them"))
        return Known(found.value.items, found.ref)

    async def visits(
        self, project: str, services: Sequence[str], since: datetime
    ) -> Known[tuple[LogEntry, ...]] | Unknown:
        """The newest requests to these services, whichever revision answered: one page, that may be cut. It proves
        requests that it shows, never that there were no others.
        """
        if not services:
            return Known((), self._nothing(project, "visits"))
        of = filters.of_resources(Resources(tuple(services)))
        found = await self._newest(project, "visits", f"{of} AND {filters.REQUESTS} AND {filters.since(since)}", 1)
        return found if isinstance(found, Unknown) else Known(found.value.items, found.ref)

    async def before(
        self, project: str, of: Resources, without: Names, since: datetime
    ) -> Known[Listing[LogEntry]] | Unknown:
        """Output that could tell an error, and failed requests, of these services, jobs and worker pools except of
        the units `without`, oldest first; the newest `PAGES` pages: what is older is not known before.
        """
        wanted = f"{filters.of_resources(of, without)} AND {filters.telling()} AND {filters.since(since)}"
        return await self._newest(project, "history", wanted, PAGES)

    def _nothing(self, project: str, operation: str) -> Ref:
        """The logs of nothing are empty, and nobody has to be asked for them."""
        question = Question("logging", f"entries.list {operation}", f"projects/{project}")
        return question.ref(self._boundary.now())

    async def _newest(
        self, project: str, operation: str, wanted: str, pages: int
    ) -> Known[Listing[LogEntry]] | Unknown:
        items: list[LogEntry] = []
        whole = await self._stream(project, operation, wanted, pages, items.append, order="desc")
        if isinstance(whole, Unknown):
            return whole
        return Known(Listing(tuple(reversed(items)), whole.value), whole.ref)

    async def _stream(
        self,
        project: str,
        operation: str,
        wanted: str,
        pages: int,
        take: _Take,
        *,
        order: Literal["asc", "desc"],
    ) -> Known[bool] | Unknown:
        """Page by page, each asked for (and asked for again) on its own."""
        look = ("gcloud", "logging", "read", wanted, f"--project={project}", "--limit=100")
        question = Question("logging", f"entries.list {operation}", f"projects/{project}", look)
        token = ""

        async def fetch() -> list[Any]:
            nonlocal token
            await self._google.login()
            answer = await self._google.logging.list_log_entries(
                request={
                    "resource_names": [f"projects/{project}"],
                    "filter": wanted,
                    "order_by": f"timestamp {order}",
                    "page_size": PAGE,
                    "page_token": token,
                },
                **self._google.CALL,
            )
            async for page in answer.pages:
                raw = type(page).pb(page)
                token = raw.next_page_token
                return list(raw.entries)
            raise Incomplete("an answer without a page")

        def read(raw: list[Any]) -> tuple[LogEntry, ...]:
            return tuple(entry(one) for one in raw)

        filled = 0
        for _ in range(pages + _EMPTY_PAGES):
            page = await self._boundary.ask(question, fetch, read, self._google.why)
            if isinstance(page, Unknown):
                return page
            for one in page.value:
                take(one)
            filled += bool(page.value)
            if not token or filled == pages:
                break
        return Known(not token, page.ref)

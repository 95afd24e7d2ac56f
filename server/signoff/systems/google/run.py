"""Cloud Run v2, read: lists for what is current, history in bounded pages or by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown
from signoff.model.run import Execution, Job, Revision, Service
from signoff.systems.google import run_read as read
from signoff.systems.google.connection import Connection
from signoff.systems.google.errors import is_missing
from signoff.systems.google.pages import Listing, Pages

T = TypeVar("T")

PAGE = 1000
"""Entries a page; the server may give fewer."""
HISTORY_PAGES = 3
"""Pages of revisions or executions of a whole region at most; what is needed beyond them is asked by name."""


class Run:
    """Names are short; `project` and `region` say where. Entries that were not asked for are not read at all."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google
        self._pages = Pages(boundary, google)

    async def services(
        self, project: str, region: str, names: Collection[str]
    ) -> Known[Mapping[str, Service]] | Unknown:
        """The named services of a region that exist, by name. One list, however many names."""
        return await self._current("services", "services", read.service, project, region, names)

    async def jobs(self, project: str, region: str, names: Collection[str]) -> Known[Mapping[str, Job]] | Unknown:
        """The named jobs of a region that exist, by name."""
        return await self._current("jobs", "jobs", read.job, project, region, names)

    async def worker_pools(
        self, project: str, region: str, names: Collection[str]
    ) -> Known[Mapping[str, Service]] | Unknown:
        """The named worker pools of a region that exist, by name, as services."""
        return await self._current("worker_pools", "worker-pools", read.worker_pool, project, region, names)

    async def revisions(
        self, project: str, region: str, service: str, names: Collection[str]
    ) -> Known[Listing[Revision]] | Unknown:
        """Revisions of the named services, in bounded pages. `service`: one of them, or `-` for the region's list."""
        shown = () if service == "-" else (f"--service={service}",)
        return await self._history("revisions", "services", read.revision, project, region, service, names, shown)

    async def executions(
        self, project: str, region: str, job: str, names: Collection[str]
    ) -> Known[Listing[Execution]] | Unknown:
        """Executions of the named jobs, in bounded pages. `job`: one of them, or `-` for the region's list."""
        shown = () if job == "-" else (f"--job={job}",)
        return await self._history("executions", "jobs", read.execution, project, region, job, names, shown)

    async def revision(self, project: str, region: str, service: str, name: str) -> Known[Revision | None] | Unknown:
        """One revision; Known(None) where it does not exist."""
        full = f"projects/{project}/locations/{region}/services/{service}/revisions/{name}"
        return await self._one("revisions", full, lambda: self._google.revisions.get_revision, read.revision)

    async def execution(self, project: str, region: str, job: str, name: str) -> Known[Execution | None] | Unknown:
        """One execution; Known(None) where it does not exist."""
        full = f"projects/{project}/locations/{region}/jobs/{job}/executions/{name}"
        return await self._one("executions", full, lambda: self._google.executions.get_execution, read.execution)

    async def _current(
        self,
        plural: str,
        spoken: str,
        convert: Callable[[Any], T],
        project: str,
        region: str,
        names: Collection[str],
    ) -> Known[Mapping[str, T]] | Unknown:
        where = f"projects/{project}/locations/{region}"
        look = ("gcloud", "run", spoken, "list", f"--region={region}", f"--project={project}")
        question = Question("run", f"{plural}.list", f"{where}/{spoken}", look)

        async def fetch(token: str) -> Any:
            ask = getattr(getattr(self._google, plural), f"list_{plural}")
            return await ask(request={"parent": where, "page_size": PAGE, "page_token": token}, **self._google.CALL)

        def ours(entries: Iterable[Any]) -> Iterable[tuple[str, T]]:
            named = ((entry.name.rpartition("/")[2], entry) for entry in entries)
            return [(name, convert(entry)) for name, entry in named if name in names]

        found = await self._pages.all(question, fetch, plural, ours)
        return found if isinstance(found, Unknown) else Known(dict(found.value), found.ref)

    async def _history(
        self,
        plural: str,
        parents: str,
        convert: Callable[[Any], T],
        project: str,
        region: str,
        parent: str,
        names: Collection[str],
        shown: tuple[str, ...],
    ) -> Known[Listing[T]] | Unknown:
        where = f"projects/{project}/locations/{region}/{parents}/{parent}"
        spoken = plural if parents == "services" else "jobs " + plural
        look = ("gcloud", "run", *spoken.split(), "list", *shown, f"--region={region}", f"--project={project}")
        question = Question("run", f"{plural}.list", f"{where}/{plural}", look)

        async def fetch(token: str) -> Any:
            ask = getattr(getattr(self._google, plural), f"list_{plural}")
            return await ask(request={"parent": where, "page_size": PAGE, "page_token": token}, **self._google.CALL)

        def ours(entries: Iterable[Any]) -> Iterable[T]:
            return [convert(entry) for entry in entries if read.parent(entry.name) in names]

        return await self._pages.up_to(question, fetch, plural, ours, HISTORY_PAGES)

    async def _one(
        self, plural: str, name: str, ask: Callable[[], Callable[..., Awaitable[Any]]], convert: Callable[[Any], T]
    ) -> Known[T | None] | Unknown:
        _, project, _, region, _, _, _, last = name.split("/")
        group = ("run", "revisions") if plural == "revisions" else ("run", "jobs", "executions")
        look = ("gcloud", *group, "describe", last, f"--region={region}", f"--project={project}")

        async def fetch() -> list[Any]:
            await self._google.login()
            try:
                found = await ask()(name=name, **self._google.CALL)
            except Exception as error:
                if is_missing(error):
                    return [None]
                raise
            return [type(found).pb(found)]

        def first(answer: list[Any]) -> T | None:
            return None if answer[0] is None else convert(answer[0])

        return await self._boundary.ask(Question("run", f"{plural}.get", name, look), fetch, first, self._google.why)

"""The writing adapter: the only place where signoff changes something in Google Cloud. Used by `actions/` alone.

Every write is read, merge, write, with the etag that was read (https://cloud.google.com/run/docs/reference/rest/v2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from signoff.boundary import Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.google import edit
from signoff.systems.google.access import Access
from signoff.systems.google.deployed import Conflict, Deployed, Settled, Tag, Written
from signoff.systems.google.edit import EditedKind
from signoff.systems.google.waiting import unbroken, until

if TYPE_CHECKING:
    from signoff.systems.google.build_writer import BuildWriter
    from signoff.systems.google.job_writer import JobWriter
    from signoff.systems.google.source_writer import SourceWriter

T = TypeVar("T")

_SUCCEEDED, _FAILED = 4, 3  # run.v2 Condition.State


class Writers(Access):
    """What a step acts with."""

    @cached_property
    def builds(self) -> BuildWriter:
        from signoff.systems.google.build_writer import BuildWriter

        return BuildWriter(self)

    @cached_property
    def sources(self) -> SourceWriter:
        from signoff.systems.google.source_writer import SourceWriter

        return SourceWriter(self)

    @cached_property
    def jobs(self) -> JobWriter:
        from signoff.systems.google.job_writer import JobWriter

        return JobWriter(self)

    async def deployed(self, kind: EditedKind, resource: str) -> Known[Deployed | None] | Unknown:
        """The resource as it stands now; `resource` is `projects/P/locations/R/{services|jobs}/NAME`."""
        return await self._read(kind, resource, lambda message: None if message is None else _deployed(kind, message))

    async def set_image(
        self,
        kind: EditedKind,
        resource: str,
        image: str,
        *,
        commit: str | None,
        operation: str,
        replacing: str,
        holding: Sequence[tuple[str, int]] = (),
        tag: str = "",
    ) -> Known[Written | Conflict] | Unknown:
        """Point the resource at `image` (by digest), keeping everything else.

        `holding`: the revisions of a service that keep the traffic meanwhile, so that the new one gets none of it;
        `tag`: what it is reached by instead.
        A conflict is retried once from a fresh read, so that the other's change survives; but where the image is no
        longer `replacing` (nor `image`), somebody else deploys, and nothing is written.
        """

        def merge(message: Any) -> list[str] | Conflict:
            container = edit.main_container(edit.template_of(kind, message))
            now = container.image if container is not None else ""
            if now not in {replacing, image}:
                return Conflict(now)
            paths = edit.set_image(kind, message, image, commit, operation)
            return [*paths, *edit.hold_traffic(message, holding, tag)] if holding else paths

        return await self._merged(kind, resource, "update", merge)

    async def put_back(
        self, job: str, image: str, labels: edit.Labels, own_labels: edit.Labels, operation: str
    ) -> Known[Written | Conflict] | Unknown:
        """The template of a job names `image` again, everything else as it is. Retried once on a conflict.

        Where another than `operation` wrote the template last, nothing is written.
        """

        def merge(message: Any) -> list[str] | Conflict:
            if message.template.labels.get(edit.OPERATION, "") != operation:
                return Conflict(None, outdated=True)
            return edit.put_back(message, image, labels, own_labels)

        return await self._merged("job", job, "update", merge)

    async def set_traffic(
        self, resource: str, shares: Sequence[tuple[str, int]], tag: tuple[str, str] | None = None
    ) -> Known[Written | Conflict] | Unknown:
        """Share a service's traffic as `edit.set_traffic` says. Retried once on a conflict."""
        return await self._merged(
            "service", resource, "update-traffic", lambda message: edit.set_traffic(message, shares, tag)
        )

    async def set_claim(
        self, kind: EditedKind, resource: str, claim: str, *, over: Callable[[str], bool], etag: str = ""
    ) -> Known[Written | Conflict] | Unknown:
        """Say which operation holds the resource; empty: none. `over`: whether what is there may be replaced.

        Where it may not, the answer is a Conflict with that claim, and nothing is written; nor is it where the resource
        has another etag than `etag`, if one is given.
        """

        def merge(message: Any) -> list[str] | Conflict:
            there = message.annotations.get(edit.OPERATION, "")
            if there == claim:
                return []
            if not over(there):
                return Conflict(there)
            return Conflict(None, outdated=True) if etag not in {"", message.etag} else edit.set_claim(message, claim)

        return await self._merged(kind, resource, "claim", merge)

    async def settled(
        self, kind: EditedKind, resource: str, generation: int, seconds: float, told: Callable[[str], None]
    ) -> Known[Settled | None] | Unknown:
        """Wait until Cloud Run has dealt with `generation`; Known(None) when it has not within `seconds`."""

        async def look() -> Known[Settled | None] | Unknown:
            return await self._read(kind, resource, lambda message: _settled(kind, message, generation))

        return await until(look, seconds, told)

    async def _read(self, kind: EditedKind, resource: str, read: Callable[[Any], T]) -> Known[T] | Unknown:
        question = Question("run", f"{kind}s.get", resource, _look(kind, resource))
        return await self.reading.ask(question, lambda: self._get(kind, resource), read, self.google.why)

    async def _get(self, kind: EditedKind, resource: str) -> Any:
        """The raw message; None where it does not exist."""
        await self.google.login()
        from google.api_core.exceptions import NotFound
        from google.cloud.run_v2 import types

        try:
            if kind == "service":
                return types.Service.pb(await self.google.services.get_service(name=resource, **self.google.CALL))
            return types.Job.pb(await self.google.jobs.get_job(name=resource, **self.google.CALL))
        except NotFound:
            return None

    async def _merged(
        self, kind: EditedKind, resource: str, operation: str, merge: Callable[[Any], list[str] | Conflict]
    ) -> Known[Written | Conflict] | Unknown:
        question = Question("run", f"{kind}s.{operation}", resource, _look(kind, resource))

        async def once() -> Written | Conflict:
            message = await self._get(kind, resource)
            if message is None:
                raise ValueError("it does not exist any more")
            paths = merge(message)
            if isinstance(paths, Conflict):
                return paths
            return await self._put(kind, message, paths) if paths else Written(message.generation)

        async def write() -> Written | Conflict:
            first = await once()
            return await once() if first == Conflict(None) else first

        return await unbroken(self.writing.ask(question, write, lambda outcome: outcome, self._why_of_a_write))

    def _why_of_a_write(self, error: Exception) -> Any:
        return "malformed" if isinstance(error, ValueError) else self.google.why(error)

    async def _put(self, kind: EditedKind, message: Any, paths: list[str]) -> Written | Conflict:
        """Write what was read and edited, with its etag. The operation is not awaited: `settled` watches the thing."""
        from google.api_core.exceptions import Aborted
        from google.cloud.run_v2 import types
        from google.protobuf.field_mask_pb2 import FieldMask

        try:
            if kind == "service":
                request = types.UpdateServiceRequest(
                    service=types.Service.wrap(message), update_mask=FieldMask(paths=paths)
                )
                answer = await self.google.services.update_service(request=request, **self.google.CALL)
            else:
                job = types.UpdateJobRequest(job=types.Job.wrap(message))
                answer = await self.google.jobs.update_job(request=job, **self.google.CALL)
        except Aborted:
            return Conflict(None)
        return Written(int(answer.metadata.generation))


def _deployed(kind: EditedKind, message: Any) -> Deployed:
    template = edit.template_of(kind, message)
    container = edit.main_container(template)
    if container is None:
        raise ValueError("it has no container")
    return Deployed(
        resource=message.name,
        uid=message.uid,
        generation=message.generation,
        etag=message.etag,
        image=container.image,
        serving=edit.serving(message) if kind == "service" else (),
        follows_latest=edit.follows_latest(message) if kind == "service" else True,
        variables=tuple(sorted(variable.name for variable in container.env)),
        secrets=edit.secrets(template),
        settled=not message.reconciling and message.observed_generation == message.generation,
        created=edit.short(message.latest_created_revision) if kind == "service" else "",
        ready=edit.short(message.latest_ready_revision) if kind == "service" else "",
        tags=tuple(Tag(*tag) for tag in edit.tags(message)) if kind == "service" else (),
        operation=message.template.labels.get(edit.OPERATION, ""),
        claim=message.annotations.get(edit.OPERATION, ""),
        changed=message.update_time.ToDatetime().strftime("%Y-%m-%dT%H:%M:%SZ"),
        labels=edit.stated(message.template.labels),
        own_labels=edit.stated(message.labels),
    )


def _settled(kind: EditedKind, message: Any, generation: int) -> Settled | None:
    """None while Cloud Run is still at it."""
    if message is None:
        return Settled("replaced", "", Quoted("it does not exist any more"))
    condition = message.terminal_condition
    says = Quoted(condition.message)
    made = edit.short(message.latest_created_revision) if kind == "service" else ""
    if message.generation > generation:
        return Settled("replaced", made, says)
    if message.reconciling or message.observed_generation < generation:
        return None
    if condition.state == _SUCCEEDED:
        return Settled("ready", made, says)
    return Settled("failed", made, says) if condition.state == _FAILED else None


def _look(kind: EditedKind, resource: str) -> tuple[str, ...]:
    _, project, _, region, _, name = resource.split("/")
    return ("gcloud", "run", f"{kind}s", "describe", name, f"--region={region}", f"--project={project}")

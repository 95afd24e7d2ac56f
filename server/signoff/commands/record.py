"""`signoff record`: what the target's project is like right now, as the state of a sandbox. Reads only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from signoff.check import Progress
from signoff.commands.context import Context
from signoff.gather.served import HISTORY
from signoff.model.errors import SignoffError
from signoff.model.facts import Known, Unknown
from signoff.model.images import ImageRef
from signoff.model.quoted import Quoted
from signoff.model.recording import LeftOut, Recording, Resource
from signoff.model.subject import BuildTrigger
from signoff.systems.google.pages import Listing
from signoff.systems.google.recorder import LogKind, Recorder, call_of
from signoff.systems.google.registry import repository_of

BUILDS_PAGE, BUILD_PAGES = 100, 10
NEWEST = 100
"""Revisions of a service and executions of a job that are kept, beside those that have traffic or still run."""
LOG_SIZES: Mapping[LogKind, int] = {"errors": 1000, "requests": 500, "others": 300}
"""Newest entries of each kind at most: a log is longer than what a bug report can carry."""

Json = Mapping[str, Any]
Keep = Callable[[Json], bool]


async def record(context: Context, progress: Progress | None = None) -> Recording:
    """Everything of the project that signoff judges this target's workloads by, and what could not be read of it.

    Other workloads stay out. Source archives, what secrets hold, and tables are never read.
    """
    taking = _Taking(context.systems.recorder, progress or (lambda _done, _total, _message: None))
    project = context.target.project
    names = {
        kind: frozenset(workload.resource for workload in context.workloads if workload.kind == kind)
        for kind in ("service", "job", "worker-pool")
    }
    places = [f"projects/{project}/locations/{region}" for region in context.target.regions]
    await asyncio.gather(*(_current(taking, place, names) for place in places))
    _newest_only(taking)
    used = frozenset(_paths(taking.all("services", "revisions", "jobs", "executions", "workerPools")))
    repositories = sorted({name for name in map(repository_of, used) if name is not None})
    since = context.now() - HISTORY
    await asyncio.gather(
        *(_builds(taking, place, used) for place in (*places, f"projects/{project}/locations/global")),
        *(_images(taking, repository, used) for repository in repositories),
        *(_log(taking, project, kind, names, since) for kind in get_args(LogKind)),
    )
    _keep_own_triggers(taking, context)
    resources = {key: tuple(map(Resource, found)) for key, found in taking.resources.items() if found}
    return Recording(project, resources, taking.policies, tuple(taking.left_out))


@dataclass
class _Taking:
    """What was read so far."""

    recorder: Recorder
    progress: Progress
    resources: dict[str, list[Json]] = field(default_factory=dict)
    policies: dict[str, Resource] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    asked: int = 0
    answered: int = 0

    def all(self, *keys: str) -> Iterator[Json]:
        for key in keys:
            yield from self.resources.get(key, ())

    async def listed(self, key: str, parent: str, keep: Keep, **options: int) -> list[Json]:
        """The entries of a list that `keep` wants; they are taken."""
        self._tell(asked=1, about=key)
        answer = await self.recorder.listed(key, parent, **options)
        self._tell(answered=1, about=key)
        return self.take(key, answer, keep)

    def take(self, key: str, answer: Known[Listing[Resource]] | Unknown, keep: Keep | None = None) -> list[Json]:
        if isinstance(answer, Unknown):
            self.miss(key, answer, call_of(key))
            return []
        if not answer.value.whole:
            detail = Quoted("there is more than was read")
            self.left_out.append(LeftOut(key, answer.ref.resource, "incomplete", detail, call_of(key), cut=True))
        found = [one.rest for one in answer.value.items if keep is None or keep(one.rest)]
        self.resources.setdefault(key, []).extend(found)
        return found

    def miss(self, key: str, answer: Unknown, call: str) -> None:
        self.left_out.append(LeftOut(key, answer.ref.resource, answer.why, answer.detail, call))

    async def policy(self, key: str, name: str) -> None:
        answer = await self.recorder.policy(key, name)
        if isinstance(answer, Unknown):
            self.miss(key, answer, call_of(key, policy=True))
        elif answer.value.rest.get("bindings"):
            self.policies[name] = answer.value

    def _tell(self, about: str, asked: int = 0, answered: int = 0) -> None:
        self.asked += asked
        self.answered += answered
        self.progress(self.answered, self.asked, about)


async def _current(taking: _Taking, place: str, names: Mapping[str, frozenset[str]]) -> None:
    """What runs in a region, with its history and its policies."""

    async def services() -> None:
        found = await taking.listed("services", place, _named(names["service"]))
        if found:
            await asyncio.gather(
                taking.listed("revisions", f"{place}/services/-", _child_of(names["service"])),
                *(taking.policy("services", service["name"]) for service in found),
            )

    async def jobs() -> None:
        found = await taking.listed("jobs", place, _named(names["job"]))
        if found:
            newest = [_newest_execution(job) for job in found if "latestCreatedExecution" in job]
            await asyncio.gather(
                taking.listed("executions", f"{place}/jobs/-", _child_of(names["job"])),
                *(taking.listed("tasks", name, _any) for name in newest),
                *(taking.policy("jobs", job["name"]) for job in found),
            )

    async def pools() -> None:
        found = await taking.listed("workerPools", place, _named(names["worker-pool"]))
        await asyncio.gather(*(taking.listed("revisions", pool["name"], _any) for pool in found))

    wanted = (("service", services), ("job", jobs), ("worker-pool", pools))
    await asyncio.gather(*(read() for kind, read in wanted if names[kind]))


def _newest_only(taking: _Taking) -> None:
    """Of long histories the newest; what has traffic, or still runs, stays however old it is."""
    routed = [
        _short(entry.get("revision", ""))
        for resource in taking.all("services", "workerPools")
        for field_ in ("trafficStatuses", "traffic", "instanceSplitStatuses")
        for entry in resource.get(field_, ())
    ]
    for key in ("revisions", "executions"):
        seen: dict[str, int] = {}
        kept = []
        for entry in sorted(taking.all(key), key=lambda one: str(one.get("createTime", "")), reverse=True):
            parent = entry["name"].rpartition("/")[0]
            seen[parent] = seen.get(parent, 0) + 1
            runs = key == "executions" and "completionTime" not in entry
            if seen[parent] <= NEWEST or runs or _short(entry["name"]) in routed:
                kept.append(entry)
        taking.resources[key] = kept


async def _builds(taking: _Taking, place: str, used: frozenset[str]) -> None:
    """Builds that pushed one of the deployed images' paths, or that name none (what fails early), and all triggers."""

    def own(build: Json) -> bool:
        named = [*build.get("images", ()), *build.get("artifacts", {}).get("images", ())]
        named += [image.get("name", "") for image in build.get("results", {}).get("images", ())]
        return not named or bool(used & set(_parsed(named)))

    await asyncio.gather(
        taking.listed("builds", place, own, pages=BUILD_PAGES, size=BUILDS_PAGE),
        taking.listed("buildTriggers", place, _any),
    )


async def _images(taking: _Taking, repository: str, used: frozenset[str]) -> None:
    await taking.listed("dockerImages", repository, lambda image: bool(used & set(_parsed([image.get("uri", "")]))))


async def _log(
    taking: _Taking, project: str, kind: LogKind, names: Mapping[str, frozenset[str]], since: datetime
) -> None:
    if names["service"] or names["job"]:
        size = LOG_SIZES[kind]
        answer = await taking.recorder.log(project, kind, names["service"], names["job"], since, size)
        taking.take("logEntries", answer)


def _keep_own_triggers(taking: _Taking, context: Context) -> None:
    """Triggers that the kept builds are of, or that signoff.toml names."""
    named = {workload.build.trigger for workload in context.workloads if isinstance(workload.build, BuildTrigger)}
    ran = {build.get("buildTriggerId") for build in taking.all("builds")}
    taking.resources["buildTriggers"] = [
        trigger
        for trigger in taking.all("buildTriggers")
        if trigger.get("id") in ran or {trigger.get("name"), trigger.get("id")} & named
    ]


def _paths(resources: Iterable[Json]) -> Iterator[str]:
    """The paths of all images that containers name."""
    for resource in resources:
        for container in _containers(resource):
            yield from _parsed([container.get("image", "")])


def _containers(value: Any) -> Iterator[Json]:
    if isinstance(value, Mapping):
        yield from value.get("containers", ())
        for inner in value.values():
            yield from _containers(inner)


def _parsed(references: Iterable[str]) -> Iterator[str]:
    """Paths of image references; what is none is left out."""
    for reference in references:
        try:
            yield ImageRef.parse(reference).path
        except ValueError:
            continue


def _named(names: frozenset[str]) -> Keep:
    return lambda resource: _short(resource["name"]) in names


def _child_of(names: frozenset[str]) -> Keep:
    return lambda resource: _short(resource["name"].rpartition("/")[0].rpartition("/")[0]) in names


def _any(_: Json) -> bool:
    return True


def _short(name: str) -> str:
    return name.rpartition("/")[2]


def _newest_execution(job: Json) -> str:
    """The full name of a job's newest execution."""
    return f"{job['name']}/executions/{_short(job['latestCreatedExecution']['name'])}"


def writable(path: Path, *, force: bool) -> None:
    """Before anything is asked. Raises SignoffError where a file is there already, unless `force`."""
    if path.exists() and not force:
        raise SignoffError("there is such a file already", where=str(path), fix="--force replaces it")


def save(path: Path, text: str, *, force: bool) -> None:
    """Write it whole or not at all, readable for its owner alone. Raises SignoffError."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        writable(path, force=force)
        unfinished.replace(path)
    except OSError as error:
        says = f"it can not be written ({error.strerror or type(error).__name__})"
        raise SignoffError(says, where=str(path), fix="name another place with --output") from error
    finally:
        unfinished.unlink(missing_ok=True)

"""`signoff doctor`: whether everything that signoff needs is there, each trouble with its cure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from signoff.boundary import Boundary
from signoff.commands.doctor_rows import Found, GoogleSide, RemoteSide, Row, rows
from signoff.commands.doctor_uses import Use, uses
from signoff.config import Config, ConfigError, load
from signoff.drafting.draft import PLACEHOLDER
from signoff.model.database import Snapshot
from signoff.model.database_use import Database, Replayed
from signoff.model.facts import Known, Unknown
from signoff.model.subject import Kind, Target, Workload
from signoff.systems import Systems
from signoff.systems.google.permissions import all_permissions


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """`rows` in the order in which a person cures them; `sandbox`: Google's side is one."""

    rows: tuple[Row, ...]
    sandbox: bool

    @property
    def healthy(self) -> bool:
        """Nothing is wrong and nothing unknown."""
        return all(row.status == "ok" for row in self.rows)


async def doctor(root: Path, *, target: str | None = None, systems: Systems | None = None) -> DoctorResult:
    """Look at git, signoff.toml, the remote, the login, the permissions and the target.

    Nothing is raised for what is wrong: it is a row. `systems` left out: connections of its own, as the environment
    says (`SIGNOFF_SANDBOX`).
    """
    if systems is not None:
        return await _looked(root, target, systems)
    own = Systems(Boundary(), root, sandbox=os.environ.get("SIGNOFF_SANDBOX") or None)
    try:
        return await _looked(root, target, own)
    finally:
        await own.close()


async def _looked(root: Path, name: str | None, systems: Systems) -> DoctorResult:
    version, layout, config = await asyncio.gather(
        systems.git.version(), systems.git.layout(), asyncio.to_thread(_config, root, name)
    )
    shallow = layout if isinstance(layout, Unknown) else Known(layout.value.shallow, layout.ref)
    found = Found(version, shallow, config if isinstance(config, ConfigError) else config[0], sandbox=systems.sandbox)
    if not isinstance(config, ConfigError):
        of, target = config
        workloads = of.workloads_for(target)
        remote, google, (databases, shadows) = await asyncio.gather(
            _remote(systems, of.source.remote), _google(systems, target, workloads), _databases(systems, workloads)
        )
        found = replace(found, target=target, workloads=workloads, remote=remote, google=google)
        found = replace(found, databases=databases, shadows=shadows)
    return DoctorResult(rows(found), systems.sandbox)


def _config(root: Path, name: str | None) -> tuple[Config, Target] | ConfigError:
    try:
        config = load(root)
        return config, config.target(name)
    except ConfigError as error:
        return error


async def _remote(systems: Systems, remote: str) -> RemoteSide:
    remotes, layout = await asyncio.gather(systems.git.remotes(), systems.git.layout())
    if isinstance(remotes, Unknown):
        return RemoteSide(remotes)
    if isinstance(layout, Unknown):
        return RemoteSide(remotes, layout)
    private = await systems.git.private(remote, layout.value)
    if private is None or isinstance(private, Unknown):
        return RemoteSide(remotes, private)
    refs = await systems.git.remote_refs(remote, private)
    return RemoteSide(remotes, refs if isinstance(refs, Unknown) else Known(frozenset(refs.value.heads), refs.ref))


async def _databases(
    systems: Systems, workloads: tuple[Workload, ...]
) -> tuple[Mapping[str, Known[Snapshot] | Unknown], Mapping[str, Known[int] | Unknown]]:
    """Each declared database, asked once; and the version of a shadow where its schema is replayed into one."""
    declared = tuple(dict.fromkeys(one.database for one in workloads if isinstance(one.database, Database)))
    answers = await asyncio.gather(*(systems.postgres.snapshot(database) for database in declared))
    asked = {database.name: answer for database, answer in zip(declared, answers, strict=True)}
    shadows: dict[str, Known[int] | Unknown] = {}
    for database, answer in zip(declared, answers, strict=True):
        if isinstance(database.expected, Replayed):
            major = answer.value.major if isinstance(answer, Known) else 0
            shadows[database.name] = await systems.shadows.major(database, major)
    return asked, shadows


async def _google(systems: Systems, target: Target, workloads: tuple[Workload, ...]) -> GoogleSide:
    """The login first: without one every other question would only wait for the same answer."""
    account = await systems.identity.account()
    if isinstance(account, Unknown) or target.project == PLACEHOLDER:
        return GoogleSide(account)
    (granted, builds, declared), regions = await asyncio.gather(
        asyncio.gather(
            systems.identity.granted(target.project, all_permissions()),
            systems.builds.page(target.project, "global", 1),
            _declared(systems, workloads),
        ),
        asyncio.gather(*(_runs(systems, target.project, region, workloads) for region in target.regions)),
    )
    answered = builds if isinstance(builds, Unknown) else Known(None, builds.ref)
    return GoogleSide(account, granted, answered, dict(zip(target.regions, regions, strict=True)), declared)


async def _declared(systems: Systems, workloads: tuple[Workload, ...]) -> Mapping[Use, Known[frozenset[str]] | Unknown]:
    """One question a project, of what is declared there; none where nothing is."""
    from signoff.systems.google import bigquery, firestore

    emulators = {"BigQuery": bigquery.EMULATOR, "Firestore": firestore.EMULATOR}
    used = uses(workloads, [name for name, variable in emulators.items() if systems.environment.get(variable)])
    wanted: dict[str, dict[str, None]] = {}
    for use in used:
        asked = wanted.setdefault(use.project, {})
        asked.update(dict.fromkeys(one for need in use.needs for one in need.permissions))
    answers = await asyncio.gather(*(systems.identity.granted(one, tuple(asked)) for one, asked in wanted.items()))
    by_project = dict(zip(wanted, answers, strict=True))
    return {use: by_project[use.project] for use in used}


async def _runs(
    systems: Systems, project: str, region: str, workloads: tuple[Workload, ...]
) -> Known[frozenset[tuple[Kind, str]]] | Unknown:
    """Which of the workloads a region has. Services are asked in any case: the region itself has to answer."""
    lists: dict[Kind, Callable[[str, str, frozenset[str]], Awaitable[Known[Mapping[str, Any]] | Unknown]]] = {
        "service": systems.run.services,
        "job": systems.run.jobs,
        "worker-pool": systems.run.worker_pools,
    }
    kinds = [kind for kind in lists if kind == "service" or any(one.kind == kind for one in workloads)]
    names = {kind: frozenset(one.resource for one in workloads if one.kind == kind) for kind in kinds}
    answers = await asyncio.gather(*(lists[kind](project, region, names[kind]) for kind in kinds))
    found: set[tuple[Kind, str]] = set()
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, Unknown):
            return answer
        found.update((kind, name) for name in answer.value)
    return Known(frozenset(found), answers[0].ref)

"""What signoff.toml says, as the types that everything else asks about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from signoff.config.data import data_of
from signoff.config.databases import database_of
from signoff.config.errors import ConfigError, Trouble
from signoff.config.lines import Place, line_of
from signoff.model.finding import Location
from signoff.model.log_rules import Expected, LogRules, Noise
from signoff.model.smoke import BearerFrom, Identity, IdToken, Ignored, JsonExpected, RouteRules, Smoke
from signoff.model.subject import (
    BuildCommand,
    BuildMethod,
    BuildTrigger,
    CloudBuildConfig,
    ExistingImage,
    Flow,
    Target,
    Workload,
    WorkloadName,
)

if TYPE_CHECKING:
    from signoff.config.schema import Document, WorkloadTable
    from signoff.config.smoke_table import SmokeTable


@dataclass(frozen=True, slots=True)
class Source:
    remote: str
    flow: Flow


@dataclass(frozen=True, slots=True)
class Handoff:
    folder: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """The patterns of one workload, and why it is these. `patterns` is empty for the whole repository."""

    patterns: tuple[str, ...]
    origin: Literal["configured", "dockerfile", "everything"]
    says: str
    """A sentence for a person: where they come from, or why everything counts."""


@dataclass(frozen=True)
class Config:
    """`root`: the repository's root, which every path of the file starts from. `path`: the file itself."""

    path: Path
    root: Path
    source: Source
    handoff: Handoff
    log_lag: timedelta
    targets: Mapping[str, Target]
    default_target: str | None
    """The one meant where none is named; None with several targets and no default among them."""
    inputs: Mapping[WorkloadName, Inputs]
    written: Document
    lines: Mapping[Place, int] = field(default_factory=dict)
    """On which line each key stands."""

    def target(self, name: str | None = None) -> Target:
        """The named target, or the default one. Raises ConfigError with the names to choose from."""
        known = ", ".join(self.targets)
        chosen = name or self.default_target
        if chosen is None:
            says = f"there are several targets ({known}) and none is the default"
            fix = "name one with --target, or write default = true in one of them"
            raise ConfigError(self.path, [Trouble("targets", says, fix)])
        if chosen not in self.targets:
            says = f"there is no target {chosen}"
            raise ConfigError(self.path, [Trouble("targets", says, f"choose one of: {known}")])
        return self.targets[chosen]

    def workloads_for(self, target: Target) -> tuple[Workload, ...]:
        """In the order of the file, with their names in this target."""
        return tuple(self._workload(name, table, target) for name, table in self.written.workloads.items())

    def _workload(self, name: str, table: WorkloadTable, target: Target) -> Workload:
        key = WorkloadName(name)
        from signoff.config.rehearsal_table import rehearsal_of

        return Workload(
            name=key,
            kind=table.kind,
            resource=resource_name(name, table, target.name),
            inputs=self.inputs[key].patterns,
            build=_build(table),
            deploy=table.deploy,
            url=table.url.replace("{target}", target.name) if table.url else None,
            critical=table.critical,
            after=tuple(WorkloadName(other) for other in table.after),
            accept_labels=table.accept_labels,
            traffic=table.traffic,
            hold=table.traffic_hold_seconds,
            smoke=tuple(_smoke(smoke) for smoke in table.smoke),
            routes=RouteRules(
                openapi=table.routes.openapi,
                command=table.routes.command,
                ignore=tuple(Ignored(one.path, one.reason) for one in table.routes.ignore),
                probe=table.routes.probe,
            ),
            revision_header=table.revision_header,
            data=data_of(table.data, self.written, target, lambda at: self._place(name, "data", at)),
            database=database_of(table.schema_, self.written, target),
            logs=self._logs(name, table),
            rehearsal=rehearsal_of(table.rehearsal),
        )

    def _place(self, *key: str | int) -> Location:
        """Where it is written, of a workload's name and the keys below it."""
        path = self.path.relative_to(self.root) if self.path.is_relative_to(self.root) else self.path
        return Location(path.as_posix(), line_of(self.lines, ("workloads", *key)))

    def _logs(self, name: str, table: WorkloadTable) -> LogRules:
        def line(*key: str | int) -> int | None:
            return self._place(name, "logs", *key).line

        expect = (
            Expected(one.text, one.at_least, timedelta(seconds=one.within_seconds), line("expect", at))
            for at, one in enumerate(table.logs.expect)
        )
        noise = (
            Noise(one.why, one.until, one.text or "", one.pattern or "", line("noise", at))
            for at, one in enumerate(table.logs.noise)
        )
        return LogRules(tuple(expect), tuple(noise), self._place(name).path)


def resource_name(name: str, table: WorkloadTable, target: str) -> str:
    """The workload's short name on Cloud Run."""
    return (table.name or name).replace("{target}", target)


def _build(table: WorkloadTable) -> BuildMethod | None:
    from signoff.config.schema import CloudBuildTable, CommandTable, ImageTable, TriggerTable

    match table.build:
        case None:
            return None
        case CloudBuildTable(config=config, source=source):
            return CloudBuildConfig(config, source)
        case TriggerTable(trigger=trigger):
            return BuildTrigger(trigger)
        case CommandTable(command=command, source=source):
            return BuildCommand(command, source)
        case ImageTable(image=image):
            return ExistingImage(image)


def _smoke(table: SmokeTable) -> Smoke:
    headers = dict(table.headers)
    body = table.body
    if not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False, default=str)  # TOML has dates
        if "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = "application/json"
    return Smoke(
        path=table.path,
        expect=table.expect,
        method=table.method,
        headers=tuple(headers.items()),
        body=body or None,
        status=table.status,
        content_type=table.content_type,
        contains=table.contains,
        json=tuple(_json_expected(path, value) for path, value in table.json_values.items()),
        identity=_identity(table),
        writes=bool(table.writes),
    )


def _json_expected(path: str, value: Any) -> JsonExpected:
    from signoff.config.smoke_table import JsonTypeTable

    return JsonExpected(path, type=value.type) if isinstance(value, JsonTypeTable) else JsonExpected(path, value)


def _identity(table: SmokeTable) -> Identity | None:
    from signoff.config.smoke_table import BearerTable, IdTokenTable

    match table.identity:
        case IdTokenTable(id_token_audience=audience):
            return IdToken(audience)
        case BearerTable(bearer_env=variable):
            return BearerFrom(variable)
    return None

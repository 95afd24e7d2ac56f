"""What is asked about: the only thing that differs between a run, a watch, a deploy and a handoff's verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NewType

from signoff.model.data import DataCheck
from signoff.model.database_use import Database, NoDatabase
from signoff.model.log_rules import NO_RULES, LogRules
from signoff.model.rehearsal import Rehearsal
from signoff.model.smoke import AS_FOUND, RouteRules, Smoke

Commit = NewType("Commit", str)
"""A full hexadecimal object id, 40 or 64 characters, validated where it enters."""

WorkloadName = NewType("WorkloadName", str)

Kind = Literal["service", "job", "worker-pool"]
Deployer = Literal["signoff", "ci", "terraform", "other"]
Flow = Literal["push", "pull-request"]


@dataclass(frozen=True, slots=True)
class CloudBuildConfig:
    """Cloud Build runs a configuration of the repository, on a git source or on an upload of the tree."""

    config: str
    source: Literal["git", "upload"] = "git"


@dataclass(frozen=True, slots=True)
class BuildTrigger:
    """A Cloud Build trigger by name; its source is always the connected repository."""

    trigger: str
    source: Literal["git"] = "git"


@dataclass(frozen=True, slots=True)
class BuildCommand:
    """The team's own command, which may also deploy."""

    command: tuple[str, ...]
    source: Literal["git", "upload"] = "git"


@dataclass(frozen=True, slots=True)
class ExistingImage:
    """An image that somebody else builds, by repository path without tag or digest."""

    image: str
    source: Literal["git"] = "git"


BuildMethod = CloudBuildConfig | BuildTrigger | BuildCommand | ExistingImage


@dataclass(frozen=True, slots=True)
class Target:
    """A place that workloads are deployed to. `regions` is never empty; `branch` is what builds are made from."""

    name: str
    project: str
    regions: tuple[str, ...]
    branch: str


@dataclass(frozen=True, slots=True)
class Workload:
    """A Cloud Run service, job or worker pool that this repository deploys. Hashable, so that facts can be shared."""

    name: WorkloadName
    kind: Kind
    resource: str
    """Its short name in the target (`web-{target}` resolved)."""
    inputs: tuple[str, ...]
    """Path patterns from the repository's root, later ones override, `!` excludes; empty: the whole repository."""
    build: BuildMethod | None = None
    deploy: Deployer = "signoff"
    url: str | None = None
    critical: bool = False
    after: tuple[WorkloadName, ...] = ()
    accept_labels: bool = False
    """Whether a commit that only a label states is accepted (visibly) where no build proves it."""
    smoke: tuple[Smoke, ...] = ()
    routes: RouteRules = AS_FOUND
    traffic: tuple[int, ...] = (100,)
    """Percent of a new revision of a service, step by step; the last one is 100."""
    hold: int = 60
    """Seconds that each step before the last one is watched."""
    revision_header: str | None = None
    """A response header in which the application names its revision, accepted (visibly) as proof of arrival."""
    logs: LogRules = NO_RULES
    data: tuple[DataCheck, ...] = ()
    """Rows that it has to produce."""
    rehearsal: Rehearsal | None = None
    database: Database | NoDatabase | None = None
    """None: signoff.toml does not say whether it uses one."""

    @property
    def source(self) -> Literal["git", "upload"]:
        """Where the build gets its files: from the remote (the push matters) or from the working tree."""
        return self.build.source if self.build else "git"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A revision under judgement that does not serve yet, the URL that reaches it, and its region."""

    revision: str
    url: str | None = None
    region: str | None = None
    """None: whichever has a revision of that name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the session says it did, for instance "this error is gone"."""

    workload: WorkloadName | None
    gone: str


@dataclass(frozen=True, slots=True)
class Session:
    """When the session began, and the commit that was checked out then.

    `changed`: the workloads that its operations were at since.
    """

    head: Commit
    began: datetime
    changed: frozenset[WorkloadName] = frozenset()


@dataclass(frozen=True, slots=True)
class Subject:
    """`commit`: what is to be proven in the target. `tree`: the worktree, None where there is only a commit."""

    commit: Commit
    tree: Path | None
    target: Target
    workloads: tuple[Workload, ...]
    remote: str = "origin"
    flow: Flow = "push"
    handoff_folder: str = "docs/handoffs"
    """Never an input of a workload."""
    session: Session | None = None
    candidate: Mapping[WorkloadName, Candidate] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    log_lag: timedelta = timedelta(seconds=30)
    """How late a log entry may come; there is no promise on it, so it is a setting."""

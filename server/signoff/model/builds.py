"""Builds as facts: what was built from where, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.model.quoted import Quoted
from signoff.model.subject import Commit

Status = Literal[
    "STATUS_UNKNOWN",
    "PENDING",
    "QUEUED",
    "WORKING",
    "SUCCESS",
    "FAILURE",
    "INTERNAL_ERROR",
    "TIMEOUT",
    "CANCELLED",
    "EXPIRED",
]
UNDER_WAY: frozenset[Status] = frozenset({"PENDING", "QUEUED", "WORKING"})


@dataclass(frozen=True, slots=True)
class GitOrigin:
    """Fetched from a repository. `commit` is resolved by Cloud Build; None where it did not say (yet)."""

    kind: Literal["git", "repo", "connected"]
    where: Quoted
    revision: Quoted
    commit: Commit | None


@dataclass(frozen=True, slots=True)
class Upload:
    """An archive in Cloud Storage, uploaded from somebody's folder: it has no commit. `generation` 0: not said."""

    bucket: str
    name: str
    generation: int = 0


@dataclass(frozen=True, slots=True)
class NoSource:
    """The build's steps fetch what they need themselves, or nothing says from where it came."""


Origin = GitOrigin | Upload | NoSource


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that a build pushed: `named` is path and tag."""

    path: str
    named: str
    digest: str


@dataclass(frozen=True, slots=True)
class Build:
    """`pushes`: the paths of the images it is told to push. `stated`: the commit that its substitutions name.

    `trigger`: the id of the trigger that ran it; then Cloud Build itself filled in that commit. `detail`: what it says
    of a failure. `tags`: what whoever started it says of it. `log`: the `gs://` folder that takes its log, or `logging`
    for Cloud Logging; None where it has none. `failed_step`: the number of the first step that did not end well. Times
    are aware.
    """

    id: str
    location: str
    status: Status
    created: datetime
    finished: datetime | None
    origin: Origin
    images: tuple[BuiltImage, ...]
    pushes: tuple[str, ...]
    stated: Commit | None
    trigger: str | None
    detail: Quoted
    tags: tuple[str, ...] = ()
    log: str | None = None
    failed_step: int | None = None

    @property
    def paths(self) -> frozenset[str]:
        """Image paths that it pushed or was told to push."""
        return frozenset((*(image.path for image in self.images), *self.pushes))

    @property
    def resolved(self) -> bool:
        """Whether Cloud Build resolved the commit from the source itself."""
        return isinstance(self.origin, GitOrigin) and self.origin.commit is not None

    @property
    def commit(self) -> Commit | None:
        """The commit that Cloud Build vouches for: resolved from the source, or filled in for a trigger's build.

        https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values#using_default_substitutions
        """
        if isinstance(self.origin, GitOrigin) and self.origin.commit is not None:
            return self.origin.commit
        return self.stated if self.trigger and not isinstance(self.origin, Upload) else None

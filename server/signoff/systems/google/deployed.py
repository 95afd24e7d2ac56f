"""What the writing adapters say of a resource: just what a plan is bound to and a step needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.model.quoted import Quoted


@dataclass(frozen=True, slots=True)
class Tag:
    """A name of its own for a revision (short), with the URL that reaches it; `url` is empty until it answers.

    `latest`: it moves on to what is deployed next.
    """

    name: str
    revision: str
    url: str
    latest: bool = False


@dataclass(frozen=True, slots=True)
class Deployed:
    """A service or job as it stands. `serving`: revision (short) and percent, summed; empty for a job.

    `image`: of the container that gets the requests, as the template names it. `etag` changes with every write.
    `created`, `ready`: the latest revision made, and the latest that came up (short); both empty for a job.
    """

    resource: str
    uid: str
    generation: int
    etag: str
    image: str
    serving: tuple[tuple[str, int], ...]
    follows_latest: bool
    """All traffic goes to the latest ready revision; False: somebody pinned it. True for a job."""
    variables: tuple[str, ...]
    """Names of the environment variables, never their values."""
    secrets: tuple[str, ...]
    """Names of what is filled from Secret Manager: variables, and volumes as `NAME (volume)`."""
    settled: bool
    created: str = ""
    ready: str = ""
    tags: tuple[Tag, ...] = ()
    operation: str = ""
    """The operation of signoff that wrote the template last, as its label says; empty where another did."""
    claim: str = ""
    """Which operation holds it right now, as its annotation says (see `actions/claim.py`); empty: none."""
    changed: str = ""
    """When it was last written, as `2026-01-01T00:00:00Z`."""
    labels: tuple[tuple[str, str], ...] = ()
    own_labels: tuple[tuple[str, str], ...] = ()
    """What the labels of the template, and its own, say of commit, build and operation."""


@dataclass(frozen=True, slots=True)
class Written:
    """A write that was taken: wait for this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else wrote in between, also between the second reading and writing; nothing was written."""

    there: str | None
    """What stands there now, where that is what is in the way: the image, or the claim of another operation."""
    outdated: bool = False
    """It is not in the state any more that was expected of it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a generation came out. `revision`: the revision that was made (short); empty for a job."""

    state: Literal["ready", "failed", "replaced"]
    revision: str
    message: Quoted
    """What Cloud Run says of it."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A run of a job as it stands. `name` is the full one; `created` is aware; `done`: tasks that succeeded."""

    name: str
    image: str
    created: datetime
    completed: bool
    succeeded: bool
    tasks: int
    done: int
    says: Quoted
    """What Cloud Run says of it."""


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task's last attempt ended."""

    index: int
    attempts: int
    exit_code: int
    says: Quoted


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that a build pushed: `name` with its tag, `digest` as `sha256:…`."""

    name: str
    digest: str

    @property
    def path(self) -> str:
        return path_of(self.name)


@dataclass(frozen=True, slots=True)
class BuildName:
    """Which build: `location` is a region or `global`."""

    project: str
    location: str
    id: str

    @property
    def resource(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/builds/{self.id}"

    @property
    def log(self) -> tuple[str, ...]:
        """How a person reads its log."""
        return ("gcloud", "builds", "log", self.id, f"--region={self.location}", f"--project={self.project}")


@dataclass(frozen=True, slots=True)
class BuildState:
    """A build as it stands. `status` is Cloud Build's word; `images` is empty until it has ended well.

    `failed_step`: the number of the first step that did not end well. `log`: the `gs://` folder or Cloud Logging
    that takes its log; None where it has none.
    """

    name: BuildName
    status: str
    running: bool
    done: bool
    images: tuple[BuiltImage, ...]
    detail: Quoted
    failed_step: int | None
    log: str | None


def path_of(image: str) -> str:
    """The repository path of an image reference, without tag and digest."""
    path = image.partition("@")[0]
    last = path.rfind("/")
    colon = path.find(":", last + 1)
    return path if colon < 0 else path[:colon]

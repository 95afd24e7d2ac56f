"""Lineage: which commit an image is made of, what that commit holds, and where the image runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from signoff.model.builds import Build
from signoff.model.evidence import Evidence, Strength
from signoff.model.facts import Ref
from signoff.model.quoted import Quoted
from signoff.model.run import Execution, Job, Revision, Service, Variable
from signoff.model.source import Reference
from signoff.model.subject import Commit
from signoff.model.text import Text


@dataclass(frozen=True, slots=True)
class Missing:
    """The commits that something deployed does not hold. `exact` False: at least these (a shallow clone)."""

    count: int
    exact: bool
    oldest: datetime | None = None
    newest: datetime | None = None
    authors: tuple[Quoted, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a commit, or an uploaded tree, is against the reference, on a workload's inputs. Trees decide.

    `holds`: everything of the reference is in it. `behind`: commits are missing. `diverged`: it is not on the branch.
    `differs`: an upload that is no commit's content. `unknown`: `why` says what was not found out.
    `files`: some of the inputs that differ, `differing` how many they are.
    """

    state: Literal["holds", "behind", "diverged", "differs", "unknown"]
    missing: Missing | None = None
    files: tuple[Quoted, ...] = ()
    differing: int = 0
    left_out: tuple[Quoted, ...] = ()
    """Inputs that an ignore file kept out of an upload."""
    why: Text | None = None


How = Literal["build", "upload", "kept", "label", "none"]


@dataclass(frozen=True, slots=True)
class Lineage:
    """How one digest is tied to a commit.

    `build`: by a build record; `upload`: by the archive it was built from, file by file; `kept`: by a proof that was
    kept since the record vanished; `label`: only stated; `none`: not at all (`content.why`). `index`: the image index
    that the builder made, where the digest is one platform's image of it. `copied_from`: the path it was built as.
    `foreign`: the registry and the builder were read wholly, and no build pushed it or an index of it.
    """

    digest: str
    how: How
    content: Content
    commit: Commit | None = None
    strength: Strength = "stated"
    build: Build | None = None
    evidence: tuple[Evidence, ...] = ()
    index: str | None = None
    copied_from: str | None = None
    foreign: bool = False

    def holds(self, accept_labels: bool) -> bool:
        """Whether the reference is in it, by proof, or by what is stated where that is accepted."""
        return self.content.state == "holds" and (accept_labels or self.strength != "stated")


@dataclass(frozen=True, slots=True)
class Placement:
    """A workload in one region. `resource` None: it does not exist there.

    `newest`: the revision under judgement (the latest created one, or a candidate); None where it is gone.
    `serving`: revisions with traffic. `previous`: the one before `newest`, None for the first; only where `compared`.
    `unread`: variables of `previous` that the inputs do not mention. Of a job: its newest execution, and older ones
    that still run. `ref`: how a person looks at the resource.
    """

    region: str
    resource: Service | Job | None
    ref: Ref
    newest: Revision | None = None
    serving: tuple[Revision, ...] = ()
    previous: Revision | None = None
    compared: bool = False
    unread: frozenset[Quoted] = frozenset()
    execution: Execution | None = None
    running: tuple[Execution, ...] = ()

    @property
    def wiped(self) -> tuple[Variable, ...]:
        """What the previous revision had and the newest has in no form: a value that became a secret stays."""
        if self.previous is None or self.newest is None:
            return ()
        names = {variable.name for variable in self.newest.template.variables}
        secrets = {variable.kind.rpartition(":")[0] for variable in self.newest.template.variables}
        gone = (
            variable
            for variable in self.previous.template.variables
            if variable.name not in names
            and (variable.kind == "value" or variable.kind.rpartition(":")[0] not in secrets)
        )
        return tuple(sorted(gone, key=lambda variable: variable.name))


@dataclass(frozen=True, slots=True)
class Trace:
    """What the builder and the registry say of a workload's images.

    `lineages`: by digest, of everything deployed. `built`: of recent successful builds of it, newest first.
    `under_way`: the newest build, where it has not ended; `failed`: where it failed; each with what its commit holds.
    `read_back_to`: when the list of builds was cut short, the time since which all are known; None: it was whole.
    """

    lineages: Mapping[str, Lineage]
    built: tuple[Lineage, ...]
    builds: Ref
    under_way: tuple[Build, Content] | None = None
    failed: tuple[Build, Content] | None = None
    read_back_to: datetime | None = None

    @property
    def failure(self) -> Build | None:
        """The failed build that was to hold the change; one of another commit, a branch's for instance, explains
        nothing.
        """
        return self.failed[0] if self.failed is not None and self.failed[1].state in {"holds", "unknown"} else None


@dataclass(frozen=True, slots=True)
class Standing:
    """One workload in the target: the facts of `built`, `released` and `serving`.

    `trace` is None only for `serving`, which can say where traffic goes without knowing what is in the images.
    """

    reference: Reference | None
    placements: tuple[Placement, ...]
    trace: Trace | None
    now: datetime
    project: str
    good: frozenset[str] = field(default=frozenset())
    """Digests that hold the reference."""
    failing_line: Quoted | None = None
    """Of the failed build that explains why there is none: the first line of its log that names an error, if read."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a digest was built from a commit: kept, since build records vanish. `source`: the build's name."""

    digest: str
    commit: Commit
    strength: Literal["proven", "attested"]
    source: str


class Proofs(Protocol):
    """Where proofs are kept."""

    def get(self, digest: str) -> Proof | None: ...

    def put(self, proof: Proof) -> None: ...


class KeptInMemory:
    """Proofs for as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Proof] = {}

    def get(self, digest: str) -> Proof | None:
        return self._kept.get(digest)

    def put(self, proof: Proof) -> None:
        self._kept[proof.digest] = proof

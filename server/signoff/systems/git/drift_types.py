"""What is asked and answered about drift. Definitions that bind, in one place.

*Drifted*: the trees of the deployed commit and of head differ on the inputs. A reverted change is not drift, nor is
a squash of the same content. *Missing*: the commits in reach(head) and not in reach(deployed) that touch the inputs;
merges only where they explain a difference that no other missing commit explains.
"""

from dataclasses import dataclass
from typing import Literal

from signoff.systems.git.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Question:
    """Is what is deployed of one workload (in one place) behind? ``deployed``: a full commit id, lower case."""

    key: str
    deployed: str
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class Missing:
    """A commit that what is deployed does not hold.

    ``time`` is the committer's, in unix seconds. ``landed_at`` is the commit on head's first-parent line that brought
    it in (itself, where it was made on that line), with that commit's time. Author and subject are data from outside.
    """

    commit: str
    author: bytes
    time: int
    landed_at: str | None
    landed_time: int | None
    subject: bytes


@dataclass(frozen=True, slots=True)
class Drift:
    """One answer.

    ``files``: the inputs in which the trees differ, sorted; ``commits``: newest first. ``exact`` is False where the
    clone does not hold the history: then the trees still decide, and at least these commits are missing; ``why`` says
    so. ``diverged``: the deployed commit is proven not to be an ancestor of head; commits of which it holds a
    cherry-picked twin are left out. ``state`` "unknown" has its reason in ``why`` and nothing else.
    """

    key: str
    state: Literal["same", "drifted", "unknown"]
    why: str | None = None
    files: tuple[bytes, ...] = ()
    commits: tuple[Missing, ...] = ()
    exact: bool = True
    diverged: bool = False

    @property
    def newest_touching(self) -> str | None:
        """The newest missing commit that touches the inputs."""
        return self.commits[0].commit if self.commits else None

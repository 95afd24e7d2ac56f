"""What is known of the source: the working tree, the local commits, and the branch that builds are made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from signoff.model.subject import Commit


@dataclass(frozen=True, slots=True)
class Reference:
    """What production must hold at least, and where the branch that it is built from stands now.

    `commit`: the subject's commit where the live branch contains it; the commit of the branch with which its content
    landed where it was squashed or rebased; else the merge base of the two, so that what is not pushed is the fault
    of `pushed` alone. `branch_head`: the branch on the remote, asked live. `objects`: a git directory in which both
    commits, their trees and the history between them exist (the user's, or signoff's private one).
    """

    commit: Commit
    branch_head: Commit
    objects: Path

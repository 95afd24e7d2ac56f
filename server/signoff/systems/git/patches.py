"""What a commit changes, as an id that stays the same where the change is applied again elsewhere.

As `git patch-id`, but whitespace counts: in Python or YAML it decides what a line means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import BinaryIO

from signoff.model.subject import Commit
from signoff.systems.git.process import Children, is_object_id, object_id

_OPTIONS = ("-p", "-r", "--root", "--no-renames", "--no-ext-diff", "--no-textconv", "--full-index", "--no-color")
_DIFF = ("diff-tree", "--stdin", *_OPTIONS, "--diff-algorithm=myers", "--unified=3", "--ignore-submodules=none")


def patch_ids(children: Children, pairs: Iterable[tuple[Commit, Commit | None]]) -> bytes:
    """For each (commit, what it is compared with; None: its own parent) with a difference, a line `COMMIT PATCH-ID`."""
    stdin = "".join(f"{object_id(commit)} {object_id(base) if base else ''}".strip() + "\n" for commit, base in pairs)
    with children.start(*_DIFF, stdin=stdin.encode()) as child:
        return b"".join(b"%s %s\n" % (commit, patch) for commit, patch in _hashed(child.out))


def _hashed(out: BinaryIO | Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    """A commit's id stands alone on a line; no line of a patch has its form: they begin with a sign or a word."""
    commit, digest, held = b"", hashlib.sha256(), b""
    for line in out:
        if is_object_id(line.decode("latin-1").removesuffix("\n")):
            if commit:
                yield commit, digest.hexdigest().encode()
            commit, digest = line.strip(), hashlib.sha256()
        elif line.startswith(b"@@ "):  # where the lines stand is not part of the change
            digest.update(b"@@\n")
        elif line.startswith(b"index "):  # ids hold the whole file; they count only where they are all that is shown
            held = line
        else:
            if line.startswith(b"Binary files "):
                digest.update(held)
            digest.update(line)
    if commit:
        yield commit, digest.hexdigest().encode()


def read(raw: bytes) -> dict[Commit, str]:
    """The patch id of each commit, from what `patch_ids` gave."""
    lines = (line.split(" ") for line in raw.decode("ascii").splitlines())
    return {Commit(object_id(commit)): object_id(patch) for commit, patch in lines}

"""A clean checkout of one commit in a folder of its own: nothing of the working tree is in it."""

from __future__ import annotations

from pathlib import Path

from signoff.model.facts import Known, Unknown
from signoff.model.subject import Commit
from signoff.systems.git.process import Git, object_id
from signoff.systems.git.repository import Repository

SECONDS = 300.0


async def checkout(repository: Repository, commit: Commit, folder: Path, remote: str) -> Known[None] | Unknown:
    """Check the commit out into `folder`, which is made: a repository with a detached HEAD that borrows the objects.

    `remote` becomes its `origin`. Hooks and configuration of the clone are not taken over; the person's own ones
    (Git LFS, for instance) hold. The folder is the caller's to remove.
    """
    layout = await repository.layout()
    if isinstance(layout, Unknown):
        return layout
    there = Git(folder)

    async def make() -> bytes:
        form = f"--object-format={layout.value.object_format}"
        await repository.git.run("init", "--quiet", "--template=", form, str(folder))
        alternates = folder / ".git" / "objects" / "info" / "alternates"
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_bytes(f"{layout.value.common / 'objects'}\n".encode("utf-8", "surrogateescape"))
        if layout.value.shallow:
            (folder / ".git" / "shallow").write_bytes((layout.value.common / "shallow").read_bytes())
        await there.run("remote", "add", "origin", remote)
        await there.run("checkout", "--quiet", "--detach", object_id(commit), timeout=SECONDS, network=True)
        return b""

    look = ("worktree", "add", "--detach", "FOLDER", commit)
    try:
        return await repository.history().ask.ask("checkout", look, make, lambda _raw: None, seconds=SECONDS)
    finally:
        there.close()

"""A clean clone of one commit, as the remote hands it out: nothing of the working tree is in it."""

from __future__ import annotations

from pathlib import Path

from signoff.model.facts import Known, Unknown
from signoff.model.subject import Commit
from signoff.systems.git.errors import GitError
from signoff.systems.git.process import Git, object_id
from signoff.systems.git.remote import absolute
from signoff.systems.git.repository import Repository

SECONDS = 300.0


async def clone(repository: Repository, remote: str, commit: Commit, folder: Path) -> Known[None] | Unknown:
    """Fetch the commit alone from the remote into `folder`, which is made, and check it out. The caller removes it.

    As Cloud Build does it, without its history; where a server does not hand out commits by their id, with that.
    """
    layout, url = await repository.layout(), await repository.url(remote)
    if isinstance(layout, Unknown):
        return layout
    if isinstance(url, Unknown):
        return url
    address = absolute(url.value or remote, layout.value.top)
    there = Git(folder)

    async def make() -> bytes:
        form = f"--object-format={layout.value.object_format}"
        await repository.git.run("init", "--quiet", "--template=", form, str(folder))
        await there.run("remote", "add", "origin", address)
        options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance")
        try:
            one = (*options, "--depth=1", "--", "origin", object_id(commit))
            await there.run("fetch", *one, timeout=SECONDS, network=True)
        except GitError as error:
            if b"not our ref" not in error.stderr and b"unadvertised object" not in error.stderr:
                raise
            heads = "+refs/heads/*:refs/remotes/origin/*"
            await there.run("fetch", *options, "--", "origin", heads, timeout=SECONDS, network=True)
        await there.run("checkout", "--quiet", "--detach", object_id(commit), timeout=SECONDS, network=True)
        return b""

    look = ("fetch", "--depth=1", remote, commit)
    try:
        return await repository.history().ask.ask("clone", look, make, lambda _raw: None, seconds=3 * SECONDS)
    finally:
        there.close()

"""Signoff's own bare repository beside the user's: what the remote has and the clone does not is fetched here.

The user's references and objects stay as they are. The network is asked from here as well: the configuration of the
user's repository, which may name programs (core.sshCommand, credential helpers), takes no part; the person's own does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from signoff.systems.git.errors import GitError
from signoff.systems.git.layout import Layout
from signoff.systems.git.process import Git


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`$SIGNOFF_STATE`, else `$XDG_STATE_HOME/signoff`, else `~/.local/state/signoff`."""
    if own := environment.get("SIGNOFF_STATE"):
        return Path(own)
    base = environment.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "signoff"


_PAUSES = (0.1, 0.3, 0.9)
_LOCKED = re.compile(rb"cannot lock ref|Unable to create '.*\.lock'|unable to update local ref")
_DAMAGED = re.compile(rb"did not send all necessary objects|unable to find|is corrupt|not a git repository")


class Private:
    """The private repositories that belong to one clone and one remote address.

    `remote.git` borrows the clone's objects. A shallow clone has no history to borrow, so there `remote.git` is whole
    by itself, and `view.git` borrows from both; `reading` is the one in which commits of both sides can be read.
    `tips.git` holds commits of other branches without their trees.
    """

    def __init__(self, user: Git, layout: Layout, url: str, state: Path) -> None:
        key = hashlib.sha256(f"{layout.common}\0{url}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._folder = state / "repositories" / key
        self._user = user
        self._layout = layout
        self._url = url
        self._opened: dict[str, Git] = {}
        objects = layout.common / "objects"
        whole = self._folder / "remote.git"
        self._borrows: Mapping[str, Sequence[Path]] = {
            "remote": () if layout.shallow else (objects,),
            "view": (objects, whole / "objects"),
            "tips": (objects, whole / "objects"),
            "parts": (),
        }

    @property
    def reading(self) -> Path:
        return self._folder / ("view.git" if self._layout.shallow else "remote.git")

    @property
    def tips(self) -> Path:
        return self._folder / "tips.git"

    async def open(self, name: str) -> Git:
        """The repository `name`.git, made if it is not there. GitError and OSError where that fails."""
        if name in self._opened:
            return self._opened[name]
        path = self._folder / f"{name}.git"
        # In this order: what another process moves here in the meantime is whole, and never taken for damaged.
        there = path.exists()
        if not ((path / "config").is_file() and (path / "refs").is_dir()):
            if there:
                shutil.rmtree(path, ignore_errors=True)
            await self._create(path)
        if self._borrows[name]:
            self._borrow(path, self._borrows[name])
        return self._opened.setdefault(name, Git(path))

    async def _create(self, path: Path) -> None:
        """Made under another name and then moved: two processes may begin at the same time."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        form = f"--object-format={self._layout.object_format}"
        await self._user.run("init", "--bare", "--quiet", "--template=", form, str(draft))
        try:
            draft.rename(path)
        except OSError:  # the other was first
            shutil.rmtree(draft)

    def _borrow(self, path: Path, lenders: Sequence[Path]) -> None:
        """Write `objects/info/alternates` (https://git-scm.com/docs/gitrepository-layout), whole at once."""
        listed = "".join(f"{lender}\n" for lender in lenders).encode("utf-8", "surrogateescape")
        file = path / "objects" / "info" / "alternates"
        if file.is_file() and file.read_bytes() == listed:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"alternates.{os.getpid()}")
        draft.write_bytes(listed)
        draft.replace(file)

    async def list_remote(self, seconds: float) -> bytes:
        """`git ls-remote --heads --tags` of the remote."""
        git = await self.open("remote")
        return await git.run("ls-remote", "--heads", "--tags", "--", self._url, timeout=seconds, network=True)

    async def fetch(self, branches: Sequence[str], seconds: float, *, trees: bool = True) -> bytes:
        """Fetch branches of the remote; with `trees` False only their commits, into `tips.git`.

        A private repository that lost what it borrowed (the clone was pruned) is made anew once.
        """
        name = "remote" if trees else "tips"
        for pause in _PAUSES:
            try:
                return await self._fetch(name, branches, seconds)
            except GitError as error:
                if _LOCKED.search(error.stderr):  # somebody else fetches: theirs serves as well
                    await asyncio.sleep(pause)
                elif error.kind == "unknown-object" or _DAMAGED.search(error.stderr):
                    self._opened.pop(name).close()
                    shutil.rmtree(self._folder / f"{name}.git", ignore_errors=True)
                else:
                    raise
        return await self._fetch(name, branches, seconds)

    async def _fetch(self, name: str, branches: Sequence[str], seconds: float) -> bytes:
        git = await self.open(name)
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"]
        if name == "tips":
            options.append("--filter=tree:0")
        wanted = "".join(f"+refs/heads/{branch}:refs/heads/{branch}\n" for branch in branches)
        answer = await git.run(
            "fetch", *options, "--stdin", "--", self._url, stdin=wanted.encode(), timeout=seconds, network=True
        )
        if self._layout.shallow:
            await self.open("view")
        return answer

    async def has(self, url: str, commit: str, seconds: float) -> bytes:
        """b"yes" where the repository at this address hands out the commit (asked by its id), else b"no"."""
        git = await self.open("parts")
        # Without its trees, and by itself: what is fetched is only the proof that it is there.
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--filter=tree:0")
        try:
            await git.run("fetch", *options, "--depth=1", "--refetch", "--", url, commit, timeout=seconds, network=True)
        except GitError as error:
            if b"not our ref" in error.stderr or b"unadvertised object" in error.stderr:
                return b"no"
            raise
        return b"yes"

    def close(self) -> None:
        for git in self._opened.values():
            git.close()

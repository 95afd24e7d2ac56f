"""One clone and its remotes. Every question is a call through the boundary; git's errors come back as Unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from signoff.boundary import Boundary, Malformed, Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import WorkingTree
from signoff.model.subject import Commit
from signoff.systems.git import filters, lfs, status
from signoff.systems.git import layout as layouts
from signoff.systems.git.answers import Asker
from signoff.systems.git.history import History, read_ids
from signoff.systems.git.layout import Layout
from signoff.systems.git.private import Private, state_folder
from signoff.systems.git.process import Git
from signoff.systems.git.refs import (
    REFS_ARGV,
    WORKTREES_ARGV,
    LocalRefs,
    Stash,
    Worktree,
    read_local_refs,
    read_made,
    read_stashes,
    read_worktrees,
)
from signoff.systems.git.remote import RemoteRefs, absolute, read_refs, without_login

_FETCH_SECONDS = 60.0


class Repository:
    """The working tree at `tree` and the repository around it. `state`: where private repositories are kept."""

    def __init__(self, boundary: Boundary, tree: Path, *, state: Path | None = None) -> None:
        self.boundary = boundary
        self.tree = tree
        self.git = Git(tree)
        self._state = state
        self._asker = Asker(boundary, self.git, str(tree))
        self._private: dict[str, Private] = {}
        self._histories: dict[Path, History] = {}

    async def close(self) -> None:
        """End the children and let go of all repositories."""

        def closing() -> None:
            self.git.close()
            for private in self._private.values():
                private.close()
            for history in self._histories.values():
                history.ask.git.close()

        await asyncio.to_thread(closing)

    async def version(self) -> Known[str] | Unknown:
        """The version of the program git, such as `2.39.5`."""
        return await self._asker.run("version", "version", read=lambda raw: raw.decode("utf-8").split()[2])

    async def layout(self) -> Known[Layout] | Unknown:
        """Where things are kept, and whether the history is cut off."""
        return await self._asker.run("layout", *layouts.ARGV, read=layouts.read)

    async def status(self, layout: Layout) -> Known[WorkingTree] | Unknown:
        """HEAD, its branch, and what differs from the last commit (untracked files too; ignored ones not)."""
        disarmed = await self._asker.run("filters", *filters.ARGV, read=filters.disarmed, ok=(0, 1))
        if isinstance(disarmed, Unknown):
            return disarmed
        look = ("status", "--untracked-files=all")
        told = await self._asker.run("status", *disarmed.value, *status.ARGV, read=status.read, look=look)
        if isinstance(told, Unknown):
            return told
        return Known(replace(told.value, operation=status.operation(layout.git_dir)), told.ref)

    async def refs(self) -> Known[LocalRefs] | Unknown:
        """The local branches, and what is remembered of the remotes' ones."""
        return await self._asker.run("for-each-ref", *REFS_ARGV, read=read_local_refs)

    async def worktrees(self) -> Known[tuple[Worktree, ...]] | Unknown:
        """All working trees of this repository, this one among them."""
        return await self._asker.run("worktree", *WORKTREES_ARGV, read=read_worktrees)

    async def stashes(self) -> Known[tuple[Stash, ...]] | Unknown:
        """What was put aside, newest first. Asked only where the status counted some: git fails without any."""
        argv = ("rev-list", "--walk-reflogs", "--parents", "refs/stash", "--")
        return await self._asker.run("stash", *argv, read=read_stashes, look=("stash", "list"))

    async def once_had(self, branch: str, commit: Commit) -> Known[bool] | Unknown:
        """Whether this clone's branch stood at the commit at some time (its reflog)."""

        def read(raw: bytes) -> bool:
            return commit in read_ids(raw)

        argv = ("rev-list", "--walk-reflogs", f"refs/heads/{branch}", "--")
        return await self._asker.run("reflog", *argv, read=read, look=("reflog", branch))

    async def made_here(self) -> Known[frozenset[Commit]] | Unknown:
        """The commits that came into being in this working tree, by the reflog of its HEAD."""
        argv = ("log", "--walk-reflogs", "--no-show-signature", "--format=tformat:%H%x00%gs", "HEAD", "--")
        return await self._asker.run("reflog", *argv, read=read_made, look=("reflog",))

    async def email(self) -> Known[str | None] | Unknown:
        """Who commits here, in lower case; None where git does not know."""

        def read(raw: bytes) -> str | None:
            return raw.decode("utf-8").strip().lower() or None

        return await self._asker.run("email", "config", "--get", "user.email", read=read, ok=(0, 1))

    async def remotes(self) -> Known[tuple[str, ...]] | Unknown:
        """The names of the configured remotes."""
        return await self._asker.run("remotes", "remote", read=lambda raw: tuple(raw.decode("utf-8").split()))

    async def url(self, remote: str) -> Known[str | None] | Unknown:
        """The address that is fetched from; None where no such remote is configured."""

        def read(raw: bytes) -> str | None:
            return raw.decode("utf-8").removesuffix("\n") or None

        return await self._asker.run("remote-url", "remote", "get-url", "--", remote, read=read, ok=(0, 2))

    async def private(self, remote: str, layout: Layout) -> Private | Unknown | None:
        """The private repositories for a remote; None where no such remote is configured."""
        if remote not in self._private:
            url = await self.url(remote)
            if isinstance(url, Unknown):
                return url
            if url.value is None:
                return None
            address = absolute(url.value, layout.top)
            self._private[remote] = Private(self.git, layout, address, self._state or state_folder())
        return self._private[remote]

    async def remote_refs(self, remote: str, private: Private) -> Known[RemoteRefs] | Unknown:
        """The branches and tags of the remote, asked live."""
        limit = self.boundary.policy.seconds + 1
        look = ("ls-remote", "--heads", "--tags", remote)
        return await self._asker.ask("ls-remote", look, lambda: private.list_remote(limit), read_refs, resource=remote)

    async def fetch(
        self, remote: str, private: Private, branches: Sequence[str], *, trees: bool = True
    ) -> Known[None] | Unknown:
        """Bring branches of the remote into the private repository."""

        def read(raw: bytes) -> None:
            if raw:
                raise Malformed("a quiet fetch said something")

        look = ("fetch", remote, *branches[:5])
        return await self._asker.ask(
            "fetch",
            look,
            lambda: private.fetch(branches, _FETCH_SECONDS + 1, trees=trees),
            read,
            seconds=_FETCH_SECONDS,
        )

    async def has(self, private: Private, url: str, commit: Commit) -> Known[bool] | Unknown:
        """Whether another repository (a submodule's) hands out a commit, asked live."""

        def read(raw: bytes) -> bool:
            if raw not in {b"yes", b"no"}:
                raise Malformed("neither yes nor no")
            return raw == b"yes"

        limit = self.boundary.policy.seconds + 1
        place = without_login(url)
        return await self._asker.ask(
            "has", ("ls-remote", place), lambda: private.has(url, commit, limit), read, resource=Quoted(place)
        )

    async def lfs_store(self, remote: str, lfsconfig: str | None) -> Known[str | None] | Unknown:
        """The address of the remote's LFS store; None where it is no web address.

        As git-lfs finds it: the remote's `lfsurl`, `lfs.url`, that of `.lfsconfig` (a file's object id), the remote.
        """

        def read(raw: bytes) -> str | None:
            return raw.decode("utf-8").removesuffix("\n") or None

        blob = ("--blob", lfsconfig) if lfsconfig else None
        asked = [((), f"remote.{remote}.lfsurl"), ((), "lfs.url"), *([(blob, "lfs.url")] if blob else [])]
        for place, key in asked:
            told = await self._asker.run("lfs-url", "config", *place, "--get", key, read=read, ok=(0, 1))
            if isinstance(told, Unknown):
                return told
            if told.value:
                return Known(lfs.web(told.value), told.ref)
        url = await self.url(remote)
        return url if isinstance(url, Unknown) else Known(lfs.endpoint(url.value or ""), url.ref)

    async def lfs_has(
        self, private: Private, store: str, objects: Sequence[tuple[str, int]]
    ) -> Known[Mapping[str, bool]] | Unknown:
        """Which LFS objects (SHA-256, size) a store has."""
        question = Question("git", "lfs", Quoted(without_login(store)), ("git", "lfs", "ls-files", "--long"))

        async def fetch() -> bytes:
            return await lfs.ask(await private.open("remote"), store, objects, self.boundary.policy.seconds)

        return await self.boundary.ask(question, fetch, lambda raw: lfs.read(raw, objects), lfs.why)

    def history(self, at: Path | None = None) -> History:
        """The commits of the clone, or of the git directory `at`."""
        if at is None:
            return History(self._asker)
        if at not in self._histories:
            look = ("git", f"--git-dir={at}")
            self._histories[at] = History(Asker(self.boundary, Git(at), str(self.tree), look))
        return self._histories[at]

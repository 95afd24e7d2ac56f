"""What a cloud runs things on: its folder, images, processes, instances, listeners and chance."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from signoff_sandbox.runtime.containers import MountedFile
from signoff_sandbox.runtime.images import ImageStore
from signoff_sandbox.runtime.listeners import Listeners
from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.runtime.pool import Pool
from signoff_sandbox.runtime.process import Processes
from signoff_sandbox.runtime.proxy import Proxy
from signoff_sandbox.runtime.workers import Workers
from signoff_sandbox.settings import Settings


class Machine:
    """Parts come to life when they are first used, so that a cloud which only answers costs nothing."""

    def __init__(self, settings: Settings, pace: Pace) -> None:
        self._settings = settings
        self.pace = pace
        self.names = random.Random(f"{settings.seed}/names")  # noqa: S311 - repeatable on purpose
        self.traffic = random.Random(f"{settings.seed}/traffic")  # noqa: S311 - repeatable on purpose
        self.processes = Processes()
        self.listeners = Listeners()
        self.uploads: dict[str, tuple[str, str, str, bytearray]] = {}  # of storage, by session
        self.pools: dict[str, Pool] = {}  # of instances, by full name of their revision
        self.latest: dict[str, str] = {}  # where requests for "latest" go while traffic migrates, by service
        self.executions: dict[str, asyncio.Task[Any]] = {}  # that run, by full name
        self.mounts: list[tuple[MountedFile, Callable[[], bytes | None]]] = []  # files of secrets, and how to read them
        self.builders = asyncio.Semaphore(settings.concurrent_builds)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @cached_property
    def folder(self) -> Path:
        """Where everything lies; a temporary folder unless the settings name one."""
        if self._settings.data is None:
            return Path(tempfile.mkdtemp(prefix="signoff-sandbox-"))
        self._settings.data.mkdir(parents=True, exist_ok=True)
        return self._settings.data.resolve()

    @cached_property
    def images(self) -> ImageStore:
        return ImageStore(self.folder / "images")

    @cached_property
    def instances(self) -> Path:
        """Where the file systems of running instances lie."""
        folder = self.folder / "instances"
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def workers(self) -> Workers:
        return Workers(
            self.processes,
            self.folder / "workers",
            self.pace,
            steady_seconds=self._settings.worker_steady_seconds,
            grace_seconds=self._settings.instance_grace_seconds,
        )

    @cached_property
    def proxy(self) -> Proxy:
        return Proxy()

    def tidy(self) -> None:
        """Remove what a sandbox that was killed had left of what ran."""
        for pattern in ("instances/*", "workers/*", "images/draft-*", "task-*", "trigger-*", "push-*"):
            for leftover in self.folder.glob(pattern):
                shutil.rmtree(leftover, ignore_errors=True)

    def drain(self, revision: str) -> None:
        """End the instances of a revision that gets no more requests, each after its last one."""
        if revision in self.pools:
            self.pools[revision].drain()

    def lock(self, resource: str) -> asyncio.Lock:
        """Held by whoever reconciles the resource; taken in the order of asking."""
        lock = self._locks.get(resource)
        if lock is None:  # nobody holds or wants it
            lock = self._locks[resource] = asyncio.Lock()
        return lock

    def suffix(self, length: int = 3) -> str:
        """The random part of a name, without vowels, as Google makes them."""
        return "".join(self.names.choices("bcdfghjklmnpqrstvwxz2456789", k=length))

    async def close(self) -> None:
        """End everything; a temporary folder goes away."""
        running = [pool.close() for pool in self.pools.values()]
        running += [self.workers.close()] if "workers" in self.__dict__ else []
        await asyncio.gather(self.listeners.close_all(), *running)
        await self.processes.close(self._settings.instance_grace_seconds)
        if "proxy" in self.__dict__:
            await self.proxy.close()
        if "folder" in self.__dict__ and self._settings.data is None:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

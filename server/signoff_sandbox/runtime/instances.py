"""Running instances of revisions: one each, started when it is needed, stopped when it is not."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from signoff_sandbox.runtime.containers import MountedFile, NoCommand, program, unpack_image
from signoff_sandbox.runtime.images import Image
from signoff_sandbox.runtime.process import Child, OnLine, Processes

HOST = "127.0.0.1"
PROBE_SECONDS = 0.02


class StartFailed(Exception):
    """The instance did not come to listen; the message says what was observed."""


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """One container of an instance; `listens` marks the one that gets PORT and the requests."""

    image: Image
    environment: dict[str, str]
    on_line: OnLine
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    workdir: str = ""
    mounted: tuple[MountedFile, ...] = ()
    listens: bool = False


@dataclass
class Instance:
    """A started instance; `port` is where its ingress container listens on loopback."""

    port: int
    folder: Path
    children: list[Child] = field(default_factory=list)
    main: Child | None = None

    @property
    def id(self) -> str:
        """As Google's request log names it: the refusals of the platform carry none."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()

    @property
    def alive(self) -> bool:
        return self.main is not None and self.main.running

    async def stop(self, grace_seconds: float) -> None:
        await asyncio.gather(*(child.stop(grace_seconds) for child in self.children))
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


class Instances:
    """The instances by the name of their revision. Waiting for one that starts never starts a second."""

    def __init__(self, processes: Processes, folder: Path, *, startup_seconds: float, grace_seconds: float) -> None:
        self._processes = processes
        self._folder = folder
        self._startup_seconds = startup_seconds
        self._grace_seconds = grace_seconds
        self._running: dict[str, Instance] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def ready(self, name: str, plan: Callable[[], Awaitable[Sequence[ContainerPlan]]]) -> Instance:
        """The instance of a revision, started if there is none that lives. Raises StartFailed."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            instance = self._running.get(name)
            if instance is not None and instance.alive:
                return instance
            if instance is not None:
                del self._running[name]
                await instance.stop(0)
            self._running[name] = await self._start(await plan())
            return self._running[name]

    async def notice_end(self, name: str, seconds: float) -> None:
        """Wait a moment for the end of an instance that broke off, so that the next request gets a new one."""
        instance = self._running.get(name)
        if instance is not None and instance.main is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(instance.main.wait(), seconds)

    def is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].alive

    async def stop(self, name: str) -> None:
        """Stop the instance of a revision, if there is one."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            instance = self._running.pop(name, None)
            if instance is not None:
                await instance.stop(self._grace_seconds)

    async def close(self) -> None:
        await asyncio.gather(*(self.stop(name) for name in list(self._running)))

    async def _start(self, plans: Sequence[ContainerPlan]) -> Instance:
        self._folder.mkdir(parents=True, exist_ok=True)
        instance = Instance(free_port(), Path(tempfile.mkdtemp(prefix="instance-", dir=self._folder)))
        try:
            for number, plan in enumerate(plans):
                await self._start_container(instance, plan, instance.folder / str(number))
            await self._wait_until_listening(instance)
        except BaseException:
            await asyncio.shield(instance.stop(0))
            raise
        return instance

    async def _start_container(self, instance: Instance, plan: ContainerPlan, folder: Path) -> None:
        root = await asyncio.to_thread(unpack_image, plan.image, folder, plan.mounted)
        environment = plan.environment | ({"PORT": str(instance.port)} if plan.listens else {})
        try:
            what = program(
                plan.image,
                root,
                command=plan.command,
                arguments=plan.arguments,
                workdir=plan.workdir,
                environment=environment,
            )
        except NoCommand as error:
            raise StartFailed(str(error)) from error
        child = await self._processes.start(
            what.argv, environment=what.environment, folder=what.folder, on_line=plan.on_line
        )
        instance.children.append(child)
        if plan.listens:
            instance.main = child

    async def _wait_until_listening(self, instance: Instance) -> None:
        """The default startup probe: a TCP connection to PORT. https://cloud.google.com/run/docs/configuring/healthchecks"""
        main = instance.main
        if main is None:
            raise StartFailed("no container of the revision has a port")
        try:
            async with asyncio.timeout(self._startup_seconds):
                while main.running:
                    with suppress(OSError):
                        _, writer = await asyncio.open_connection(HOST, instance.port)
                        writer.close()
                        return
                    await asyncio.sleep(PROBE_SECONDS)
        except TimeoutError:
            raise StartFailed(f"not listening after {self._startup_seconds:g} s") from None
        raise StartFailed(f"Container called exit({await main.wait()}).")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

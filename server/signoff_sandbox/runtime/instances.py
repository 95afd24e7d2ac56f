"""An instance of a revision: its containers as processes, from the start to the end."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from signoff_sandbox.runtime.containers import MountedFile, NoCommand, program, unpack_image
from signoff_sandbox.runtime.images import Image
from signoff_sandbox.runtime.listeners import HOST
from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.runtime.probes import Probe, times
from signoff_sandbox.runtime.process import Child, OnLine, Processes

#: What the platform says of an instance: a sentence and its severity.
Say = Callable[[str, str], None]


class StartFailed(Exception):
    """The instance did not become ready; the message says what was observed."""


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """One container of an instance; `listens` marks the one that gets PORT and the requests."""

    image: Image
    environment: dict[str, str]
    on_line: OnLine
    name: str = ""
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    workdir: str = ""
    mounted: tuple[MountedFile, ...] = ()
    listens: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an instance is started from: it has the `id` in Google's logs; its messages speak of `port`."""

    id: str
    containers: Sequence[ContainerPlan]
    startup: Probe
    say: Say
    port: int
    liveness: Probe | None = None

    @property
    def main(self) -> str:
        return next((container.name for container in self.containers if container.listens), "")


@dataclass(eq=False)
class Instance:
    """A started instance; `port` is where its ingress container listens on loopback."""

    plan: Plan
    port: int
    folder: Path
    children: list[Child] = field(default_factory=list)
    main: Child | None = None
    busy: int = 0
    idle_since: float = 0.0
    draining: bool = False

    @property
    def alive(self) -> bool:
        return self.main is not None and self.main.running

    @property
    def takes(self) -> bool:
        """Whether it may get requests."""
        return self.alive and not self.draining

    async def stop(self, grace_seconds: float) -> None:
        """SIGTERM, SIGKILL after the grace. https://cloud.google.com/run/docs/container-contract#instance-shutdown"""
        await asyncio.gather(*(child.stop(grace_seconds) for child in self.children))
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


async def start(processes: Processes, folder: Path, plan: Plan, pace: Pace, reason: str) -> Instance:
    """Start an instance and wait until its startup probe succeeds. `reason` is said in the log. Raises StartFailed."""
    instance = Instance(plan, free_port(), Path(tempfile.mkdtemp(prefix="instance-", dir=folder)))
    instance.plan.say(f"Starting new instance. Reason: {reason}", "INFO")
    try:
        for number, container in enumerate(plan.containers):
            await _start_container(processes, instance, container, instance.folder / str(number))
        await _wait_until_ready(instance, pace)
    except BaseException:
        await asyncio.shield(instance.stop(0))
        raise
    return instance


async def _start_container(processes: Processes, instance: Instance, plan: ContainerPlan, folder: Path) -> None:
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
    child = await processes.start(what.argv, environment=what.environment, folder=what.folder, on_line=plan.on_line)
    instance.children.append(child)
    if plan.listens:
        instance.main = child


async def _wait_until_ready(instance: Instance, pace: Pace) -> None:
    main, plan = instance.main, instance.plan
    if main is None:
        raise StartFailed("no container of the revision has a port")
    probing = asyncio.create_task(probe_until(plan.startup, instance.port, pace))
    ending = asyncio.create_task(main.wait())
    try:
        await asyncio.wait([probing, ending], return_when=asyncio.FIRST_COMPLETED)
        named = f"{'' if plan.startup.chosen else 'Default '}STARTUP {plan.startup.kind} probe"
        container = f'for container "{plan.main}" on port {plan.port}.'
        if probing.done() and probing.result():
            attempts = probing.result()
            instance.plan.say(f"{named} succeeded after {attempts} attempt{'s'[: attempts > 1]} {container}", "INFO")
            return
        status = "DEADLINE_EXCEEDED"
        if ending.done():
            instance.plan.say(ended(ending.result()), "WARNING")
            status = "CANCELLED"
        number = plan.startup.threshold if probing.done() else 1
        text = f"{named} failed {times(number)} consecutively {container} The instance was not started."
        instance.plan.say(f"{text} Connection failed with status {status}.", "ERROR")
        raise StartFailed(text)
    finally:
        for task in (probing, ending):
            task.cancel()
        await asyncio.gather(probing, ending, return_exceptions=True)


async def probe_until(probe: Probe, port: int, pace: Pace) -> int:
    """The number of the attempt that succeeded; 0 once as many failed as the threshold says."""
    await pace.sleep(probe.delay)
    for number in range(1, probe.threshold + 1):
        began = pace.time()
        if await probe.attempt(port):
            return number
        if number < probe.threshold:
            await pace.sleep(max(0.0, probe.period - (pace.time() - began)))
    return 0


async def watch_life(instance: Instance, pace: Pace) -> None:
    """Ends when the liveness probe has failed as often as its threshold says; never where there is none."""
    probe, failed = instance.plan.liveness, 0
    if probe is None:
        await asyncio.get_running_loop().create_future()
        return
    await pace.sleep(probe.delay)
    while failed < probe.threshold:
        failed = 0 if await probe.attempt(instance.port) else failed + 1
        await pace.sleep(probe.period)
    instance.plan.say(
        f'LIVENESS {probe.kind} probe failed {times(failed)} consecutively for container "{instance.plan.main}" on '
        f"port {instance.plan.port}. The instance has been shut down.",
        "ERROR",
    )


def ended(code: int) -> str:
    """What the platform says of a container that ended by itself; `code` is negative after a signal."""
    return f"Container called exit({code})." if code >= 0 else f"Container terminated on signal {-code}."


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

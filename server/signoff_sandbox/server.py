"""One running sandbox: both listeners, the state, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import grpc.aio
import uvicorn
from starlette.types import ASGIApp

from signoff_sandbox import control
from signoff_sandbox.holding import hold
from signoff_sandbox.journal import Journal
from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.settings import Settings
from signoff_sandbox.wire import credentials, grpc_server, knative, manifests, projects
from signoff_sandbox.wire.certificate import server_context
from signoff_sandbox.wire.hosts import ByHost
from signoff_sandbox.wire.http_log import HttpLog
from signoff_sandbox.wire.modelled import methods
from signoff_sandbox.wire.paths import PathMethod
from signoff_sandbox.wire.rest import RestApp
from signoff_sandbox.wire.tunnel import tunneling
from signoff_sandbox.world import ingress, registry_reads, resumption, run_worker_reconciler, storage, storage_uploads
from signoff_sandbox.world.cloud import Cloud

#: Every HTTP method beside the table; the first that fits a request answers it.
PATHS: tuple[PathMethod, ...] = (
    *control.ROUTES,
    *storage.ROUTES,
    *storage_uploads.ROUTES,
    *manifests.ROUTES,
    *registry_reads.ROUTES,
    *projects.ROUTES,
    *credentials.ROUTES,
    *knative.ROUTES,
)


@cache
def known_methods() -> frozenset[str]:
    """Every method that can be called by its name."""
    return frozenset(method.name for method in methods(PATHS))


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the sandbox's own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class RunningSandbox:
    """What `serve` started; `close` ends it and saves the state."""

    cloud: Cloud
    _grpc: grpc.aio.Server
    _http: HttpServer
    _http_task: asyncio.Task[None]
    _journal: Journal | None
    _stack: contextlib.AsyncExitStack

    @property
    def grpc_address(self) -> str:
        return self.cloud.settings.grpc_address

    @property
    def http_address(self) -> str:
        return self.cloud.settings.http_address

    async def close(self) -> None:
        """Stop listening, end everything that runs, save the state if it has a file."""
        self._http.should_exit = True
        self._http.force_exit = True
        await self._grpc.stop(grace=0)
        await self._http_task
        unfinished = self.cloud.work()
        await self.cloud.close()
        async with self._stack:
            if self._journal is not None:
                await self._journal.close(unfinished)


async def serve(settings: Settings, pace: Pace | None = None) -> RunningSandbox:
    """Start a sandbox; it answers on both addresses when this returns. Raises StateError, OSError.

    `pace` is how time passes for what takes its time; that of this machine by default.
    """
    async with contextlib.AsyncExitStack() as stack:
        if settings.data is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-sandbox-"))
            settings.data = Path(folder)
        stack.enter_context(hold(settings.data / ".lock", str(settings.data)))
        if settings.state is not None:
            lock = settings.state.with_name(f"{settings.state.name}.lock")
            stack.enter_context(hold(lock, str(settings.state)))
        cloud = Cloud(settings, pace=pace or Pace())
        cloud.faults.known = known_methods
        journal = Journal(cloud, settings.state) if settings.state is not None else None
        if journal is not None:
            journal.load()
        if settings.grpc_port:
            _listen(settings.grpc_port, "--grpc-port").close()  # gRPC itself does not say why it cannot
        listener = _listen(settings.http_port, "--http-port")
        settings.http_address = f"127.0.0.1:{listener.getsockname()[1]}"
        try:
            grpc_listening = await grpc_server.start(cloud)
        except BaseException:
            listener.close()
            raise
        cloud.machine.tidy()
        ingress.resume(cloud)
        await run_worker_reconciler.resume(cloud)
        resumption.resume(cloud)
        app: ASGIApp = RestApp(cloud, PATHS)
        if settings.http_log is not None:
            app = HttpLog(app, stack.enter_context(settings.http_log.open("a", encoding="utf-8", buffering=1)).write)
        config = uvicorn.Config(
            ByHost(cloud, app),
            # h11 passes on requests in absolute form and CONNECT
            http=tunneling(partial(server_context, cloud.machine.folder), lambda: settings.grpc_address),
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        http = HttpServer(config)
        task = asyncio.create_task(http.serve(sockets=[listener]))
        await http.ready.wait()
        cloud.spawn(cloud.keeper.keep())
        return RunningSandbox(cloud, grpc_listening, http, task, journal, stack.pop_all())


def _listen(port: int, option: str) -> socket.socket:
    """Raises OSError, which says how to choose another port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # see runtime/listeners.py
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            f"cannot listen on 127.0.0.1:{port}: {error.strerror}; {option} chooses another port, 0 any free one",
        ) from error
    return listener

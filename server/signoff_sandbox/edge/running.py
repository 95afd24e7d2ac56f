"""One running edge: its folder, its gate, its nginx, and the change from one configuration to the next."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx2

from signoff_sandbox.edge import backends, certificates, nginx_conf
from signoff_sandbox.edge.cache import Cache
from signoff_sandbox.edge.config import ANY_HOST, EdgeConfig
from signoff_sandbox.edge.gate import Gate
from signoff_sandbox.edge.nginx import Nginx, NginxFailed
from signoff_sandbox.edge.nginx_conf import Layout
from signoff_sandbox.edge.walls import login_hosts

STARTING_SECONDS = 10.0
CHANGING_SECONDS = 20.0
LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Worker:
    """The process of nginx that answers, and the generation of the configuration that it has."""

    generation: int
    pid: int


class Edge:
    """Its folder is temporary. The application of its `gate` has to be listening before `start`."""

    def __init__(self, program: Path, sandbox: str | None, token: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="signoff-edge-")
        folder = Path(self._folder.name)
        self.cache = Cache(folder / "cache")
        self.gate = Gate(self.cache)
        self.ca = folder / "ca.pem"
        self._nginx = Nginx(program, folder)
        self._sandbox = sandbox
        self._token = token
        self._authority = certificates.Authority.new()
        self._certificate = folder / "edge.pem"
        self._probe = f"{secrets.token_hex(16)}.invalid"
        self._worker: Worker | None = None
        self._generation = 0
        self._changing = asyncio.Lock()

    @property
    def http(self) -> str:
        return self._layout.http

    @property
    def https(self) -> str:
        return self._layout.https

    async def start(self, config: EdgeConfig, gate: str, http: socket.socket, https: socket.socket) -> None:
        """Take over both listening sockets and answer on them; `gate` is host:port.

        Raises ConfigError, NginxFailed, OSError.
        """
        self._layout = Layout(_address(http), _address(https), gate, self._probe, str(self._certificate))
        self.ca.write_bytes(self._authority.pem)
        await self._write(config)
        await self._nginx.start([http, https])
        http.close()
        https.close()
        ended = asyncio.create_task(self._nginx.ended())
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                while self._worker is None:
                    if ended.done():
                        raise NginxFailed(ended.result())
                    self._worker = await self._look()
        except TimeoutError as error:
            raise NginxFailed("nginx does not answer") from error
        finally:
            ended.cancel()

    async def change(self, config: EdgeConfig) -> None:
        """From when this returns nothing is answered as before. Raises ConfigError, NginxFailed; all stays as it was.

        Its cache stays; whatever waits for an answer for more than two seconds is cut off.
        """
        async with self._changing:
            before, kept = self._worker, self._nginx.configuration.read_bytes()
            assert before is not None, "started"
            try:
                await self._write(config)
                await self._nginx.test()
            except BaseException:
                self._nginx.configuration.write_bytes(kept)
                raise
            self._nginx.reload()
            try:
                async with asyncio.timeout(CHANGING_SECONDS):
                    # For a moment both workers take requests: only when the old one is gone it is over.
                    while self._worker == before or _exists(before.pid):
                        now = await self._look()
                        if now is not None and now.generation == self._generation:
                            self._worker = now
            except TimeoutError as error:
                raise NginxFailed("nginx does not come to its new configuration") from error
            latest = f"{self._generation}-"
            self.gate.routes = {key: route for key, route in self.gate.routes.items() if key.startswith(latest)}

    async def ended(self) -> str:
        """Wait until nginx is gone; why."""
        return await self._nginx.ended()

    async def close(self) -> None:
        await self._nginx.close()
        await asyncio.to_thread(self._folder.cleanup)

    async def _write(self, config: EdgeConfig) -> None:
        services = await backends.ask(config, self._sandbox, self._token)
        generation = self._generation + 1
        text, routes = nginx_conf.render(config, services, self._layout, generation)
        hosts = {*config.hosts, *login_hosts(config.routes), *(route.host for route in config.routes)} - {ANY_HOST}
        _write_private(self._certificate, certificates.issue(self._authority, config.certificate, hosts))
        _write_private(self._nginx.configuration, text.encode())
        self.gate.routes |= routes
        self._generation = generation

    async def _look(self) -> Worker | None:
        """Who answers now; None if nobody does. Every look is a new connection."""
        await asyncio.sleep(LOOK_SECONDS)
        try:
            async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=CHANGING_SECONDS) as client:
                answer = await client.get(f"http://{self._layout.http}/", headers={"host": self._probe})
        except httpx2.TransportError:
            return None
        generation, _, pid = answer.text.partition(" ")
        return Worker(int(generation), int(pid))


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()
    return f"{host}:{port}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _write_private(path: Path, content: bytes) -> None:
    """It holds a key or the sandbox's secret; the folder is closed to others already, as tempfile makes it."""
    path.write_bytes(content)
    path.chmod(0o600)

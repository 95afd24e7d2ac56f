"""A real nginx before a sandbox's services: `with running_edge(sandbox, {"path": "/*", "service": "web"}) as edge: …`.

It needs the nginx of the machine: mark tests with `needs_nginx`, which skips them with the reason where it is missing.
"""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx2
import pytest

from signoff_sandbox.edge.nginx import NginxMissing, find_nginx
from support.sandbox import TOKEN, Sandbox, start


def _missing() -> str:
    try:
        find_nginx()
    except NginxMissing as error:
        return str(error)
    return ""


MISSING = _missing()
needs_nginx = pytest.mark.skipif(bool(MISSING), reason=MISSING or "nginx is there")


class _ToEdge(httpx2.HTTPTransport):
    """Every host is the edge, as if DNS said so; the name in Host and in TLS stays the one that was asked for."""

    def __init__(self, edge: Edge, **options: Any) -> None:
        super().__init__(**options)
        self._edge = edge

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        wanted = request.url
        address = self._edge.https if wanted.scheme == "https" else self._edge.http
        host, _, port = address.rpartition(":")
        request.extensions = {**request.extensions, "sni_hostname": wanted.host}
        request.url = wanted.copy_with(host=host, port=int(port))
        response = super().handle_request(request)
        request.url = wanted  # relative redirects start from it
        return response


@dataclass(frozen=True)
class Edge:
    """Addresses (`127.0.0.1:port`) of a running edge, and its controls; `ca`: its authority's certificate."""

    http: str
    https: str
    control: str
    ca: Path
    process: subprocess.Popen[str]

    def client(self, *, trusting: bool = True, **options: Any) -> httpx2.Client:
        """A client for which every host name leads to this edge; redirects are followed only if it is asked for."""
        context = ssl.create_default_context(cafile=str(self.ca) if trusting else None)
        transport = _ToEdge(self, verify=context)
        return httpx2.Client(transport=transport, trust_env=False, timeout=20, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """GET http://app.example.com/PATH at this edge, on a new connection; redirects are not followed."""
        return self.request("GET", path, **options)

    def request(self, verb: str, path: str, *, url: str = "http://app.example.com", **options: Any) -> httpx2.Response:
        with self.client() as client:
            return client.request(verb, f"{url}{path}", **options)

    def change(self, *routes: Mapping[str, Any], **config: Any) -> None:
        """Another configuration from now on."""
        self._control("PUT", "/edge/config", {"routes": routes, **config})

    def purge(self, path: str = "/*") -> int:
        """Forget cached answers; how many there were."""
        return int(self._control("POST", "/edge/cache:purge", {"path": path})["purged"])

    def age_cache(self, seconds: int) -> None:
        """Let every cached answer have come that much earlier."""
        self._control("POST", "/edge/cache:age", {"seconds": seconds})

    def _control(self, verb: str, path: str, content: Any) -> Any:
        with httpx2.Client(trust_env=False, timeout=60) as client:
            headers = {"authorization": f"Bearer {TOKEN}"}
            answer = client.request(verb, f"http://{self.control}{path}", json=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_edge(sandbox: Sandbox | None, *routes: Mapping[str, Any], **config: Any) -> Iterator[Edge]:
    """Start `signoff_sandbox edge` with these routes (docs/edge.md) and end it after the block.

    `config` is what stands beside the routes: hosts (app.example.com unless said), certificate, provider, https_only.
    """
    config.setdefault("hosts", ["app.example.com"])
    with NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({"routes": routes, **config}, file)
        file.flush()
        chosen = [] if sandbox is None else ["--sandbox", sandbox.http]
        process = start("edge", "--config", file.name, "--until-stdin-closes", *chosen)
        with ended(process):
            yield connected(process)


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """After the block the edge ends, without a complaint."""
    try:
        yield
    finally:
        try:
            _, errors = process.communicate(timeout=20)  # closes stdin, which ends the edge
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
    assert process.returncode == 0, errors
    assert "Traceback" not in errors, errors


def connected(process: subprocess.Popen[str]) -> Edge:
    """The edge that a process says it is, once it says so."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    addresses = json.loads(line)
    return Edge(**{**addresses, "ca": Path(addresses["ca"])}, process=process)

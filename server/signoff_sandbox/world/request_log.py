"""The log of requests: run.googleapis.com/requests. https://cloud.google.com/run/docs/logging#request-logs"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from signoff_sandbox.runtime.proxy import Scope
from signoff_sandbox.world import run_logs
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.load_balancer import Balanced
from signoff_sandbox.world.networks import Network
from signoff_sandbox.world.run_names import project_of
from signoff_sandbox.world.traces import Trace

HUNG_UP = 499


@dataclass
class Exchange:
    """What is known about a request so far. `host` is the one it asked for, with its scheme."""

    scope: Scope
    headers: Mapping[str, str]
    host: str
    network: Network
    trace: Trace
    began: datetime
    balanced: Balanced | None = None  # None: straight to the service's own address
    revision: str = ""
    instance: str = ""
    status: int = 0
    size: int = 0
    text: str = ""
    logged: bool = False
    lost: bool = False  # planted: the answer never reaches the client

    @property
    def path(self) -> str:
        """Path and query, as they came."""
        query = self.scope["query_string"].decode("latin-1")
        path = str(self.scope["raw_path"].decode("latin-1"))
        return f"{path}?{query}" if query else path

    @property
    def client(self) -> str:
        """The address of whoever asks."""
        if self.balanced is not None:
            return self.balanced.client
        return str((self.scope.get("client") or ("",))[0])


def write(cloud: Cloud, service: str, exchange: Exchange) -> None:
    """Write the entry of a request to a service (full name), once. A client that hung up is status 499.

    What the platform answered by itself has no instance.
    """
    if exchange.logged:
        return
    exchange.logged = True
    status = exchange.status or HUNG_UP
    severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    labels = {"instanceId": exchange.instance} if exchange.instance else {}
    made = run_logs.entry(run_logs.revision_resource(service, exchange.revision), "requests", severity, labels)
    _describe(cloud, made.http_request, exchange, status)
    made.trace = f"projects/{project_of(service)}/traces/{exchange.trace.trace}"
    made.span_id = exchange.trace.span
    made.trace_sampled = exchange.trace.sampled
    made.timestamp.FromDatetime(exchange.began)
    if exchange.text:
        made.text_payload = exchange.text
    run_logs.write(cloud, made)


def _describe(cloud: Cloud, request: Any, exchange: Exchange, status: int) -> None:
    headers = exchange.headers
    request.request_method = exchange.scope["method"]
    request.request_url = f"{exchange.host}{exchange.path}"
    request.status = status
    request.response_size = exchange.size
    request.request_size = int(headers.get("content-length", "0") or 0)
    request.user_agent = headers.get("user-agent", "")
    request.referer = headers.get("referer", "")
    request.remote_ip = exchange.client
    request.protocol = f"HTTP/{exchange.scope['http_version']}"
    request.latency.FromTimedelta(cloud.clock() - exchange.began)

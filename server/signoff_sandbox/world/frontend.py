"""What Google puts in front of a service: access, routing, refusals and the request log.

https://cloud.google.com/run/docs/troubleshooting says which refusals are logged and which never reach the log.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud.run_v2.types import IngressTraffic

from signoff_sandbox.runtime.instances import StartFailed
from signoff_sandbox.runtime.proxy import Headers, NotListening, Scope, Unreachable
from signoff_sandbox.world import identities, load_balancer, run_instances, run_logs, run_traffic
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, ConnectionDropped
from signoff_sandbox.world.load_balancer import Balanced
from signoff_sandbox.world.planted import break_off, strike
from signoff_sandbox.world.run_environment import SecretUnreadable
from signoff_sandbox.world.run_names import project_of, short

Application = Callable[[Scope, Any, Any], Awaitable[None]]
OPEN = (IngressTraffic.INGRESS_TRAFFIC_ALL, IngressTraffic.INGRESS_TRAFFIC_UNSPECIFIED)
OPEN_TO_BALANCER = (*OPEN, IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER)
INVOKE = "run.routes.invoke"
NO_INSTANCE = "The request was aborted because there was no available instance."
BROKEN = "The request failed because either the HTTP response was malformed or connection to the instance had an error."
UNAUTHENTICATED = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
    "header. Read more at https://cloud.google.com/run/docs/securing/authenticating"
)
UNAUTHORIZED = (
    "The request was not authorized to invoke this service. Read more at "
    "https://cloud.google.com/run/docs/securing/authenticating"
)
DYING_SECONDS = 0.2
TIMED_OUT = "The request has been terminated because it has reached the maximum request timeout."
_TRACE = re.compile(r"(?P<trace>[0-9a-f]{32})(?:/(?P<span>\d+))?(?:;o=(?P<sampled>\d))?", re.IGNORECASE)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")


class Refused(Exception):
    """The platform answers by itself; `text` goes to the log."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass
class Trace:
    """The trace that a request belongs to; one is made for a request that has none."""

    trace: str
    span: str = ""
    sampled: bool = False

    @classmethod
    def of(cls, headers: dict[str, str]) -> Trace:
        found = _TRACE.match(headers.get("x-cloud-trace-context", ""))
        if found:
            span = f"{int(found['span']):016x}" if found["span"] else ""
            return cls(found["trace"].lower(), span, found["sampled"] == "1")
        found = _TRACEPARENT.match(headers.get("traceparent", ""))
        if found:
            return cls(found["trace"], found["span"], int(found["flags"], 16) & 1 == 1)
        return cls(secrets.token_hex(16))

    def header(self) -> bytes:
        span = f"/{int(self.span, 16)}" if self.span else ""
        return f"{self.trace}{span};o={int(self.sampled)}".encode()


@dataclass
class _Exchange:
    """What is known about a request so far."""

    scope: Scope
    headers: dict[str, str]
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


def application(cloud: Cloud, service: str, tag: str | None) -> Application:
    """The ASGI application at the address of a service (full name) or of one of its tags."""

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        scope, balanced = load_balancer.unwrap(cloud, scope)
        resource: Any = cloud.store.get("services", service)
        unpublished = resource is not None and resource.default_uri_disabled and balanced is None
        if scope["path"] == "/healthz" or resource is None or unpublished:
            await _page(send, 404, "The requested URL was not found on this server.")
        elif resource.ingress not in (OPEN if balanced is None else OPEN_TO_BALANCER):
            await _page(send, 404, "Page not found")
        else:
            await _serve(cloud, resource, tag, balanced, scope, receive, send)

    return answer


async def _serve(
    cloud: Cloud, service: Any, tag: str | None, balanced: Balanced | None, scope: Scope, receive: Any, send: Any
) -> None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    exchange = _Exchange(scope, headers, Trace.of(headers), cloud.clock(), balanced)

    async def noting(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        elif message["type"] == "http.response.body":
            exchange.size += len(message.get("body", b""))
            if not message.get("more_body", False):
                _log(cloud, service, exchange)  # before the client can know of the end and look for it
        if not exchange.lost:
            await send(message)

    try:
        await _pass_on(cloud, service, tag, exchange, receive, noting)
    except Refused as refusal:
        exchange.text = refusal.text
        if not exchange.status:
            await _page(noting, refusal.status, refusal.text)
    except ConnectionDropped:
        exchange.lost = True
    finally:
        _log(cloud, service, exchange)
    if exchange.lost:
        await break_off(send)


async def _pass_on(cloud: Cloud, service: Any, tag: str | None, exchange: _Exchange, receive: Any, send: Any) -> None:
    revision = run_traffic.choose(service, tag, cloud.machine.traffic)
    exchange.revision = revision or ""
    _require_invoker(cloud, service, exchange.headers)
    try:
        exchange.lost = (await strike(cloud, f"sandbox.Ingress/{short(service.name)}")).drop_after
    except ApiError as planted:
        raise Refused(planted.http_status, NO_INSTANCE) from planted
    if revision is None:
        raise Refused(503, NO_INSTANCE)
    name = f"{service.name}/revisions/{revision}"
    client = exchange.scope["client"][0] if exchange.scope.get("client") else "127.0.0.1"
    forwarded = ", ".join(filter(None, [exchange.headers.get("x-forwarded-for"), client]))
    scheme = "https"  # TLS ends at the front end, and applications redirect when they see http
    if exchange.balanced is not None:
        forwarded, scheme = exchange.balanced.forwarded, exchange.balanced.scheme
    added: Headers = [
        (b"x-forwarded-for", forwarded.encode("latin-1")),
        (b"x-forwarded-proto", scheme.encode("latin-1")),
        (b"x-cloud-trace-context", exchange.trace.header()),
    ]
    own: Headers = [(b"x-cloud-trace-context", exchange.trace.header()), (b"server", b"Google Frontend")]

    async def forward() -> None:
        instance = await run_instances.instance(cloud, name)
        exchange.instance = instance.id
        await cloud.machine.proxy.forward(exchange.scope, receive, send, port=instance.port, added=added, answer=own)

    try:
        async with asyncio.timeout(_timeout(cloud, name)):
            try:
                await forward()
            except NotListening:  # it died a moment ago: the next one gets the request
                await cloud.machine.instances.stop(name)
                await forward()
    except (StartFailed, SecretUnreadable) as error:
        run_logs.system(cloud, run_logs.revision_resource(service.name, revision), str(error), "ERROR")
        raise Refused(503, NO_INSTANCE) from error
    except (Unreachable, NotListening) as error:
        await cloud.machine.instances.notice_end(name, DYING_SECONDS)
        raise Refused(503, BROKEN) from error
    except TimeoutError as error:
        raise Refused(504, TIMED_OUT) from error


def _require_invoker(cloud: Cloud, service: Any, headers: dict[str, str]) -> None:
    """Refuse who may not invoke the service: IAM says it of service accounts; any other bearer token is somebody's."""
    if service.invoker_iam_disabled or identities.may(cloud, "allUsers", INVOKE, service.name):
        return
    scheme, _, token = (headers.get("x-serverless-authorization") or headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(403, UNAUTHENTICATED)
    speaker = identities.speaker(cloud, token)
    if speaker is None:
        return
    # https://cloud.google.com/run/docs/authenticating/service-to-service: an identity token, for this service's URL
    urls = (service.uri, *service.urls, *(status.uri for status in service.traffic_statuses))
    if speaker.audience not in service.custom_audiences and not any(
        url and (speaker.audience == url or speaker.audience.startswith(f"{url}/")) for url in urls
    ):
        raise Refused(401, UNAUTHORIZED)
    if not identities.may(cloud, speaker.member, INVOKE, service.name):
        raise Refused(403, UNAUTHORIZED)


def _timeout(cloud: Cloud, revision: str) -> float:
    known: Any = cloud.store.get("revisions", revision)
    seconds = known.timeout.ToTimedelta().total_seconds() if known is not None else 0.0
    return seconds or 300.0


async def _page(send: Any, status: int, text: str) -> None:
    body = (
        f"<html><head>\n<title>{status}</title>\n</head><body><h1>Error: {status}</h1>\n<h2>{text}</h2></body></html>\n"
    ).encode()
    headers = [
        (b"content-type", b"text/html; charset=UTF-8"),
        (b"content-length", str(len(body)).encode()),
        (b"server", b"Google Frontend"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _log(cloud: Cloud, service: Any, exchange: _Exchange) -> None:
    """The entry of run.googleapis.com/requests, once. A client that hung up before an answer is status 499."""
    if exchange.logged:
        return
    exchange.logged = True
    status = exchange.status or 499
    severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    resource = run_logs.revision_resource(service.name, exchange.revision)
    labels = {"instanceId": exchange.instance} if exchange.instance else {}
    made = run_logs.entry(resource, "requests", severity, labels)
    scope, headers = exchange.scope, exchange.headers
    query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
    made.http_request.request_method = scope["method"]
    address = service.uri if (balanced := exchange.balanced) is None else f"{balanced.scheme}://{balanced.host}"
    made.http_request.request_url = f"{address}{scope['raw_path'].decode('latin-1')}{query}"
    made.http_request.status = status
    made.http_request.response_size = exchange.size
    made.http_request.request_size = int(headers.get("content-length", "0") or 0)
    made.http_request.user_agent = headers.get("user-agent", "")
    made.http_request.referer = headers.get("referer", "")
    connected = scope["client"][0] if scope.get("client") else ""
    made.http_request.remote_ip = balanced.client if balanced is not None else connected
    made.http_request.protocol = f"HTTP/{scope['http_version']}"
    made.http_request.latency.FromTimedelta(cloud.clock() - exchange.began)
    made.trace = f"projects/{project_of(service.name)}/traces/{exchange.trace.trace}"
    made.span_id = exchange.trace.span
    made.trace_sampled = exchange.trace.sampled
    made.timestamp.FromDatetime(exchange.began)
    if exchange.text:
        made.text_payload = exchange.text
    run_logs.write(cloud, made)

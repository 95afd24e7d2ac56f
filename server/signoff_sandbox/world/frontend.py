"""What Google puts in front of a service: access, routing, refusals.

https://cloud.google.com/run/docs/troubleshooting says which refusals are logged and which never reach the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from signoff_sandbox.runtime.instances import StartFailed
from signoff_sandbox.runtime.pool import NoInstance, Pool
from signoff_sandbox.runtime.proxy import Headers, NotListening, Scope, Unreachable
from signoff_sandbox.world import (
    invokers,
    networks,
    refusals,
    request_log,
    run_instances,
    run_traffic,
    run_urls,
)
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, ConnectionDropped
from signoff_sandbox.world.networks import Network
from signoff_sandbox.world.planted import break_off, strike
from signoff_sandbox.world.refusals import Refused
from signoff_sandbox.world.request_log import Exchange
from signoff_sandbox.world.run_environment import SecretUnreadable
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.traces import Trace

Application = Callable[[Scope, Any, Any], Awaitable[None]]
#: https://cloud.google.com/run/docs/known-issues: of the paths that end with z, these are known to be taken.
RESERVED_PATHS, RESERVED_FOLDER = frozenset({"/healthz", "/eventlog"}), "/_ah/"
UNSUPPORTED_METHODS = frozenset({"TRACE", "CONNECT"})
#: How long a broken connection is taken for the end of an instance.
DYING_SECONDS = 0.2
DEFAULT_TIMEOUT_SECONDS = 300.0


def application(cloud: Cloud, service: str, tag: str | None) -> Application:
    """The ASGI application at the address of a service (full name) or of one of its tags."""

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        exchange = _exchange(cloud, scope)
        resource: Any = cloud.store.get("services", service)
        unseen = _unseen(cloud, resource, tag, exchange)
        if unseen is not None:
            await unseen.send(send)
        else:
            await _serve(cloud, resource, tag, exchange, receive, send)

    return answer


def _exchange(cloud: Cloud, scope: Scope) -> Exchange:
    inner, network, balanced = networks.origin(cloud, scope)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in inner["headers"]}
    host = headers.get("host", "")
    scheme = "https" if balanced is None else balanced.scheme
    if balanced is None and not run_urls.is_run_app(host):
        scheme = "http"  # a loopback address: there is no TLS in front of it
    return Exchange(
        scope=inner,
        headers=headers,
        host=f"{scheme}://{host}",
        network=network,
        trace=Trace.of(headers),
        began=cloud.clock(),
        balanced=balanced,
    )


def _unseen(cloud: Cloud, service: Any | None, tag: str | None, exchange: Exchange) -> Refused | None:
    """What is answered before the service is asked for; the log has nothing of it."""
    path = exchange.scope["path"]
    if exchange.scope["method"] in UNSUPPORTED_METHODS:
        return refusals.unsupported(exchange.scope["method"])
    if path in RESERVED_PATHS or path.startswith(RESERVED_FOLDER):
        return refusals.reserved(path)
    if service is None or (tag is not None and run_traffic.choose(cloud, service, tag) is None):
        return refusals.not_found()
    hidden = service.default_uri_disabled and exchange.network is not Network.BALANCER
    if hidden or not networks.admits(service.ingress, exchange.network):
        return refusals.not_found()
    return None


async def _serve(cloud: Cloud, service: Any, tag: str | None, exchange: Exchange, receive: Any, send: Any) -> None:
    async def noting(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        elif message["type"] == "http.response.body":
            exchange.size += len(message.get("body", b""))
            if not message.get("more_body", False):  # before the client can know of the end and look for it
                request_log.write(cloud, service.name, exchange)
        if not exchange.lost:
            await send(message)

    try:
        await _pass_on(cloud, service, tag, exchange, receive, noting)
    except Refused as refusal:
        exchange.text = refusal.text
        if not exchange.status:
            await refusal.send(noting)
    except ConnectionDropped:
        exchange.lost = True
    finally:
        request_log.write(cloud, service.name, exchange)
    if exchange.lost:
        await break_off(send)


async def _pass_on(cloud: Cloud, service: Any, tag: str | None, exchange: Exchange, receive: Any, send: Any) -> None:
    revision = run_traffic.choose(cloud, service, tag)
    exchange.revision = revision or ""
    invokers.require(cloud, service, exchange.headers, exchange.path)
    try:
        exchange.lost = (await strike(cloud, f"sandbox.Ingress/{short(service.name)}")).drop_after
    except ApiError as planted:
        raise refusals.no_instance(planted.http_status) from planted
    if revision is None:
        raise refusals.no_instance(503)
    name = f"{service.name}/revisions/{revision}"
    pool = run_instances.pool(cloud, name)
    try:
        async with asyncio.timeout(_timeout(cloud, name)):
            try:
                await _forward(cloud, pool, exchange, receive, send)
            except NotListening:  # it died a moment ago: the next one gets the request
                await _forward(cloud, pool, exchange, receive, send)
    except NoInstance as error:
        raise refusals.no_instance() from error
    except (StartFailed, SecretUnreadable) as error:
        raise refusals.not_started() from error
    except (Unreachable, NotListening) as error:
        raise refusals.broken() from error
    except TimeoutError as error:
        raise refusals.timed_out() from error


async def _forward(cloud: Cloud, pool: Pool, exchange: Exchange, receive: Any, send: Any) -> None:
    """Let an instance answer. Raises NoInstance, StartFailed, SecretUnreadable, NotListening, Unreachable."""
    forwarded = ", ".join(filter(None, [exchange.headers.get("x-forwarded-for"), exchange.client or "127.0.0.1"]))
    scheme = "https"  # TLS ends at the front end, and applications redirect when they see http
    if exchange.balanced is not None:
        forwarded, scheme = exchange.balanced.forwarded, exchange.balanced.scheme
    added: Headers = [
        (b"x-forwarded-for", forwarded.encode("latin-1")),
        (b"x-forwarded-proto", scheme.encode("latin-1")),
        *exchange.trace.passed_on(),
    ]
    own: Headers = [exchange.trace.answered(), refusals.SERVER]
    instance = await pool.take()
    exchange.instance = instance.plan.id
    try:
        await cloud.machine.proxy.forward(exchange.scope, receive, send, port=instance.port, added=added, answer=own)
    except (Unreachable, NotListening):
        await pool.discard(instance, DYING_SECONDS)
        raise
    finally:
        pool.release(instance)


def _timeout(cloud: Cloud, revision: str) -> float:
    known: Any = cloud.store.get("revisions", revision)
    seconds = known.timeout.ToTimedelta().total_seconds() if known is not None else 0.0
    return seconds or DEFAULT_TIMEOUT_SECONDS

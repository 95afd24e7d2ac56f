"""From a method's name to its handler, the same for gRPC and REST."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import grpc
from google.protobuf.message import Message

from signoff_sandbox.wire.permissions import refuse_denied
from signoff_sandbox.world import (
    build_triggers,
    builds,
    iam,
    logging_api,
    operations,
    reads,
    registry,
    run_executions,
    run_jobs,
    run_revisions,
    run_services,
    run_worker_pools,
    scheduler,
    secret_versions,
    secrets,
)
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, bug_of_sandbox, unimplemented
from signoff_sandbox.world.faults import Fault

log = logging.getLogger(__name__)

#: Every module that offers METHODS. A method in none of them answers UNIMPLEMENTED.
MODULES: tuple[ModuleType, ...] = (
    operations,
    reads,
    logging_api,
    registry,
    iam,
    run_services,
    run_revisions,
    run_jobs,
    run_executions,
    run_worker_pools,
    builds,
    build_triggers,
    secrets,
    secret_versions,
    scheduler,
)


class ConnectionDropped(Exception):
    """A planted fault: the connection ends without an answer."""


def compose(modules: Iterable[ModuleType]) -> dict[str, Handler]:
    """All handlers by method; two modules that claim one method are a bug."""
    handlers: dict[str, Handler] = {}
    for module in modules:
        for method, handler in module.METHODS.items():
            if method in handlers:
                raise ValueError(f"{method} is offered twice, the second time by {module.__name__}")
            handlers[method] = handler
    return handlers


HANDLERS = compose(MODULES)


async def dispatch(cloud: Cloud, method: str, request: Message) -> Message:
    """Answer one call: planted faults first, then permissions, then the handler. Raises ApiError."""
    faults = await strike(cloud, method)
    handler = HANDLERS.get(method)
    if handler is None:
        raise unimplemented(method)
    refuse_denied(cloud, method, request)
    try:
        response: Message = await handler(cloud, request)
    except ApiError:
        raise
    except Exception as bug:  # a bug of the sandbox must reach whoever called, like every other failure
        log.exception("%s", method)
        raise bug_of_sandbox(bug) from bug
    for fault in faults:
        if fault.empty_list:
            shorten(response, 0)
        elif fault.truncate is not None:
            shorten(response, fault.truncate)
    return response


async def strike(cloud: Cloud, method: str) -> list[Fault]:
    """Count a call and let its planted faults strike; answers them for those that shorten the response."""
    cloud.calls[method] += 1
    faults = cloud.faults.strike(method)
    for fault in faults:
        if fault.latency_seconds:
            await asyncio.sleep(fault.latency_seconds)
        if fault.drop:
            raise ConnectionDropped(method)
        if fault.code is not None:
            raise ApiError(grpc.StatusCode[fault.code], fault.message)
    return faults


def shorten(response: Any, length: int) -> None:
    """Cut a list response to its first entries and hide that more follow; other responses stay."""
    if "next_page_token" not in response.DESCRIPTOR.fields_by_name:
        return
    response.ClearField("next_page_token")
    for field in response.DESCRIPTOR.fields:
        if field.is_repeated:
            del getattr(response, field.name)[length:]

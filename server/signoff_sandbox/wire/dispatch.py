"""From a method's name to its handler, the same for gRPC and REST."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from google.protobuf.message import Message

from signoff_sandbox.wire.effects.lists import MessagePage, answered
from signoff_sandbox.wire.permissions import refuse_denied
from signoff_sandbox.world import (
    build_triggers,
    builds,
    container_analysis,
    iam,
    logging_api,
    operations,
    planted,
    reads,
    registry_reads,
    registry_writes,
    run_builds,
    run_executions,
    run_jobs,
    run_revisions,
    run_services,
    run_worker_pools,
    scheduler,
    secret_versions,
    secrets,
)
from signoff_sandbox.world.callers import Caller
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, ConnectionDropped, bug_of_sandbox, unimplemented
from signoff_sandbox.world.faults import ANYBODY, Effects
from signoff_sandbox.world.locations import asked_of, require_reachable, require_region
from signoff_sandbox.world.past import as_it_was

log = logging.getLogger(__name__)
RUN = "google.cloud.run.v2."
_READS = re.compile(r"/(Get|List|Access|Search)")

#: Every module that offers METHODS. A method in none of them answers UNIMPLEMENTED.
MODULES: tuple[ModuleType, ...] = (
    operations,
    reads,
    logging_api,
    registry_reads,
    registry_writes,
    iam,
    run_services,
    run_revisions,
    run_jobs,
    run_executions,
    run_builds,
    run_worker_pools,
    builds,
    build_triggers,
    container_analysis,
    secrets,
    secret_versions,
    scheduler,
)


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


async def dispatch(cloud: Cloud, method: str, request: Any, caller: Caller = ANYBODY) -> tuple[Message, Effects]:
    """Answer one call: planted faults first, then permissions, then the handler.

    Answers the response and the planted effects that are left to whoever writes it. Raises ApiError,
    ConnectionDropped.
    """
    met = await strike(cloud, method, caller)
    handler = HANDLERS.get(method)
    if handler is None:
        raise unimplemented(method)
    if method.startswith(RUN):
        require_region(cloud, asked_of(request))
    require_reachable(cloud, asked_of(request))
    refuse_denied(cloud, method, request)
    seen = as_it_was(cloud, met) if _READS.search(method) else cloud

    async def ask(token: str, size: int | None) -> MessagePage:
        if "page_token" in request.DESCRIPTOR.fields_by_name:
            request.page_token = token
            if size is not None and (request.page_size == 0 or request.page_size > size):
                request.page_size = size
        return MessagePage(await _handled(handler, seen, method, request))

    page = await answered(met, getattr(request, "page_token", ""), ask)
    if met.drop_after:
        raise ConnectionDropped(method)
    return page.response, met


async def _handled(handler: Handler, cloud: Cloud, method: str, request: Message) -> Any:
    try:
        return await handler(cloud, request)
    except ApiError:
        raise
    except Exception as bug:  # a bug of the sandbox must reach whoever called, like every other failure
        log.exception("%s", method)
        raise bug_of_sandbox(bug) from bug


async def strike(cloud: Cloud, method: str, caller: Caller) -> Effects:
    """Count a call and let its planted faults strike. Raises ApiError, ConnectionDropped."""
    cloud.calls[method] += 1
    met = cloud.faults.strike(method, caller)
    await planted.begin(cloud, method, met)
    return met

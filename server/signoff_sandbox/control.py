"""The sandbox's own HTTP paths under /sandbox: planting state and faults, counting calls, saving."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from signoff_sandbox import state
from signoff_sandbox.wire.certificate import certificate_file, public_part
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world import build_triggers, ingress, load_balancer, run_worker_reconciler
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.faults import OWN

PUSH = ("repository", "ref", "before", "after")


async def get_state(visit: Visit) -> Response:
    """The whole state, as the state file has it."""
    return json_response(state.dump(visit.cloud))


async def post_state(visit: Visit) -> Response:
    """Merge entries into the state."""
    _merge(visit.cloud, await _json(visit.request))
    ingress.resume(visit.cloud)
    await run_worker_reconciler.resume(visit.cloud)
    return json_response({})


async def save_state(visit: Visit) -> Response:
    """Write the state file now."""
    if visit.cloud.settings.state is None:
        raise invalid_argument("The sandbox was started without --state, so there is no file to save to.")
    try:
        state.save_file(visit.cloud, visit.cloud.settings.state)
    except state.StateError as error:
        raise invalid_argument(str(error)) from error
    return json_response({"saved": str(visit.cloud.settings.state)})


async def get_faults(visit: Visit) -> Response:
    return json_response({"faults": [fault.rest() for fault in visit.cloud.faults.planted]})


async def post_faults(visit: Visit) -> Response:
    """Plant one fault, or a list of them."""
    content = await _json(visit.request)
    _merge(visit.cloud, {"faults": content if isinstance(content, list) else [content]})
    return json_response({})


async def delete_faults(visit: Visit) -> Response:
    visit.cloud.faults.clear()
    return json_response({})


async def get_methods(visit: Visit) -> Response:
    """Names of all methods, which faults are planted on."""
    return json_response({"methods": [*sorted(visit.cloud.faults.known()), *(f"{family}*" for family in OWN)]})


async def get_certificate(visit: Visit) -> Response:
    """What a client has to trust to read from the tunnel (wire/tunnel.py), as PEM."""
    text = public_part(certificate_file(visit.cloud.machine.folder))
    return Response(text, media_type="application/x-pem-file")


async def post_push(visit: Visit) -> Response:
    """A push to a repository, as its post-receive hook tells it: the triggers that watch for it run."""
    content = await _json(visit.request)
    fields = {key: str(content.get(key, "")) for key in PUSH} if isinstance(content, dict) else dict.fromkeys(PUSH, "")
    if not isinstance(content, dict) or not set(content) <= set(PUSH) or not _is_push(fields):
        raise invalid_argument(
            'A push is {"repository": URL or path, "ref": "refs/heads/…", "before": commit, "after": commit}; '
            "the commits may be left out."
        )
    return json_response(await build_triggers.pushed(visit.cloud, **fields))


async def get_calls(visit: Visit) -> Response:
    """Method -> number of calls since the start or the last reset."""
    return json_response(dict(sorted(visit.cloud.calls.items())))


async def reset_calls(visit: Visit) -> Response:
    visit.cloud.calls.clear()
    return json_response({})


async def get_edge(visit: Visit) -> Response:
    """What `signoff_sandbox edge` needs to be the load balancer of the services here."""
    return json_response(load_balancer.describe(visit.cloud))


def _is_push(fields: dict[str, str]) -> bool:
    return bool(fields["repository"]) and fields["ref"].startswith(("refs/heads/", "refs/tags/"))


def _merge(cloud: Cloud, content: Any) -> None:
    try:
        state.merge(cloud, content, "request")
    except state.StateError as error:
        raise invalid_argument(str(error)) from error


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise invalid_argument(f"The body is not JSON: {error}") from error


ROUTES: tuple[PathMethod, ...] = (
    PathMethod("", ("GET",), re.compile("/sandbox/state"), get_state),
    PathMethod("", ("POST",), re.compile("/sandbox/state"), post_state),
    PathMethod("", ("POST",), re.compile("/sandbox/state:save"), save_state),
    PathMethod("", ("GET",), re.compile("/sandbox/faults"), get_faults),
    PathMethod("", ("POST",), re.compile("/sandbox/faults"), post_faults),
    PathMethod("", ("DELETE",), re.compile("/sandbox/faults"), delete_faults),
    PathMethod("", ("GET",), re.compile("/sandbox/methods"), get_methods),
    PathMethod("", ("GET",), re.compile("/sandbox/certificate"), get_certificate),
    PathMethod("", ("POST",), re.compile("/sandbox/push"), post_push),
    PathMethod("", ("GET",), re.compile("/sandbox/calls"), get_calls),
    PathMethod("", ("POST",), re.compile("/sandbox/calls:reset"), reset_calls),
    PathMethod("", ("GET",), re.compile("/sandbox/edge"), get_edge),
)

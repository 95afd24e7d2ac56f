"""A call of an HTTP method beside the table: its planted faults, its permission, its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from signoff_sandbox.wire.dispatch import strike
from signoff_sandbox.wire.effects.json_values import spoiled
from signoff_sandbox.wire.effects.lists import JsonPage, answered
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.wire.permissions import refuse
from signoff_sandbox.world.callers import Caller
from signoff_sandbox.world.errors import ConnectionDropped
from signoff_sandbox.world.faults import Effects
from signoff_sandbox.world.past import as_it_was

_KNATIVE, _STORAGE, _OTHERS = ("continue", "limit"), ("pageToken", "maxResults"), ("pageToken", "pageSize")


def _parameters(name: str) -> tuple[str, str]:
    """What a list's parameters for page and size are called; version 1 of Cloud Run has Knative's for its resources."""
    api, *_, resource, _verb = name.split(".")
    if api == "run" and resource not in ("locations", "operations"):
        return _KNATIVE
    return _STORAGE if api == "storage" else _OTHERS


async def visited(method: PathMethod, visit: Visit, caller: Caller) -> Response:
    """The answer of `method`; one without a name is the sandbox's own, which no fault strikes.

    Raises ApiError, ConnectionDropped.
    """
    if not method.name:
        return await method.answer(visit)
    met = await strike(visit.cloud, method.name, caller)
    if method.permission is not None:
        refuse(visit.cloud, method.permission, f"projects/{visit.cloud.settings.project}")
    if visit.request.method in ("GET", "HEAD"):
        visit = replace(visit, cloud=as_it_was(visit.cloud, met))
    response = await (_listed(method, visit, met) if method.name.endswith(".list") else method.answer(visit))
    if met.drop_after:
        raise ConnectionDropped(method.name)
    content = None if met == Effects() else _json(response)
    return response if content is None else _with(response, spoiled(content, met))


async def _listed(method: PathMethod, visit: Visit, met: Effects) -> Response:
    keys = token_key, size_key = _parameters(method.name)
    query = visit.request.query_params
    others = [(key, value) for key, value in query.multi_items() if key not in keys]
    first: list[Response] = []

    async def ask(token: str, size: int | None) -> JsonPage:
        wanted = query.get(size_key, "")
        smaller = size is not None and not (wanted.isdigit() and 0 < int(wanted) <= size)
        asked = {token_key: token, size_key: str(size) if smaller else wanted}
        string = urlencode([*others, *((key, value) for key, value in asked.items() if value)])
        request = Request({**visit.request.scope, "query_string": string.encode()}, visit.request.receive)
        response = await method.answer(replace(visit, request=request))
        first.append(response)
        return JsonPage(_json(response), knative=keys == _KNATIVE)

    page = await answered(met, query.get(token_key, ""), ask)
    return first[0] if met == Effects() or not page.is_list else _with(first[0], page.content)


def _json(response: Response) -> Any:
    """The content of an answer that is JSON and no error, else None."""
    if response.status_code >= 400 or response.media_type != "application/json":
        return None
    return json.loads(bytes(response.body))


def _with(response: Response, content: Any) -> Response:
    made = json_response(content, response.status_code)
    for name, value in response.headers.items():
        if name not in ("content-length", "content-type"):
            made.headers[name] = value
    return made

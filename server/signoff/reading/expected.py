"""Whether an answer is what signoff.toml expects of it."""

from __future__ import annotations

import json
from typing import Any

from signoff.model.arrival import Unmet
from signoff.model.http import Response
from signoff.model.quoted import Quoted
from signoff.model.smoke import JsonExpected, Smoke
from signoff.reading.reply import Reply

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_SHOWN = 200


def unmet(smoke: Smoke, response: Response) -> tuple[Unmet, ...]:
    """Every expectation that the answer does not meet, in the order in which a person looks."""
    found: list[Unmet] = []
    if not (response.status in smoke.status if smoke.status else 200 <= response.status < 300):
        wanted = " or ".join(map(str, smoke.status)) or "2xx"
        found.append(Unmet("status", wanted, Quoted(str(response.status))))
    reply = Reply("", response)
    if smoke.content_type is not None and not _same_type(smoke.content_type, reply.header("content-type")):
        found.append(Unmet("content type", smoke.content_type, Quoted(reply.header("content-type") or "none")))
    if smoke.contains is not None and smoke.contains.encode() not in response.body:
        found.append(Unmet("body", f"contains {smoke.contains!r}", _beginning(response)))
    if smoke.json:
        found.extend(_json(smoke.json, response))
    return tuple(found)


def _same_type(wanted: str, got: str) -> bool:
    """Parameters such as the charset count only where they were written."""
    given = got.lower().replace(" ", "")
    return wanted.lower().replace(" ", "") in {given, given.partition(";")[0]}


def _beginning(response: Response) -> Quoted:
    return Quoted.of(response.body[:_SHOWN])


def _json(expected: tuple[JsonExpected, ...], response: Response) -> list[Unmet]:
    if response.cut:
        return [Unmet("body", "JSON that is short enough to be read", Quoted(f"more than {len(response.body)} bytes"))]
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return [Unmet("body", "JSON", _beginning(response))]
    return [wrong for one in expected if (wrong := _at(one, body)) is not None]


def _at(expected: JsonExpected, body: Any) -> Unmet | None:
    what = f"json {expected.path}".rstrip()
    wanted = json.dumps(expected.value) if expected.type is None else f"a value of type {expected.type}"
    value = body
    for part in expected.path.split(".") if expected.path else ():
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return Unmet(what, wanted, Quoted("nothing there"))
    if expected.type is not None:
        fits = _is(value, expected.type)
    else:
        # to Python, 1 and True are equal
        fits = value == expected.value and isinstance(value, bool) == isinstance(expected.value, bool)
    return None if fits else Unmet(what, wanted, Quoted(json.dumps(value)[:_SHOWN]))


def _is(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[wanted])

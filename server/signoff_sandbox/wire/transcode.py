"""From an HTTP request to a request message, and back: Google's JSON transcoding."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.google_json import to_json

# https://cloud.google.com/apis/docs/system-parameters
SYSTEM_PARAMETERS = frozenset(
    {"alt", "key", "prettyPrint", "quotaUser", "fields", "access_token", "oauth_token", "callback", "uploadType"}
    | {"upload_protocol", "userProject"}
)
_CAMEL = re.compile(r"([A-Z])")


def read_request(
    kind: type[Message], path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes, body_field: str | None
) -> Message:
    """The request message; INVALID_ARGUMENT names what does not fit.

    `body_field` is the field that the body fills, `*` for the whole request, None for no body. Query parameters are
    fields by camelCase or snake_case name, nested with dots, repeated by repetition.
    """
    request = kind()
    if body_field is not None and body.strip():
        _read_body(request if body_field == "*" else getattr(request, body_field), body)
    for field, value in path.items():
        _set(request, field, [value])
    values: dict[str, list[str]] = {}
    for key, value in query:
        if key not in SYSTEM_PARAMETERS and not key.startswith("$"):
            values.setdefault(key, []).append(value)
    for key, texts in values.items():
        _set(request, key, texts)
    return request


def written(message: Message, *, enums_as_integers: bool = False) -> Any:
    """A message as Google's REST JSON."""
    return _without_points(to_json(message, use_integers_for_enums=enums_as_integers))


def _without_points(value: Any) -> Any:
    """Whole numbers are written without a point, as Google writes them: `1` in a payload, not `1.0`."""
    if isinstance(value, dict):
        return {key: _without_points(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_points(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def read_alt(query: Iterable[tuple[str, str]]) -> bool:
    """Whether enums are asked for as numbers: `$alt=json;enum-encoding=int`, as Google's REST clients do."""
    return any(key in ("alt", "$alt") and "enum-encoding=int" in value for key, value in query)


def _read_body(target: Message, body: bytes) -> None:
    try:
        content = json.loads(body)
        if isinstance(content, dict):
            json_format.ParseDict(content, target)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise invalid_argument(f"Invalid JSON payload received. {error}") from error
    if not isinstance(content, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be an object.")


def _set(request: Message, path: str, texts: list[str]) -> None:
    target, (*parents, leaf) = request, path.split(".")
    for parent in parents:
        field = _field(target, parent, path)
        if field.message_type is None or field.is_repeated:
            raise _unknown(path, target)
        target = getattr(target, field.name)
    field = _field(target, leaf, path)
    if field.message_type is not None and field.message_type.full_name == "google.protobuf.FieldMask":
        paths = [_snake(one) for text in texts for one in text.split(",") if one]
        getattr(target, field.name).paths.extend(paths)
        return
    try:
        value: Any = [_value(field, text) for text in texts] if field.is_repeated else _value(field, texts[-1])
        json_format.ParseDict({field.json_name: value}, target)
    except (json_format.ParseError, ValueError) as error:
        raise invalid_argument(f"Invalid value at '{path}': {texts[-1]!r}", **{path: str(error)}) from error


def _value(field: FieldDescriptor, text: str) -> str | bool:
    boolean = field.type == FieldDescriptor.TYPE_BOOL or (
        field.message_type is not None and field.message_type.full_name == "google.protobuf.BoolValue"
    )
    if not boolean:
        return text
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("neither true nor false")
    return text.lower() in ("true", "1")


def _field(message: Message, name: str, path: str) -> Any:
    for field in message.DESCRIPTOR.fields:
        if name in (field.name, field.json_name):
            return field
    raise _unknown(path, message)


def _unknown(path: str, message: Message) -> Exception:
    return invalid_argument(
        f"Invalid JSON payload received. Unknown name \"{path}\" at '{message.DESCRIPTOR.name}': Cannot find field.",
        **{path: "unknown"},
    )


def _snake(path: str) -> str:
    return _CAMEL.sub(lambda found: "_" + found.group(1).lower(), path)

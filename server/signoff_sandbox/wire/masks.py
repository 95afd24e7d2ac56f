"""Field masks on updates: only what the mask names changes."""

from __future__ import annotations

import re
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.store import copy_of

M = TypeVar("M", bound=Message)
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def merged(current: M, wanted: M, mask: FieldMask | None) -> M:
    """`current` with the masked fields of `wanted`; INVALID_ARGUMENT for a path that does not exist.

    Without a mask (None or empty), and with `*`, everything comes from `wanted`: fields it leaves out are cleared.
    Paths are snake_case or camelCase; a masked message is replaced whole, maps and lists too; `labels.team` sets
    one key of a map.
    """
    paths = [path for path in mask.paths if path] if mask is not None else []
    if not paths or "*" in paths:
        return copy_of(wanted)
    result = copy_of(current)
    for path in paths:
        _take(result, wanted, path.split("."), path)
    return result


def _take(result: Message, wanted: Message, segments: list[str], path: str) -> None:
    name = _CAMEL.sub(lambda found: "_" + found.group(1).lower(), segments[0])
    field = result.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise invalid_argument(
            f"Invalid field mask: '{path}' is no field of {result.DESCRIPTOR.name}.", update_mask=f"unknown path {path}"
        )
    rest = segments[1:]
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    if not rest:
        result.ClearField(name)
        if is_map or field.is_repeated or not field.has_presence or wanted.HasField(name):
            only = type(wanted)()
            only.CopyFrom(wanted)
            for other in wanted.DESCRIPTOR.fields:
                if other.name != name:
                    only.ClearField(other.name)
            result.MergeFrom(only)
    elif is_map and len(rest) == 1:
        mine, theirs = getattr(result, name), getattr(wanted, name)
        if rest[0] in theirs:
            _set_key(mine, theirs, rest[0])
        else:
            mine.pop(rest[0], None)
    elif field.message_type is None or field.is_repeated:
        raise invalid_argument(
            f"Invalid field mask: '{path}' goes into '{segments[0]}', which has no fields of its own.",
            update_mask=f"path {path} is too deep",
        )
    elif result.HasField(name) or wanted.HasField(name):
        _take(getattr(result, name), getattr(wanted, name), rest, path)
    else:  # nothing to take, but the path must exist; a look into the message would already set it
        _take(copy_of(getattr(result, name)), getattr(wanted, name), rest, path)


def _set_key(mine: object, theirs: object, key: str) -> None:
    value = theirs[key]  # type: ignore[index]
    if isinstance(value, Message):
        mine[key].CopyFrom(value)  # type: ignore[index]
    else:
        mine[key] = value  # type: ignore[index]

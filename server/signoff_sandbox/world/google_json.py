"""Google's REST JSON of a message: protobuf's, except where Google names a field otherwise than its clients know.

Statements of in-toto have a field `_type` (https://in-toto.io/Statement/v1), which the generated client calls `type_`.
"""

from __future__ import annotations

import copy
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

_IN_TOTO = "grafeas.v1."
_STATEMENT = "predicateType"  # only statements have it


def to_json(message: Message, *, use_integers_for_enums: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = json_format.MessageToDict(message, use_integers_for_enums=use_integers_for_enums)
    if message.DESCRIPTOR.full_name.startswith(_IN_TOTO):
        _rename(content, "type", "_type")
    return content


def from_json(content: Any, message: Message) -> Any:
    """`message`, filled; `content` stays as it is. Raises json_format.ParseError."""
    if message.DESCRIPTOR.full_name.startswith(_IN_TOTO):
        content = copy.deepcopy(content)
        _rename(content, "_type", "type")
    return json_format.ParseDict(content, message)


def _rename(value: Any, old: str, new: str) -> None:
    """In every statement, however deep."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _rename(inner, old, new)
    if isinstance(value, dict) and _STATEMENT in value and old in value:
        value[new] = value.pop(old)

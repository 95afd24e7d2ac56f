"""Fields of a message gone wrong, as gRPC carries them: malformed, of an unknown enum value, with a skewed clock.

A path is the camelCase names of the fields from the response on, joined by dots, without the indexes of lists:
`services.terminalCondition.lastTransitionTime`.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message

from signoff_sandbox.world.faults import Effects

#: A number that no enum of Google's knows.
UNKNOWN_NUMBER = 9999
#: Stands for text that is not UTF-8, which a message cannot hold; replaced byte for byte once it is serialized.
_NO_TEXT = "\x02sandbox: no text\x03"
_OUT_OF_RANGE = 10**15  # seconds: google.protobuf.Timestamp ends with the year 9999, Duration with 10,000 years
_TIMESTAMP, _DURATION, _ANY = (f"google.protobuf.{name}" for name in ("Timestamp", "Duration", "Any"))
_UNSIGNED = (Field.CPPTYPE_UINT32, Field.CPPTYPE_UINT64)
_SIGNED = (Field.CPPTYPE_INT32, Field.CPPTYPE_INT64)
_FLOATS = (Field.CPPTYPE_FLOAT, Field.CPPTYPE_DOUBLE)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value of a message: `kind` describes it, `write` replaces it; a Timestamp or Duration is a leaf too."""

    path: str
    kind: Field
    value: Any
    write: Callable[[Any], None]


def spoiled(message: Message, met: Effects) -> Message | bytes:
    """The message as planted; as bytes where no message can be that wrong."""
    if not (met.malformed or met.unknown_enum or met.skew_seconds):
        return message
    for leaf in _leaves(message, ""):
        if met.unknown_enum and leaf.kind.cpp_type == Field.CPPTYPE_ENUM and _fits(leaf, met.unknown_enum):
            leaf.write(UNKNOWN_NUMBER)
        elif met.malformed and _fits(leaf, met.malformed):
            _malform(leaf)
        elif met.skew_seconds and _type(leaf.kind) == _TIMESTAMP:
            leaf.value.FromNanoseconds(leaf.value.ToNanoseconds() + int(met.skew_seconds * 1e9))
            leaf.write(leaf.value)
    wire = message.SerializeToString()
    marker = _NO_TEXT.encode()
    return wire.replace(marker, b"\xff" * len(marker)) if marker in wire else message


def _malform(leaf: _Leaf) -> None:
    kind = leaf.kind.cpp_type
    if kind == Field.CPPTYPE_MESSAGE:
        leaf.value.seconds = _OUT_OF_RANGE
        leaf.write(leaf.value)
    elif kind == Field.CPPTYPE_ENUM:
        leaf.write(UNKNOWN_NUMBER)
    elif kind == Field.CPPTYPE_STRING:
        leaf.write(_NO_TEXT if leaf.kind.type == Field.TYPE_STRING else b"\xff")
    elif kind in _SIGNED:
        leaf.write(-1)
    elif kind in _UNSIGNED:
        leaf.write(2**32 - 1)
    elif kind in _FLOATS:
        leaf.write(float("nan"))


def _fits(leaf: _Leaf, glob: str) -> bool:
    return fnmatch.fnmatchcase(leaf.path, glob)


def _type(kind: Field) -> str:
    return str(kind.message_type.full_name) if kind.message_type is not None else ""


def _leaves(message: Any, path: str) -> Iterator[_Leaf]:
    for field, value in list(message.ListFields()):
        where = f"{path}.{field.json_name}" if path else field.json_name
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from _of_map(field, value, where)
        elif field.is_repeated:
            for index in range(len(value)):
                yield from _of_value(field, value[index], where, _setter(value, index))
        else:
            yield from _of_value(field, value, where, _attribute(message, field.name))


def _of_map(field: Field, value: Any, where: str) -> Iterator[_Leaf]:
    kind: Any = field.message_type
    kind = kind.fields_by_name["value"]
    for name in list(value):
        yield from _of_value(kind, value[name], f"{where}.{name}", _setter(value, name))


def _of_value(field: Field, value: Any, where: str, write: Callable[[Any], None]) -> Iterator[_Leaf]:
    if _type(field) == _ANY:
        yield from _of_any(value, where)
    elif field.message_type is not None and _type(field) not in (_TIMESTAMP, _DURATION):
        yield from _leaves(value, where)
    elif field.message_type is not None:
        yield _Leaf(where, field, value, lambda _: None)  # it is changed in place
    else:
        yield _Leaf(where, field, value, write)


def _of_any(holder: Any, where: str) -> Iterator[_Leaf]:
    """What an operation holds: `response.uri`."""
    name = holder.type_url.rpartition("/")[2]
    try:
        packed = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
    except KeyError:
        return
    holder.Unpack(packed)
    yield from _leaves(packed, where)
    holder.Pack(packed)


def _setter(container: Any, key: Any) -> Callable[[Any], None]:
    def write(value: Any) -> None:
        container[key] = value

    return write


def _attribute(message: Any, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(message, name, value)

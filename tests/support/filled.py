"""Messages in which every field is set, so that a test of all fields needs no list of them."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message

_SCALARS: dict[int, Any] = {
    Field.CPPTYPE_BOOL: True,
    Field.CPPTYPE_INT32: -7,
    Field.CPPTYPE_UINT32: 7,
    Field.CPPTYPE_INT64: -(2**40),
    Field.CPPTYPE_UINT64: 2**40,
    Field.CPPTYPE_FLOAT: 0.5,
    Field.CPPTYPE_DOUBLE: 0.25,
}
#: Messages whose JSON is not that of their fields.
_SPECIAL: dict[str, Any] = {
    "google.protobuf.Timestamp": lambda made: made.FromJsonString("2026-01-02T03:04:05.000006Z"),
    "google.protobuf.Duration": lambda made: made.FromJsonString("3.5s"),
    "google.protobuf.FieldMask": lambda made: made.FromJsonString("aB,c"),
    "google.protobuf.Struct": lambda made: made.update({"a": [1.5, None, {"b": "c"}]}),
    "google.protobuf.Value": lambda made: made.struct_value.update({"a": True}),
    "google.protobuf.Any": lambda made: made.Pack(type(made)()),
    "google.protobuf.Empty": lambda made: made.SetInParent(),
}


def filled(kind: type[Message], texts: str = "text-é") -> Any:
    """A message of `kind` with every field set; of a oneof the last, of a type inside itself one level."""
    made: Any = kind()
    _fill(made, texts, ())
    return made


def _fill(message: Any, texts: str, inside: tuple[Descriptor, ...]) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.message_type in inside:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(message, field.name), field, texts, inside)
        elif field.message_type is not None:
            value = getattr(message, field.name)
            _fill_message(value.add() if field.is_repeated else value, texts, (*inside, message.DESCRIPTOR))
        elif field.is_repeated:
            getattr(message, field.name).append(_scalar(field, texts))
        else:
            setattr(message, field.name, _scalar(field, texts))


def _fill_message(value: Any, texts: str, inside: tuple[Descriptor, ...]) -> None:
    value.SetInParent()
    special = _SPECIAL.get(value.DESCRIPTOR.full_name)
    if special is not None:
        special(value)
    else:
        _fill(value, texts, inside)


def _fill_map(entries: Any, field: Field, texts: str, inside: tuple[Descriptor, ...]) -> None:
    kinds: Any = field.message_type
    key, value = kinds.fields_by_name["key"], kinds.fields_by_name["value"]
    if value.message_type is not None:
        _fill_message(entries[_scalar(key, texts)], texts, inside)
    else:
        entries[_scalar(key, texts)] = _scalar(value, texts)


def _scalar(field: Field, texts: str) -> Any:
    if field.cpp_type == Field.CPPTYPE_ENUM:
        kind: Any = field.enum_type
        return kind.values[-1].number
    if field.cpp_type == Field.CPPTYPE_STRING:
        return texts if field.type == Field.TYPE_STRING else b"\x00\xff"
    return _SCALARS[field.cpp_type]

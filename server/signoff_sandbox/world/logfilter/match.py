"""An expression -> a function of a message.

A field that the message type does not have is an error before anything is compared. A field of the type that is not
set has its default value. A label or a key of a payload that is not there makes every comparison with it false.
https://cloud.google.com/logging/docs/view/logging-query-language#missing-fields
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from signoff_sandbox.world.logfilter.ast import (
    And,
    Anywhere,
    Call,
    Comparison,
    Expression,
    FilterError,
    Not,
    NotModelled,
    Or,
)
from signoff_sandbox.world.logfilter.compare import Test, json_test, text_test, typed_test
from signoff_sandbox.world.logfilter.dialect import LOGGING, Dialect, exactly
from signoff_sandbox.world.logfilter.parser import parse

Matcher = Callable[[Any], bool]
STRUCT, ANY = "google.protobuf.Struct", "google.protobuf.Any"
#: https://cloud.google.com/logging/docs/view/logging-query-language#functions
NOT_MODELLED = frozenset({"cast", "ip_in_net", "regexp_extract", "sample", "search", "source"})
MOMENTS = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration"})
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def compiled(text: str, kind: type[Message], dialect: Dialect = LOGGING) -> Matcher:
    """What tells whether a message of `kind` matches the filter `text`. Raises FilterError.

    Field names are snake_case or camelCase.
    """
    expression = parse(text)
    return _matcher(exactly(expression) if dialect.exact else expression, kind, dialect)


def _matcher(expression: Expression, kind: type[Message], dialect: Dialect) -> Matcher:
    if isinstance(expression, And):
        every = [_matcher(term, kind, dialect) for term in expression.terms]
        return lambda message: all(test(message) for test in every)
    if isinstance(expression, Or):
        some = [_matcher(term, kind, dialect) for term in expression.terms]
        return lambda message: any(test(message) for test in some)
    if isinstance(expression, Not):
        inner = _matcher(expression.term, kind, dialect)
        return lambda message: not inner(message)
    if isinstance(expression, Anywhere):
        folded = expression.value.text.casefold()
        return lambda message: any(folded in text.casefold() for text in texts(message))
    if isinstance(expression, Call):
        return _call(expression, kind, dialect)
    name = camel_to_snake(expression.path[0])
    segments = [dialect.aliases.get(name, name), *expression.path[1:]]
    return _comparison(expression, segments, kind.DESCRIPTOR)


def _call(call: Call, kind: type[Message], dialect: Dialect) -> Matcher:
    words = [argument.text for argument in call.arguments]
    if call.name == "has_prefix" and len(words) == 2 and dialect.exact:
        # https://cloud.google.com/artifact-analysis/docs/view-metadata: has_prefix(resource_url, "https://…")
        name = camel_to_snake(words[0])
        text = _field(kind.DESCRIPTOR, dialect.aliases.get(name, name))
        if text is None or text.cpp_type != FieldDescriptor.CPPTYPE_STRING or text.is_repeated:
            raise FilterError(call.position, f"{kind.DESCRIPTOR.name} has no text {words[0]!r}")
        return lambda message: bool(getattr(message, text.name).startswith(words[1]))
    if call.name.lower() in NOT_MODELLED and "log_name" in kind.DESCRIPTOR.fields_by_name:
        raise NotModelled(call.position, f"the function '{call.name}'")
    if call.name.lower() != "log_id" or len(words) != 1 or "log_name" not in kind.DESCRIPTOR.fields_by_name:
        raise FilterError(call.position, f"the function {call.name!r} is not known here")
    suffix = "/logs/" + words[0].replace("/", "%2F")
    return lambda message: bool(message.log_name.endswith(suffix))


def _field(descriptor: Any, name: str) -> Any:
    """The field of that name; the generated clients write `object` as `object_`."""
    return descriptor.fields_by_name.get(name) or descriptor.fields_by_name.get(f"{name}_")


def camel_to_snake(name: str) -> str:
    return _CAMEL.sub(lambda found: "_" + found.group(1).lower(), name)


def _comparison(comparison: Comparison, segments: list[str], descriptor: Any) -> Matcher:
    """Follows the path through the message type, one field at a time."""
    field = _field(descriptor, camel_to_snake(segments[0]))
    if field is None:
        raise FilterError(comparison.position, f"{descriptor.name} has no field {'.'.join(segments)!r}")
    rest = segments[1:]
    present = comparison.operator == ":" and comparison.value.text == "*" and not comparison.value.quoted
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return _in_map(comparison, field, rest, present)
    if field.message_type is not None and field.message_type.full_name in (STRUCT, ANY):
        return _in_json(comparison, field.name, rest, present)
    plain = field.message_type is None or field.message_type.full_name in MOMENTS
    if rest and plain:
        raise FilterError(comparison.position, f"'{segments[0]}' has no field {rest[0]!r}")
    if rest:
        inner = _comparison(comparison, rest, field.message_type)
        return lambda message: any(inner(value) for value in _values(message, field))
    if present:
        return lambda message: _is_set(message, field)
    if plain:
        test = typed_test(comparison, field)
        return lambda message: any(test(value) for value in _values(message, field))
    if comparison.operator != ":":
        raise FilterError(comparison.position, f"'{segments[0]}' is no single value; only ':' can ask for it")
    folded = comparison.value.text.casefold()
    return lambda message: any(folded in text.casefold() for value in _values(message, field) for text in texts(value))


def _values(message: Any, field: FieldDescriptor) -> Iterator[Any]:
    value = getattr(message, field.name)
    if field.is_repeated:
        yield from value
    else:
        yield value


def _is_set(message: Any, field: FieldDescriptor) -> bool:
    if field.is_repeated:
        return len(getattr(message, field.name)) > 0
    if field.has_presence:
        return bool(message.HasField(field.name))
    return bool(getattr(message, field.name) != field.default_value)


def _in_map(comparison: Comparison, field: Any, rest: list[str], present: bool) -> Matcher:
    """`labels.key OP value`; `labels:key` asks whether there is such a key."""
    name = field.name
    if not rest:
        if comparison.operator != ":":
            raise FilterError(comparison.position, f"'{name}' is a map: name a key of it")
        key = comparison.value.text
        return lambda message: bool(getattr(message, name)) if present else key in getattr(message, name)
    # A key with dots may be written without quotes where that is not ambiguous.
    wanted = ".".join(rest)
    if present:
        return lambda message: wanted in getattr(message, name)
    test: Test = typed_test(comparison, field.message_type.fields_by_name["value"])
    return lambda message: wanted in getattr(message, name) and test(getattr(message, name)[wanted])


def _in_json(comparison: Comparison, name: str, rest: list[str], present: bool) -> Matcher:
    test = json_test(comparison)
    anywhere = text_test(comparison) if comparison.operator == ":" else None
    if not rest and anywhere is None:
        raise FilterError(comparison.position, f"'{name}' is no single value; only ':' can ask for it")

    def match(message: Any) -> bool:
        if not message.HasField(name):
            return False
        found = list(_reached(as_json(getattr(message, name)), rest))
        if present:
            return bool(found)
        for value in found:
            if isinstance(value, dict):
                if anywhere is not None and any(anywhere(text) for text in json_texts(value)):
                    return True
            elif test(value):
                return True
        return False

    return match


def _reached(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path of a JSON value; lists are gone through."""
    if isinstance(value, list):
        for item in value:
            yield from _reached(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _reached(value[path[0]], path[1:])


def as_json(message: Message) -> Any:
    """A Struct, or an Any whose type is known here, as JSON."""
    try:
        return json_format.MessageToDict(message)
    except TypeError:  # an Any of a type that nothing here defines
        return {}


def texts(message: Any) -> Iterator[str]:
    """Every text and number of a message as text, however deep."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from (str(item) for item in value.values() if not isinstance(item, Message))
            continue
        for item in value if field.is_repeated else (value,):
            if field.message_type is None:
                if field.enum_type is None and not isinstance(item, bool):
                    yield item if isinstance(item, str) else f"{item:g}" if isinstance(item, float) else str(item)
            elif field.message_type.full_name in (STRUCT, ANY):
                yield from json_texts(as_json(item))
            elif field.message_type.full_name not in MOMENTS:
                yield from texts(item)


def json_texts(value: Any) -> Iterator[str]:
    """Every text and number of a JSON value as text."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from json_texts(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:g}"

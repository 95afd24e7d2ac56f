"""One comparison: a field's value against a value of the filter.

Text is compared without regard to case, except by regular expressions and where a dialect says `exact`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from signoff_sandbox.world.logfilter.ast import Comparison, FilterError

Test = Callable[[Any], bool]
Order = Callable[[Any, Any], bool]
ORDER: dict[str, Order] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
        FieldDescriptor.CPPTYPE_DOUBLE,
        FieldDescriptor.CPPTYPE_FLOAT,
    }
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def text_test(comparison: Comparison) -> Test:
    """For a value that is text."""
    wanted, op = comparison.value.text, comparison.operator
    if op in ("=~", "!~"):
        try:
            pattern = re.compile(wanted)
        except re.error as error:
            raise FilterError(comparison.value.position, f"invalid regular expression: {error}") from error
        return lambda value: (pattern.search(value) is not None) == (op == "=~")
    if comparison.exact:
        same: Order = ORDER.get(op, operator.eq)
        return lambda value: same(value, wanted)
    folded = wanted.casefold()
    if op == ":":
        return lambda value: folded in value.casefold()
    compare: Order = ORDER[op]
    return lambda value: compare(value.casefold(), folded)


def typed_test(comparison: Comparison, field: Any) -> Test:
    """For a field of a known type. Raises FilterError where the value does not fit it."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return text_test(comparison)
    if comparison.operator in ("=~", "!~"):
        raise FilterError(comparison.position, f"'{comparison.operator}' needs a field that is text")
    compare: Order = ORDER.get(comparison.operator, operator.eq)  # `:` on what is no text means equal
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        wanted_number = _enum(comparison, field.enum_type)
        return lambda value: compare(value, wanted_number)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        wanted_bool = _bool(comparison)
        return lambda value: compare(value, wanted_bool)
    if kind in _NUMBERS:
        wanted_float = number(comparison.value.text)
        if wanted_float is None:
            raise FilterError(comparison.value.position, f"{comparison.value.text!r} is no number")
        return lambda value: compare(value, wanted_float)
    moment = _moment(comparison, field.message_type.full_name)
    return lambda value: compare((value.seconds, value.nanos), moment)


def json_test(comparison: Comparison) -> Test:
    """For a value of a JSON payload, whose type is only known when it is met."""
    as_text = text_test(comparison)
    wanted = comparison.value
    compare: Order = ORDER.get(comparison.operator, operator.eq)
    as_number = number(wanted.text)

    def test(value: Any) -> bool:
        if value is None:
            equal = not wanted.quoted and wanted.text == "NULL_VALUE"
            return equal if comparison.operator in ("=", ":") else comparison.operator == "!=" and not equal
        if isinstance(value, bool):
            return compare(str(value).lower(), wanted.text.lower())
        if isinstance(value, int | float):
            if comparison.operator in ("=~", "!~"):
                return as_text(f"{value:g}")
            return as_number is not None and bool(compare(value, as_number))
        return isinstance(value, str) and as_text(value)

    return test


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _enum(comparison: Comparison, enum: EnumDescriptor) -> int:
    text = comparison.value.text
    known = {name.upper(): value.number for name, value in enum.values_by_name.items()}
    if text.upper() in known:
        return known[text.upper()]
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        return int(text)
    raise FilterError(comparison.value.position, f"{text!r} is no {enum.name}")


def _bool(comparison: Comparison) -> bool:
    text = comparison.value.text.lower()
    if text not in ("true", "false"):
        raise FilterError(comparison.value.position, f"{comparison.value.text!r} is neither true nor false")
    return text == "true"


def _moment(comparison: Comparison, type_name: str) -> tuple[int, int]:
    """Seconds and nanoseconds of a time or a duration."""
    text, message = comparison.value.text, Timestamp() if type_name == Timestamp.DESCRIPTOR.full_name else Duration()
    if isinstance(message, Timestamp) and _DATE.fullmatch(text):
        text += "T00:00:00Z"  # a date alone is its first moment, in UTC
    try:
        message.FromJsonString(text)
    except ValueError as error:
        kind = "time such as 2026-01-31T12:00:00Z" if isinstance(message, Timestamp) else "duration such as 1.5s"
        raise FilterError(comparison.value.position, f"{comparison.value.text!r} is no {kind}") from error
    return message.seconds, message.nanos

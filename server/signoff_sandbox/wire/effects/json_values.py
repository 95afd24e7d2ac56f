"""Fields of JSON gone wrong, as REST carries them; the paths are those of `values.py`.

JSON does not say what a value is, so its form does: RFC 3339 is a time, digits are a number, CAPITALS are an enum.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from signoff_sandbox.wire.effects.values import UNKNOWN_NUMBER
from signoff_sandbox.world.faults import Effects

UNKNOWN_NAME = "VALUE_OF_TOMORROW"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: The form of a text -> what looks like it and is none.
_WRONG: tuple[tuple[re.Pattern[str], Any], ...] = (
    (_TIME, "yesterday"),
    (re.compile(r"-?\d+(\.\d+)?s"), "a while"),
    (re.compile(r"-?\d+"), "-1"),
    (re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"), "NO_SUCH_VALUE"),
)


def spoiled(content: Any, met: Effects) -> Any:
    """The JSON as planted; what is given stays as it is."""
    if not (met.malformed or met.unknown_enum or met.skew_seconds):
        return content
    return _spoiled(content, met, "")


def _spoiled(value: Any, met: Effects, path: str) -> Any:
    if isinstance(value, dict):
        return {key: _spoiled(item, met, f"{path}.{key}" if path else key) for key, item in value.items()}
    if isinstance(value, list):
        return [_spoiled(item, met, path) for item in value]
    if met.unknown_enum and fnmatch.fnmatchcase(path, met.unknown_enum):
        return _unknown(value)
    if met.malformed and fnmatch.fnmatchcase(path, met.malformed):
        return _malformed(value)
    if met.skew_seconds and isinstance(value, str) and _TIME.fullmatch(value):
        return _skewed(value, met.skew_seconds)
    return value


def _unknown(value: Any) -> Any:
    """An enum is a name, or a number for clients that ask for numbers (`$alt=json;enum-encoding=int`)."""
    if isinstance(value, bool | float) or value is None:
        return value
    return UNKNOWN_NUMBER if isinstance(value, int) else UNKNOWN_NAME


def _malformed(value: Any) -> Any:
    if isinstance(value, str):
        return next((wrong for form, wrong in _WRONG if form.fullmatch(value)), {"malformed": value})
    if isinstance(value, bool):
        return "perhaps"
    return -1 if isinstance(value, int) else "NaN and nothing"


def _skewed(text: str, seconds: float) -> str:
    moment = Timestamp()
    moment.FromJsonString(text)
    moment.FromNanoseconds(moment.ToNanoseconds() + int(seconds * 1e9))
    return moment.ToJsonString()

"""Google's own discovery documents as examiners: does a JSON value have the shape that Google declares?"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

INTEGERS = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), None: (-(2**63), 2**63 - 1)}
LONGS = {"int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


@cache
def document(api: str) -> dict[str, Any]:
    """A discovery document that ships with google-api-python-client, such as `run.v2`."""
    folder = resources.files("googleapiclient.discovery_cache").joinpath("documents")
    return json.loads(folder.joinpath(f"{api}.json").read_text(encoding="utf-8"))


def problems(api: str, schema: str, value: Any) -> list[str]:
    """What of `value` is not as the schema of that name says, each as `path: what`."""
    return list(_check(document(api)["schemas"], {"$ref": schema}, value, schema))


def _check(schemas: dict[str, Any], schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _check(schemas, schemas[schema["$ref"]], value, path)
        return
    kind = schema["type"]
    if kind == "object":
        yield from _object(schemas, schema, value, path)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, item in enumerate(value):
            yield from _check(schemas, schema["items"], item, f"{path}[{index}]")
    elif kind == "string":
        yield from _string(schema, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: {value!r} is no boolean"
    elif kind in ("integer", "number"):
        yield from _number(schema, value, path)
    elif kind != "any":
        raise AssertionError(f"the validator does not know the type {kind!r} of {path}")


def _object(schemas: dict[str, Any], schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    properties, additional = schema.get("properties", {}), schema.get("additionalProperties")
    for key, item in value.items():
        if key in properties:
            yield from _check(schemas, properties[key], item, f"{path}.{key}")
        elif additional is not None:
            yield from _check(schemas, additional, item, f"{path}.{key}")
        else:
            yield f"{path}: unknown field {key!r}"


def _string(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
        return
    form = schema.get("format")
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of the enum"
    elif form in LONGS and not (re.fullmatch(r"-?\d+", value) and LONGS[form][0] <= int(value) <= LONGS[form][1]):
        yield f"{path}: {value!r} is no {form}"
    elif form == "google-datetime" and not _is_time(value):
        yield f"{path}: {value!r} is no google-datetime"
    elif form == "google-duration" and not DURATION.fullmatch(value):
        yield f"{path}: {value!r} is no google-duration"
    elif form == "byte" and not _is_base64(value):
        yield f"{path}: {value!r} is no base64"


def _number(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{path}: {value!r} is no {schema['type']}"
    elif schema["type"] == "integer":
        low, high = INTEGERS[schema.get("format")]
        if not (isinstance(value, int) and low <= value <= high):
            yield f"{path}: {value!r} is no {schema.get('format', 'integer')}"


def _is_time(value: str) -> bool:
    if not DATETIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return False
    return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, altchars=b"-_", validate=True)
    except binascii.Error:
        return False
    return True

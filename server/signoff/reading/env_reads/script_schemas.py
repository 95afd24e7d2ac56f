"""Schemas that are asked about the environment: zod, t3-env's createEnv, envalid, env-var.

https://zod.dev · https://env.t3.gg · https://github.com/af/envalid · https://github.com/evanshortiss/env-var
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.values import (
    FALSE,
    NOTHING,
    PRESENT,
    TRUE,
    UNKNOWN,
    Choice,
    Const,
    Environment,
    Keyed,
    Made,
    Value,
    choice,
    truth,
)  # fmt: skip

if TYPE_CHECKING:
    from signoff.reading.env_reads.script_machine import Machine

_ZOD = re.compile(r"zod(?:/\w+)*(?:\.z|\.default)?\.(?P<coerce>coerce\.)?(?P<kind>\w+)")
_OPTIONAL = frozenset({"optional", "default", "nullish", "catch", "prefault"})
_TAKES_NOTHING = frozenset({"any", "unknown", "undefined", "void", "optional", "nullish", "never"})
_UNTOLD = frozenset({"union", "preprocess", "lazy", "custom", "discriminatedUnion", "intersection", "pipe"})


def make(m: Machine, name: str, args: list[Value], place: Place) -> Value:
    """A call of a package's own name: a schema, or a reading by one; else not known."""
    first = args[0] if args else UNKNOWN
    found = _ZOD.fullmatch(name)
    if found:
        return _schema(found["kind"], bool(found["coerce"]), args, place)
    package, _, export = name.rpartition(".")
    if package.startswith("@t3-oss/env") and export == "createEnv" and isinstance(first, Keyed):
        return _t3(m, first, place)
    if package == "envalid" and export == "cleanEnv" and len(args) > 1 and isinstance(args[1], Keyed):
        return _envalid(m, first, args[1], place)
    if package == "envalid":
        return Made("envalid", {"options": first if isinstance(first, Keyed) else Keyed({})}, place)
    if name in {"env-var.get", "env-var.default.get"} and isinstance(first, Const) and isinstance(first.value, str):
        default = args[1] if len(args) > 1 else None
        return Made("env-var", {"value": m.world.read(first.value, place, default)})
    return UNKNOWN


def _schema(kind: str, coerced: bool, args: list[Value], place: Place) -> Value:
    if kind in {"object", "strictObject", "looseObject"}:
        shape = args[0] if args and isinstance(args[0], Keyed) else Keyed({}, more=True)
        return Made("schema", {"shape": shape}, place)
    if kind in _TAKES_NOTHING or (coerced and kind in {"string", "boolean"}):
        return Made("schema", {"optional": TRUE}, place)
    return Made("schema", {"untold": TRUE} if kind in _UNTOLD else {}, place)


def method(m: Machine, this: Made, name: str, args: list[Value], place: Place) -> Value:
    first = args[0] if args else UNKNOWN
    if this.kind == "env-var":
        value = this.parts["value"]
        if name == "required" and truth(first) is not False and isinstance(value, Choice):
            m.world.trip(value.read, f"{place} requires it")
        elif name == "default":
            m.world.defaulted(value, "has a default")
        return this if name in {"required", "default", "convertFromBase64", "example"} else UNKNOWN
    if this.kind != "schema":
        return UNKNOWN
    shape = this.parts.get("shape")
    match name:
        case "parse" | "parseAsync":
            _validate(m, this, first, place, lambda read: m.world.trip(read.read, f"{place} parses it"))
            parsed = _data(shape)
            return Made("promise", {"value": parsed}) if name == "parseAsync" else parsed
        case "safeParse" | "safeParseAsync" | "spa":
            return _safe(m, this, first, place, name)
        case "extend" | "merge" | "augment" | "safeExtend" | "and":
            other = first.parts.get("shape") if isinstance(first, Made) else first
            if isinstance(shape, Keyed) and isinstance(other, Keyed):
                return Made("schema", {"shape": Keyed({**shape.items, **other.items}, shape.more or other.more)}, place)
            return Made("schema", {"untold": TRUE}, place)
        case "partial" | "deepPartial":
            return Made("schema", {"shape": Keyed({})}, place)
        case "or":
            return Made("schema", {"untold": TRUE}, this.place)
        case _ if name in _OPTIONAL:
            return Made("schema", {**this.parts, "optional": TRUE}, this.place)
        case _:
            return this


def _data(shape: Value | None) -> Value:
    return Keyed(dict.fromkeys(shape.items, UNKNOWN), more=True) if isinstance(shape, Keyed) else UNKNOWN


def _validate(m: Machine, schema: Made, given: Value, place: Place, lacks: object) -> list[Choice]:
    """Reads what the schema names, and gives those without which it fails."""
    shape = schema.parts.get("shape")
    failing: list[Choice] = []
    if isinstance(shape, Keyed):
        for name, field in shape.items.items():
            if isinstance(given, Environment):
                at = field.place if isinstance(field, Made) and field.place is not None else place
                optional = not isinstance(field, Made) or bool({"optional", "untold"} & set(field.parts))
                why = "its schema does without it" if optional else ""
                value = m.world.read(name, at, NOTHING if optional else None, why)
            elif isinstance(given, Keyed):
                value = given.items.get(name, UNKNOWN)
            else:
                continue
            failing += _failing(m, field, value)
    elif not isinstance(given, Environment):
        failing += _failing(m, schema, given)
    if callable(lacks):
        for one in failing:
            lacks(one)
    return failing


def _failing(m: Machine, field: Value, value: Value) -> list[Choice]:
    if not isinstance(field, Made) or field.kind != "schema" or not isinstance(value, Choice):
        return []
    if {"optional", "untold"} & set(field.parts):
        m.world.defaulted(value, "its schema does without it")
        return []
    return [value] if value.absent == NOTHING else []


def _safe(m: Machine, this: Made, given: Value, place: Place, name: str) -> Value:
    """`success` hangs on every name without which the schema fails."""
    success: Value = UNKNOWN
    error: Value = UNKNOWN
    failing = _validate(m, this, given, place, None)
    if failing:
        success, error = TRUE, NOTHING
    for one in reversed(failing):
        success, error = choice(one.read, FALSE, success), choice(one.read, PRESENT, error)
    parsed = Made("parsed", {"success": success, "error": error, "data": _data(this.parts.get("shape"))})
    return parsed if name == "safeParse" else Made("promise", {"value": parsed})


def _t3(m: Machine, options: Keyed, place: Place) -> Value:
    """Validates when it is called, unless `skipValidation`; a missing value throws."""
    runtime = options.items.get("runtimeEnv") or options.items.get("runtimeEnvStrict")
    partly = options.items.get("experimental__runtimeEnv")
    checked: dict[str, Value] = {}

    def validate(skip: Value) -> Value:
        if truth(skip) is True:
            return UNKNOWN
        for part in ("server", "client", "shared"):
            shape = options.items.get(part)
            if isinstance(shape, Keyed):
                given = runtime or (partly if part != "server" and isinstance(partly, Keyed) else None)
                given = given or Environment("process.env")
                checked.update(dict.fromkeys(shape.items, UNKNOWN))
                schema = Made("schema", {"shape": shape}, place)
                _validate(m, schema, given, place, lambda one: m.world.trip(one.read, f"{place} validates it"))
        return UNKNOWN

    m.world.lift(options.items.get("skipValidation", FALSE), validate)
    return Keyed(checked, more=True)


def _envalid(m: Machine, given: Value, specification: Keyed, place: Place) -> Value:
    for name, field in specification.items.items():
        options = field.parts.get("options") if isinstance(field, Made) else None
        has = options.items if isinstance(options, Keyed) else {}
        if isinstance(given, Environment) and isinstance(field, Made):
            at = field.place or place
            if "default" in has:
                m.world.read(name, at, has["default"])
            else:
                value = m.world.read(name, at, None)
                if isinstance(value, Choice):
                    m.world.trip(value.read, f"{place} validates it")
    return Keyed(dict.fromkeys(specification.items, UNKNOWN), more=True)

"""Two writings of one thing: values of a v1 object, and fields of the v2 message that the store holds.

A lens reads one v1 value out of a message and writes it back. A v1 object is taken into a message lens by lens, and
only where its value differs from the one that the message shows already: whatever v1 has no words for stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from signoff_sandbox.world.errors import ApiError, invalid_argument, unimplemented

#: Fields that Cloud Run has and the sandbox does not model.
NOT_MODELLED = ("sandboxes", "sandboxLauncher", "envFrom")


@dataclass(frozen=True, slots=True)
class Lens:
    """`key`: of the annotation or field; `read` answers None where v1 shows nothing; `write` of None clears.

    `fields` are those of the message that it needs, such as `scaling.min_instance_count`; a message of a type
    that does not have them has no such value.
    """

    key: str
    fields: tuple[str, ...]
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]

    def fits(self, message: Any) -> bool:
        return all(_has(message.DESCRIPTOR, field.split(".")) for field in self.fields)


def shown(lenses: Iterable[Lens], message: Any) -> dict[str, Any]:
    """What v1 shows of the message: key -> value, without those that it has nothing to say about."""
    values = ((lens.key, lens.read(message)) for lens in lenses if lens.fits(message))
    return {key: value for key, value in values if value is not None}


def take(lenses: Iterable[Lens], message: Any, values: Mapping[str, Any]) -> None:
    """Change the message in place so that it shows `values`. INVALID_ARGUMENT names a value that does not fit."""
    for lens in lenses:
        if not lens.fits(message):
            continue
        value = values.get(lens.key)
        if value == lens.read(message):
            continue
        try:
            lens.write(message, value)
        except ApiError:
            raise
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise invalid_argument(
                f"Invalid value {value!r} for '{lens.key}': {error}", **{lens.key: "invalid"}
            ) from error


def refuse_unknown(where: str, content: Any, known: set[str]) -> None:
    """INVALID_ARGUMENT for a field that the v1 object at `where` does not have, UNIMPLEMENTED for one not modelled."""
    if not isinstance(content, Mapping):
        raise invalid_argument(f"{where}: must be an object.", **{where: "no object"})
    for key in content:
        if key in NOT_MODELLED:
            raise unimplemented(f"{where}.{key}")
        if key not in known:
            raise invalid_argument(
                f"Invalid JSON payload received. Unknown name \"{key}\" at '{where}': Cannot find field.",
                **{f"{where}.{key}": "unknown"},
            )


def text(key: str, path: str) -> Lens:
    """A string field, `field` or `message.field`; empty means absent."""
    return Lens(key, (path,), lambda m: _get(m, path) or None, lambda m, v: put(m, path, _string(v)))


def flag(key: str, field: str) -> Lens:
    """A boolean field as `'true'`; false means absent."""
    return Lens(
        key,
        (field,),
        lambda m: "true" if getattr(m, field) else None,
        lambda m, v: setattr(m, field, boolean(v)),
    )


def whole(key: str, field: str) -> Lens:
    """An integer field as JSON number; zero means absent."""
    return Lens(key, (field,), lambda m: getattr(m, field) or None, lambda m, v: setattr(m, field, int(v or 0)))


def word(key: str, path: str, words: Mapping[Any, str]) -> Lens:
    """An enum field, `field` or `message.field`, in v1's words."""
    numbers = {name: int(number) for number, name in words.items()}

    def write(message: Any, value: str | None) -> None:
        if value is not None and value.lower() not in numbers:
            raise ValueError(f"none of {', '.join(numbers)}")
        put(message, path, numbers[value.lower()] if value is not None else None)

    return Lens(key, (path,), lambda m: words.get(_get(m, path)), write)


def number(key: str, path: str) -> Lens:
    """An integer in an annotation; zero means absent."""

    def read(message: Any) -> str | None:
        value = _get(message, path)
        return str(value) if value else None

    return Lens(key, (path,), read, lambda m, v: put(m, path, natural(v)))


def _get(message: Any, path: str) -> Any:
    for field in path.split("."):
        message = getattr(message, field)
    return message


def put(message: Any, path: str, value: Any) -> None:
    """Set `field` or `message.field`; an empty value clears it, and the message if nothing else is set there."""
    parent, _, field = path.rpartition(".")
    holder = getattr(message, parent) if parent else message
    if value:
        setattr(holder, field, value)
    else:
        holder.ClearField(field)
    if parent:
        drop_if_empty(message, parent)


def natural(value: str | None) -> int:
    """Of an annotation; nothing is zero. Raises ValueError."""
    count = int(value) if value else 0
    if count < 0:
        raise ValueError("must not be negative")
    return count


def boolean(value: str | None) -> bool:
    """Of an annotation: gcloud writes 'True', the platform 'true'. Raises ValueError."""
    if value is None:
        return False
    if value.lower() not in ("true", "false"):
        raise ValueError("neither 'true' nor 'false'")
    return value.lower() == "true"


def compact(value: Any) -> str:
    """JSON in an annotation, as the platform writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def drop_if_empty(message: Any, field: str) -> None:
    """Clear a sub-message in which nothing is set."""
    if not getattr(message, field).ListFields():
        message.ClearField(field)


def _has(descriptor: Any, path: list[str]) -> bool:
    field = descriptor.fields_by_name.get(path[0])
    return field is not None and (len(path) == 1 or _has(field.message_type, path[1:]))


def _string(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError("must be a string")
    return value or ""

"""Structured log entries: what the usual loggers call the level, the message, the error and its stack.

structlog, python-json-logger, loguru; pino, winston, bunyan; logback, log4j2, Elastic's schema; zap, zerolog, slog,
logrus; Google's own clients. Cloud Run lifts only `severity` out of an entry, so a `level` stays inside:
https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from signoff.reading.logs.level import LOUD, QUIET

_MESSAGES = ("message", "msg", "event", "@message", "text", "log", "body", "error_message", "errorMessage")
_LOWER = ("rendered_message", "renderedmessage", "short_message", "messagetemplate", "errormessage")
_TEXTS = (*_MESSAGES, *_LOWER)
_ERRORS = (
    "err",
    "error",
    "exception",
    "exc",
    "thrown",
    "throwable",
    "exc_info",
    "cause",
    "errorVerbose",
    "reason",
    "detail",
    "_exception",
)
_STACKS = (
    "stack_trace",
    "stackTrace",
    "stacktrace",
    "full_message",
    "stack",
    "exception",
    "exc_info",
    "exc_text",
    "traceback",
    "errorVerbose",
    "error.stack_trace",
    "error.stack",
    "exception.stacktrace",
    "extendedStackTrace",
    "trace_back",
    "backtrace",
    "frames",
)
_SHORT = {"@l": "level", "@x": "exception", "@m": "message", "@mt": "message"}
"""Compact log events: https://clef-json.org"""
_LEVELS = ("severity", "level", "lvl", "levelname", "log.level", "loglevel", "log_level", "@level")
_NAMED_LEVELS = (*_LEVELS, "severity_text", "severitytext", "priority")
"""Those of OpenTelemetry and of syslog have numbers of their own, so that theirs are names or none."""
_STACKED = ("Traceback (most recent call last):", "\n    at ", "\n\tat ", "\n   at ", "\n\t/", "goroutine ", ".go:")
_DEEP = ("record", "data", "context", "fields", "extra", "details", "jsonPayload", "payload", "meta", "metadata")
_FROM = "The above exception was the direct cause of the following exception:"
_NESTED = 3
"""So deep may an entry lie in the text of another one."""


@dataclass(frozen=True, slots=True)
class Structured:
    """What an entry says. `loud`: its level is an error's or above; None: it names no level.

    `stack`: a stack as text, with or without its error's line; `said`: message and error, without the stack.
    """

    loud: bool | None
    said: str
    stack: str
    failed: bool = False
    """It names an error, and an answer of a server that failed."""
    text: str = ""
    """Where there is no such stack: the lines of a field that has several, one for a stack first."""


def read(payload: str, depth: int = 0) -> Structured | None:
    """A structured entry of JSON text; None where it is no JSON object."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, Mapping):
        return None
    value = _named(value)
    for key in ("message", "msg", "log"):
        text = value.get(key)
        if isinstance(text, str) and text[:1] == "{" and depth < _NESTED and (within := read(text, depth + 1)):
            return replace(within, loud=_loud(value)) if within.loud is None else within
    inners = [_named(held) for key in (*_DEEP, "log") if isinstance(held := value.get(key), Mapping)]
    layers = [value, *inners]
    stack = next((stack for layer in layers for stack in _stacks(layer)), "")
    said = _said(layers, stack)
    loud = next((stated for layer in layers if (stated := _loud(layer)) is not None), None)
    text = "" if stack else next((text for layer in layers for text in _texts(layer)), "")
    return Structured(loud, said, stack, _failed(value), text)


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    """What has several lines: fields for a stack, those of an error's object, then the message."""
    errors = [held for key in _ERRORS if isinstance(held := value.get(key), Mapping)]
    for layer, keys in ((value, _STACKS), *((_named(error), _STACKS) for error in errors), (value, _MESSAGES)):
        for key in keys:
            held = layer.get(key)
            if isinstance(held, str) and "\n" in held.strip("\n"):
                yield held.strip("\n")


def _named(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the usual names besides the entry's own, where those are written in capitals, or with a mark before them."""
    usual = {
        _SHORT.get(key) or key.lstrip("@_$").lower(): held
        for key, held in value.items()
        if key[:1] in "@_$" or not key.islower()
    }
    return {**usual, **value} if usual else value


def _failed(value: Mapping[str, Any]) -> bool:
    status = value.get("status")
    return isinstance(status, int) and status >= 500 and bool(_error(value.get("error")))


def _loud(value: Mapping[str, Any]) -> bool | None:
    for key in _NAMED_LEVELS:
        level = value.get(key)
        if isinstance(level, Mapping):
            level = level.get("name")
        if isinstance(level, bool):
            continue
        if isinstance(level, (int, float)) and key in _LEVELS:
            # pino and bunyan: 50 is error; Google's severities go up to 800; syslog's (GELF) down to 0.
            if "short_message" in value:
                return level <= 3
            return level >= (500 if level >= 100 else 50)
        if isinstance(level, str) and (low := level.strip().lower()) in LOUD | QUIET:
            return low in LOUD
    return None


def _said(layers: list[Mapping[str, Any]], stack: str) -> str:
    """The message and the error, each of the outermost layer that has it."""
    message = next((text for layer in layers for key in _TEXTS if (text := _text(layer.get(key)))), "")
    if stack and message == stack:
        message = ""
    value = layers[0]
    error = next((text for layer in layers for key in _ERRORS if (text := _error(layer.get(key)))), "")
    if not error and isinstance(value.get("error.message"), str):
        error = ": ".join(str(value[key]) for key in ("error.type", "error.message") if value.get(key))
    if error and _has_stack(error):
        error = ""
    message, error = message.partition("\n")[0], error.partition("\n")[0]
    if error and error not in message:
        return f"{message}: {error}" if message else error
    return message


def _text(value: object) -> str:
    """A message, or an error that was logged in its place."""
    return value if isinstance(value, str) else _error(value)


def _error(value: object) -> str:
    """An error that is a text, or an object with a type and a message."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((text for one in value[:5] if isinstance(one, Mapping) and (text := _error(one))), "")
    if not isinstance(value, Mapping):
        return ""
    value = _named(value)
    kind = next(
        (
            value[key]
            for key in ("type", "name", "class", "exc_type", "errortype", "exceptiontype", "__type")
            if isinstance(value.get(key), str)
        ),
        "",
    )
    words = next(
        (
            value[key]
            for key in ("message", "msg", "exc_value", "value", "description")
            if isinstance(value.get(key), str)
        ),
        "",
    )
    code = value.get("code")
    if not words and isinstance(code, (str, int)):
        words = str(code)
    return f"{kind}: {words}" if kind and words else str(kind or words)


def _stacks(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Stacks as text, best first: fields that are meant for one, then those of an error object, then the message."""
    for key in _STACKS:
        held = value.get(key)
        if isinstance(held, str) and (_has_stack(held) or _has_stack("\n" + held)):
            yield held
        elif isinstance(held, list) and (text := _from_list(held)):
            yield text
    for key in _ERRORS:
        held = value.get(key)
        if isinstance(held, Mapping) and depth < 3:
            for stack in _stacks(_named(held), depth + 1):
                yield _with_head(held, stack)
    for key in (*_ERRORS, *_MESSAGES):
        held = value.get(key)
        if isinstance(held, str) and _has_stack(held):
            yield held


def _has_stack(text: str) -> bool:
    return any(mark in text for mark in _STACKED)


def _with_head(error: Mapping[str, Any], stack: str) -> str:
    """log4j2, Quarkus and others keep the error's words apart from its frames, and from those of its cause."""
    first = stack.lstrip("\n").partition("\n")[0]
    if not first.lstrip().startswith("at "):
        return stack
    head = _error(error)
    whole = f"{head}\n{stack}" if head else stack
    cause = error.get("causedBy", error.get("cause"))
    if isinstance(cause, Mapping) and "Caused by: " not in stack:
        cause = cause.get("exception", cause)
        if isinstance(cause, Mapping) and _error(cause):
            under = next(_stacks(_named(cause)), "")
            whole += "\nCaused by: " + (_with_head(cause, under) if under else _error(cause))
    return whole


def _from_list(held: list[Any]) -> str:
    """Frames as objects: structlog's dict_tracebacks, zerolog's stack, log4j2's extendedStackTrace."""
    lines: list[str] = []
    for one in held:
        if isinstance(one, str):
            lines.append(f"    {one}" if one.startswith("at ") else one)
        elif isinstance(one, Mapping) and isinstance(one.get("frames"), list):
            lines[:0] = [*_python(one), _FROM] if lines else _python(one)  # the outermost is the first of the list
        elif isinstance(one, Mapping) and "func" in one and "source" in one:
            lines += [f"main.{one['func']}", f"\t/app/{one['source']}:{one.get('line', 0)}"]
        elif isinstance(one, Mapping) and "class" in one and "method" in one:
            place = f"{one['file']}:{one.get('line', 0)}" if one.get("file") else "Unknown Source"
            lines.append(f"\tat {one['class']}.{one['method']}({place})")
    return "\n".join(lines)


def _python(error: Mapping[str, Any]) -> list[str]:
    lines = ["Traceback (most recent call last):"]
    for frame in error["frames"]:
        if isinstance(frame, Mapping):
            lines.append(
                f'  File "{frame.get("filename", "")}", line {frame.get("lineno", 0)}, in {frame.get("name", "")}'
            )
    return [*lines, f"{error.get('exc_type', '')}: {error.get('exc_value', '')}"]

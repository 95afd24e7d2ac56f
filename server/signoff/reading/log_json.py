"""Structured log entries: what the usual loggers call the level, the message, the error and its stack.

structlog, python-json-logger, loguru; pino, winston, bunyan; logback, log4j2, Elastic's schema; zap, zerolog, slog,
logrus; Google's own clients. Cloud Run lifts only `severity` out of an entry, so a `level` stays inside:
https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from signoff.model.record import dataclass

_MESSAGES = ("message", "msg", "event", "@message", "text", "log", "error_message", "errorMessage")
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
)
_LEVELS = ("severity", "level", "lvl", "levelname", "log.level", "loglevel", "log_level", "@level")
_LOUD = frozenset(
    {"error", "err", "critical", "crit", "fatal", "panic", "dpanic", "severe", "alert", "emergency", "emerg"}
)
_QUIET = frozenset({"debug", "info", "informational", "notice", "warn", "warning", "trace", "verbose", "silly", "http"})
_STACKED = ("Traceback (most recent call last):", "\n    at ", "\n\tat ", "\n   at ", "\n\t/", "goroutine ", ".go:")
_DEEP = ("record", "data", "context", "fields", "extra", "details", "jsonPayload", "payload", "meta", "metadata")


@dataclass(frozen=True, slots=True)
class Structured:
    """What an entry says. `loud`: its level is an error's or above; None: it names no level.

    `stack`: a stack as text, with or without its error's line; `said`: message and error, without the stack.
    """

    loud: bool | None
    said: str
    stack: str


def read(payload: str) -> Structured | None:
    """A structured entry of JSON text; None where it is no JSON object."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, Mapping):
        return None
    inner: Mapping[str, Any] = next((value[key] for key in _DEEP if isinstance(value.get(key), Mapping)), {})
    stack = next(_stacks(value), "") or next(_stacks(inner), "")
    said = _said(value, stack) or _said(inner, stack)
    loud = _loud(value)
    return Structured(_loud(inner) if loud is None else loud, said, stack)


def _loud(value: Mapping[str, Any]) -> bool | None:
    for key in _LEVELS:
        level = value.get(key)
        if isinstance(level, Mapping):
            level = level.get("name")
        if isinstance(level, bool):
            continue
        if isinstance(level, (int, float)):
            # pino and bunyan: 50 is error; Google's severities go up to 800.
            return level >= (500 if level >= 100 else 50)
        if isinstance(level, str) and level.lower() in _LOUD | _QUIET:
            return level.lower() in _LOUD
    return None


def _said(value: Mapping[str, Any], stack: str) -> str:
    message = next((text for key in _MESSAGES if (text := value.get(key)) and isinstance(text, str)), "")
    if stack and message == stack:
        return ""
    error = next((text for key in _ERRORS if (text := _error(value.get(key)))), "")
    if not error and isinstance(value.get("error.message"), str):
        error = ": ".join(str(value[key]) for key in ("error.type", "error.message") if value.get(key))
    if error and _has_stack(error):
        error = ""
    message, error = message.partition("\n")[0], error.partition("\n")[0]
    if error and error not in message:
        return f"{message}: {error}" if message else error
    return message


def _error(value: object) -> str:
    """An error that is a text, or an object with a type and a message."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return ""
    kind = next((value[key] for key in ("type", "name", "class", "exc_type") if isinstance(value.get(key), str)), "")
    words = next(
        (value[key] for key in ("message", "msg", "exc_value", "value") if isinstance(value.get(key), str)), ""
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
            for stack in _stacks(held, depth + 1):
                yield _with_head(held, stack)
    for key in (*_ERRORS, *_MESSAGES):
        held = value.get(key)
        if isinstance(held, str) and _has_stack(held):
            yield held


def _has_stack(text: str) -> bool:
    return any(mark in text for mark in _STACKED)


def _with_head(error: Mapping[str, Any], stack: str) -> str:
    """log4j2 and others keep the error's words apart from its frames."""
    first = stack.lstrip("\n").partition("\n")[0]
    if not first.lstrip().startswith("at "):
        return stack
    head = _error(error)
    return f"{head}\n{stack}" if head else stack


def _from_list(held: list[Any]) -> str:
    """Frames as objects: structlog's dict_tracebacks, zerolog's stack, log4j2's extendedStackTrace."""
    lines: list[str] = []
    for one in held:
        if isinstance(one, str):
            lines.append(one)
        elif isinstance(one, Mapping) and isinstance(one.get("frames"), list):
            if lines:
                lines.append("The above exception was the direct cause of the following exception:")
            lines[:0] = _python(one)
        elif isinstance(one, Mapping) and "func" in one and "source" in one:
            lines += [f"main.{one['func']}", f"\t/app/{one['source']}:{one.get('line', 0)}"]
        elif isinstance(one, Mapping) and "class" in one and "method" in one:
            lines.append(
                f"\tat {one['class']}.{one['method']}({one.get('file', 'Unknown Source')}:{one.get('line', 0)})"
            )
    return "\n".join(lines)


def _python(error: Mapping[str, Any]) -> list[str]:
    lines = ["Traceback (most recent call last):"]
    for frame in error["frames"]:
        if isinstance(frame, Mapping):
            lines.append(
                f'  File "{frame.get("filename", "")}", line {frame.get("lineno", 0)}, in {frame.get("name", "")}'
            )
    return [*lines, f"{error.get('exc_type', '')}: {error.get('exc_value', '')}"]

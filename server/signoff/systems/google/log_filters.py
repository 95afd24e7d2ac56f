"""Filters of Cloud Logging: what is asked for, as tight as it can be without losing an error.

https://cloud.google.com/logging/docs/view/logging-query-language. Regular expressions there are RE2's; backslashes are
avoided, since a filter's strings and RE2 both read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

REVISION, JOB, POOL = "cloud_run_revision", "cloud_run_job", "cloud_run_worker_pool"
"""https://cloud.google.com/run/docs/monitored-resources"""
EXECUTION = "run.googleapis.com/execution_name"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_OUTPUT = '(logName:"stdout" OR logName:"stderr")'
_TELLING_KEYS = ("stack_trace", "stack", "exception", "exc_info", "error", "err")
_LEVEL_KEYS = ("level", "levelname", "severity", "lvl")
"""Levels as words; as numbers 50 and 60 are errors to bunyan and pino."""

# Lines of stderr that an error can be made of: frames, names of errors, the last line of any traceback. An
# application that says of a line that it is information (uvicorn, logging.basicConfig) is believed.
_STDERR = (
    "^[ \\t]|[)]$|^[A-Za-z_][0-9A-Za-z_.$:]*(: |$)|(?i:error|exception|traceback|caused by|panic|fatal|critical"
    "|uncaught|unhandled|goroutine|fail|abort|killed|segfault|assert|cannot|refused|denied|timeout|timed out)"
)
_NO_ERROR = "^(INFO|DEBUG|TRACE|NOTICE)[ :]"
# Standard output is read by many for other things: only what is surely of an error.
_STDOUT = (
    "^Traceback |^During handling of |^The above exception |^Caused by: |^Exception in thread |^panic: |^fatal error: "
    "|^goroutine [0-9]|^Uncaught |^Unhandled |^ +(at |File |[|+] )|^\\t(at |[/.])|^ *[.]{3} [0-9]+ more"
    "|^[0-9A-Za-z_.$]+(Error|Exception|Exit|Interrupt)(:|$)"
)


@dataclass(frozen=True, slots=True)
class Names:
    """Short names: revisions of services, executions of jobs, revisions of worker pools."""

    revisions: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    pool_revisions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.revisions or self.executions or self.pool_revisions)

    @property
    def every(self) -> tuple[str, ...]:
        return self.revisions + self.executions + self.pool_revisions


@dataclass(frozen=True, slots=True)
class Resources:
    """Short names of services, jobs and worker pools."""

    services: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()


def of_units(names: Names) -> str:
    """Entries of these revisions and executions; ValueError for no name or for one that is not of Cloud Run."""
    return _either(
        (f'resource.type="{REVISION}" AND resource.labels.revision_name', names.revisions),
        (f'resource.type="{JOB}" AND labels."{EXECUTION}"', names.executions),
        (f'resource.type="{POOL}" AND resource.labels.revision_name', names.pool_revisions),
    )


def of_resources(found: Resources, without: Names = Names()) -> str:
    """Entries of these services, jobs and worker pools, but for those of some units."""
    wanted = _either(
        (f'resource.type="{REVISION}" AND resource.labels.service_name', found.services),
        (f'resource.type="{JOB}" AND resource.labels.job_name', found.jobs),
        (f'resource.type="{POOL}" AND resource.labels.worker_pool_name', found.pools),
    )
    if names := _any_of(without.revisions + without.pool_revisions):
        wanted += f" AND NOT resource.labels.revision_name=({names})"
    if names := _any_of(without.executions):
        wanted += f' AND NOT labels."{EXECUTION}"=({names})'
    return wanted


def telling() -> str:
    """Output that could tell an error, and requests that the container answered with 5xx.

    Plain lines are DEFAULT on stderr (google/osv.dev#1305), and so are structured ones without a severity.
    """
    keys = " OR ".join(f"jsonPayload.{key}:*" for key in _TELLING_KEYS)
    levels = " OR ".join(f'jsonPayload.{key}=~"(?i)^(err|fatal|crit|panic|alert|emerg)"' for key in _LEVEL_KEYS)
    messages = " OR ".join(f"jsonPayload.{key}=~{quoted(_STDOUT)}" for key in ("message", "msg"))
    structured = f"{keys} OR {levels} OR jsonPayload.level=(50 OR 60) OR {messages}"
    stderr = f'(logName:"stderr" AND textPayload=~{quoted(_STDERR)} AND NOT textPayload=~{quoted(_NO_ERROR)})'
    stdout = f'(logName:"stdout" AND textPayload=~{quoted(_STDOUT)})'
    output = f'(NOT logName:"requests" AND (severity>=ERROR OR {stderr} OR {stdout} OR ({_OUTPUT} AND ({structured}))))'
    return f"({output} OR {FAILED})"


FAILED = '(logName:"requests" AND httpRequest.status>=500)'
REQUESTS = 'logName:"requests"'
OUTPUT = _OUTPUT


def saying(text: str) -> str:
    """Output with this text in it, whatever its case."""
    where = ("textPayload", "jsonPayload.message", "jsonPayload.msg")
    return f"{_OUTPUT} AND ({' OR '.join(f'{field}:{quoted(text)}' for field in where)})"


def to_paths(paths: Sequence[str]) -> str:
    """Requests whose URL has one of these texts in it."""
    return f"httpRequest.requestUrl:({' OR '.join(quoted(path) for path in paths)})"


def since(moment: datetime) -> str:
    return f'timestamp>="{_stamp(moment)}"'


def until(moment: datetime) -> str:
    return f'timestamp<"{_stamp(moment)}"'


def quoted(text: str) -> str:
    """A string of a filter, whatever is in it."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{plain}"'.replace("\t", "\\t")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _either(*kinds: tuple[str, Iterable[str]]) -> str:
    parts = [f"({field}=({names}))" for field, kind in kinds if (names := _any_of(kind))]
    if not parts:
        raise ValueError("no name to read the log of")
    return f"({' OR '.join(parts)})"


def _any_of(names: Iterable[str]) -> str:
    found = sorted(set(names))
    for name in found:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of Cloud Run: {name!r}")
    return " OR ".join(f'"{name}"' for name in found)

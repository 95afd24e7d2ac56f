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
REQUEST_LOG = "run.googleapis.com%2Frequests"
_SYSTEM_LOG = "run.googleapis.com%2Fvarlog%2Fsystem"
REQUESTS = f'logName:"{REQUEST_LOG}"'
# What a container writes: to its streams, to files in /var/log, to syslog and through a client of Cloud Logging, whose
# logs have names of their own. https://cloud.google.com/run/docs/logging#container-logs
OUTPUT = f'NOT logName:("{REQUEST_LOG}" OR "{_SYSTEM_LOG}" OR "cloudaudit.googleapis.com")'
# Cloud Run says of a container that ended no more than WARNING; 0 and SIGTERM are how it ends when it is told to.
_ENDED = (
    f'(logName:"{_SYSTEM_LOG}" AND textPayload=~"^(Container (called exit|terminated on signal)|Uncaught signal)"'
    ' AND NOT textPayload=~"^Container (called exit[(](0|143)|terminated on signal 15)")'
)
_LEVEL_KEYS = ("level", "levelname", "lvl", "severity", "loglevel", "log_level")
_SAYING = ("message", "msg", "event", "text", "log", "Message", "RenderedMessage", "short_message", "record.message")
"""Where loggers put their words: most; msg of pino, bunyan, zap and slog; event of structlog; Serilog; GELF; loguru."""
_QUIET_NUMBERS = "(0 OR 10 OR 20 OR 30 OR 40 OR 100 OR 200 OR 300 OR 400)"
"""Levels of bunyan and pino below 50, and Google's severities below 500."""

# Standard output is for other things too: of it frames, names of errors, last lines of tracebacks, loggers' levels.
_LINE = (
    "^[ \t]|[)]$|^[A-Za-z_$][0-9A-Za-z_.$]*(: |:?$)|^[{}]|^goroutine |^created by "
    "|[.](go|s|rb|erb|haml|slim|rake):[0-9]+|[)]:$"
    "|(Error|Exception|exception|Exit|Interrupt|Throwable|Rejection|Traceback|Uncaught|Unhandled|Caused by|Suppressed)"
    "|(ERROR|CRITICAL|FATAL|SEVERE|ALERT|EMERGENCY)|^[EF][0-9]{4} |panic|fatal error: "
    "|^Failed |required a |could not be |failed to |in use[.]|cycle:$"
    "|^# |\t(error|fatal)\t|(level|lvl|severity)=.?(err|fatal|crit|panic)"
    "|(^|[^A-Za-z]|[0-9]m)(ERR|ERRO|FTL|FATA|CRIT|PANI)([^A-Za-z]|$)"
    "|^.{0,160}[^A-Za-z](err|error|crit|critical|fatal|alert|emerg|emergency|fail|failed|severe|panic) *[])>:|]"
    "|^(err|error|crit|critical|fatal|alert|emerg|emergency|fail|failed|severe|panic)[]):>|]"
    "|^ *[*][*] [(]|^npm (error|ERR)|^[0-9]+:[MSCX] .* # "
    "|runtime error: |^(Goroutine |(Previous )?([Ww]rite|[Rr]ead) at 0x)"
)
# Any line of stderr may belong to an error, but for those that say themselves that they are none.
_QUIET_LINE = (
    "^[^A-Za-z]{0,60}(INFO|DEBUG|TRACE|NOTICE|WARNING|WARN|info|debug|notice|warning|warn)[]): |,\t]"
    '| HTTP/[0-9.]+" [1-4][0-9][0-9]'
)
# Errors that something wraps in a quiet level.
_EVEN_SO = "PHP (Fatal|Parse|Recoverable fatal) error: |panic recovered:|DATA RACE|: #<[A-Z]|: No module named "
_LOUD_LEVEL = "(?i)^(err|fatal|crit|panic|dpanic|severe|alert|emerg|ftl|fail)"
_QUIET_LEVEL = "(?i)^(debug|info|notice|warn|trace|verbose|silly|http)"


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


NONE = Names()


def of_resources(found: Resources, without: Names = NONE) -> str:
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

    Plain lines are DEFAULT on stderr (google/osv.dev#1305), and so are structured ones without a severity: of both all
    are read but those that name a quiet level.
    """
    lines = f'(logName:"stderr" OR textPayload=~{quoted(_LINE)})'
    plain = f"(textPayload:* AND {lines}"
    plain += f" AND (NOT textPayload=~{quoted(_QUIET_LINE)} OR textPayload=~{quoted(_EVEN_SO)}))"
    loud = " OR ".join(f"jsonPayload.{key}=~{quoted(_LOUD_LEVEL)}" for key in _LEVEL_KEYS)
    quiet = " OR ".join(
        f"jsonPayload.{key}=~{quoted(_QUIET_LEVEL)} OR jsonPayload.{key}={_QUIET_NUMBERS}" for key in _LEVEL_KEYS
    )
    unsaid = f"(severity=DEFAULT AND jsonPayload:* AND NOT ({quiet}))"
    said = f"({OUTPUT} AND (severity>=ERROR OR {plain} OR {loud} OR {unsaid}))"
    return f'({said} OR (logName:"{_SYSTEM_LOG}" AND severity>=ERROR) OR {_ENDED} OR {FAILED})'


FAILED = f"({REQUESTS} AND httpRequest.status>=500)"


def saying(text: str) -> str:
    """Output that says this text, whatever its case."""
    where = ("textPayload", *(f"jsonPayload.{key}" for key in _SAYING))
    return f"{OUTPUT} AND ({' OR '.join(f'{field}:{quoted(text)}' for field in where)})"


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

"""Conditions of Cloud Run resources. https://cloud.google.com/run/docs/reference/rest/v2/Condition"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
from google.cloud.run_v2.types import Condition
from google.protobuf.timestamp_pb2 import Timestamp

from signoff_sandbox.world.errors import ApiError

State = Condition.State
Common = Condition.CommonReason
OfRevision = Condition.RevisionReason
OfExecution = Condition.ExecutionReason


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not come about: the words and the reason of its condition, and its operation's error code."""

    message: str
    code: grpc.StatusCode
    reason: int | None = None
    revision_reason: int | None = None
    execution_reason: int | None = None

    def error(self) -> ApiError:
        return ApiError(self.code, self.message)

    def note(self, conditions: Any, kind: str, now: Timestamp) -> None:
        """Set the condition `kind` to failed, with these words."""
        set_condition(
            conditions,
            kind,
            State.CONDITION_FAILED,
            now,
            message=self.message,
            reason=self.reason,
            revision_reason=self.revision_reason,
            execution_reason=self.execution_reason,
        )


def set_condition(
    conditions: Any,
    kind: str,
    state: int,
    now: Timestamp,
    *,
    message: str = "",
    reason: int | None = None,
    revision_reason: int | None = None,
    execution_reason: int | None = None,
    severity: int = Condition.Severity.SEVERITY_UNSPECIFIED,
) -> None:
    """Replace the condition `kind` of a repeated field, or add it; its time moves only when its state does."""
    condition = next((known for known in conditions if known.type_ == kind), None) or conditions.add(type_=kind)
    changed = condition.state != state or not condition.HasField("last_transition_time")
    since = now if changed else condition.last_transition_time
    fresh = type(condition)(type_=kind, state=state, message=message, last_transition_time=since, severity=severity)
    if reason is not None:
        fresh.reason = reason
    elif revision_reason is not None:
        fresh.revision_reason = revision_reason
    elif execution_reason is not None:
        fresh.execution_reason = execution_reason
    condition.CopyFrom(fresh)


def find(conditions: Any, kind: str) -> Any | None:
    """The condition of that type, or None."""
    return next((condition for condition in conditions if condition.type_ == kind), None)


def succeeded(conditions: Any, kind: str) -> bool:
    condition = find(conditions, kind)
    return condition is not None and condition.state == State.CONDITION_SUCCEEDED


def settle(resource: Any, kind: str, *, parts: tuple[str, ...], now: Timestamp) -> None:
    """Set the terminal condition of a service or job from those of its parts: the worst of them, with its words."""
    state: int = State.CONDITION_SUCCEEDED
    message, reason = "", None
    for part in parts:
        condition = find(resource.conditions, part)
        if condition is not None and condition.state != State.CONDITION_SUCCEEDED:
            state, message, reason = condition.state, condition.message, condition.reason
            break
    set_terminal(resource, kind, state, now, message=message, reason=reason)


def set_terminal(
    resource: Any, kind: str, state: int, now: Timestamp, *, message: str = "", reason: int | None = None
) -> None:
    """Set the terminal condition of a service, job or worker pool."""
    holder = type(resource)().conditions
    if resource.HasField("terminal_condition"):
        holder.append(resource.terminal_condition)
    set_condition(holder, kind, state, now, message=message, reason=reason)
    resource.terminal_condition.CopyFrom(holder[0])


def took(since: Timestamp, until: Timestamp) -> str:
    """A span as the messages of conditions have it: `3.2s`, `2m29.63s`."""
    minutes, seconds = divmod(round((until.ToNanoseconds() - since.ToNanoseconds()) / 1e9, 2), 60)
    return f"{f'{minutes:.0f}m' if minutes else ''}{round(seconds, 2):g}s"

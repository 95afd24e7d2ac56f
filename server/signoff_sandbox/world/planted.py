"""Planted faults of what happens beside requests, and the errors that planted faults answer.

Beside requests: `sandbox.Reconciler/NAME` of a service, job or worker pool, `sandbox.Execution/JOB`,
`sandbox.Builder/queue`, `sandbox.Builder/build`, `sandbox.Ingress/SERVICE` and `sandbox.Logging/LOG` (the last part of
a log's name, such as `stdout`); `faults.OWN` says which effects each knows.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details

from signoff_sandbox.wire.table import host_of
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, ConnectionDropped
from signoff_sandbox.world.faults import Effects


async def strike(cloud: Cloud, method: str) -> Effects:
    """Be as slow as planted, then fail as planted. Raises ApiError; ConnectionDropped where the method knows that."""
    met = cloud.faults.strike(method)
    await begin(cloud, method, met)
    return met


async def begin(cloud: Cloud, method: str, met: Effects) -> None:
    """What a call meets before any work is done. Raises ApiError, ConnectionDropped."""
    if met.latency_seconds:
        await asyncio.sleep(met.latency_seconds)
    if met.drop:
        raise ConnectionDropped(method)
    if met.code is not None:
        raise refusal(met, method, cloud.settings.project)


async def break_off(send: Any) -> None:
    """End an HTTP exchange as a lost connection does: a promised body never comes, and the server hangs up."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


def ingest(cloud: Cloud, entry: Any) -> None:
    """Take in a log entry: readable as late as the sandbox is set to and as planted, or lost on the way."""
    log = unquote(entry.log_name.rpartition("/")[2]).rpartition("/")[2]
    met = cloud.faults.strike(f"sandbox.Logging/{log}")
    if not met.drop:
        cloud.logbook.write(entry, cloud.clock(), cloud.settings.log_lag_seconds + met.latency_seconds)


def refusal(met: Effects, method: str, project: str) -> ApiError:
    """The error of a planted code; RESOURCE_EXHAUSTED and a time to wait come with Google's details.

    https://cloud.google.com/apis/design/errors#error_payloads
    """
    assert met.code is not None
    service = host_of(method)
    message, found = met.message, list[Message]()
    if met.quota is not None:
        message = (
            f"Quota exceeded for quota metric '{method}' and limit '{met.quota} per {met.per_seconds:g} seconds' of "
            f"service '{service}' for consumer 'projects/{project}'."
        )
    if met.code == "RESOURCE_EXHAUSTED":
        about = {"service": service, "consumer": f"projects/{project}", "quota_metric": method}
        limit = {} if met.quota is None else {"quota_limit_value": str(met.quota)}
        violation = details.QuotaFailure.Violation(subject=f"projects/{project}", description=message)
        found = [
            details.ErrorInfo(reason="RATE_LIMIT_EXCEEDED", domain="googleapis.com", metadata=about | limit),
            details.QuotaFailure(violations=[violation]),
        ]
    if met.retry_seconds is not None:
        delay = Duration()
        delay.FromNanoseconds(int(met.retry_seconds * 1e9))
        found.append(details.RetryInfo(retry_delay=delay))
    return ApiError(grpc.StatusCode[met.code], message, found)

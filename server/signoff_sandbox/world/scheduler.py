"""Cloud Scheduler v1: jobs. When they run is in `scheduler_keeper.py`, what they do in `scheduler_attempts.py`."""

from __future__ import annotations

import re
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty

from signoff_sandbox.wire.masks import merged
from signoff_sandbox.wire.paging import page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import ApiError, failed_precondition, invalid_argument, unimplemented
from signoff_sandbox.world.scheduler_attempts import AGENT
from signoff_sandbox.world.scheduler_cron import next_time
from signoff_sandbox.world.scheduler_keeper import COLLECTION, DOUBLINGS, MAX_BACKOFF, MIN_BACKOFF, NEVER
from signoff_sandbox.world.store import copy_of

SERVICE = "google.cloud.scheduler.v1.CloudScheduler"
_TARGETS = "HTTP targets alone, at this sandbox's services and Google APIs and on loopback; no English-like schedules"
PARTLY = {
    f"{SERVICE}/CreateJob": _TARGETS,
    f"{SERVICE}/UpdateJob": _TARGETS,
}
_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/jobs/[A-Za-z0-9_-]{1,500}")
OUTPUT = ("user_update_time", "state", "status", "schedule_time", "last_attempt_time")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ACT_AS = "iam.serviceAccounts.actAs"
SHORTEST_DEADLINE, LONGEST_DEADLINE, DEFAULT_DEADLINE = 15, 1800, 180  # seconds, of HTTP targets
MOST_RETRIES = 5
LARGEST_PAGE = 500


async def create_job(cloud: Cloud, request: Any) -> Any:
    job = copy_of(request.job)
    if not job.name:
        job.name = f"{request.parent}/jobs/{cloud.machine.suffix(20)}"
    if _NAME.fullmatch(job.name) is None or not job.name.startswith(f"{request.parent}/jobs/"):
        raise invalid_argument(
            f"Job name must be a job of '{request.parent}': '{job.name}'.", **{"job.name": "invalid"}
        )
    if cloud.store.get(COLLECTION, job.name) is not None:
        raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"Job {job.name} already exists.")
    for field in OUTPUT:
        job.ClearField(field)
    job.status.code = NEVER
    job.state = _state(job, "ENABLED")
    _write(cloud, job)
    for field in ("status", "schedule_time"):  # Google's answer is without them, and the next one has them
        job.ClearField(field)
    return job


async def get_job(cloud: Cloud, request: Any) -> Any:
    return _existing(cloud, request.name)


async def list_jobs(cloud: Cloud, request: Any) -> Any:
    response: Any = message_class("google.cloud.scheduler.v1.ListJobsResponse")()
    items: list[Any] = cloud.store.list(COLLECTION, request.parent)
    response.jobs.extend(page(request, items, response, default=LARGEST_PAGE, largest=LARGEST_PAGE))
    return response


async def update_job(cloud: Cloud, request: Any) -> Any:
    current = _existing(cloud, request.job.name)
    job = merged(current, request.job, request.update_mask)
    for field in OUTPUT:
        job.ClearField(field)
    kept = type(job)()
    kept.CopyFrom(current)
    for descriptor in kept.DESCRIPTOR.fields:
        if descriptor.name not in OUTPUT:
            kept.ClearField(descriptor.name)
    job.MergeFrom(kept)
    return _write(cloud, job)


async def delete_job(cloud: Cloud, request: Any) -> Any:
    _existing(cloud, request.name)
    cloud.store.delete(COLLECTION, request.name)
    return Empty()


async def pause_job(cloud: Cloud, request: Any) -> Any:
    job = _existing(cloud, request.name)
    if job.state == _state(job, "PAUSED"):
        raise failed_precondition(f"Job {job.name} must be ENABLED to be paused; it is PAUSED.")
    job.state = _state(job, "PAUSED")
    return _write(cloud, job)


async def resume_job(cloud: Cloud, request: Any) -> Any:
    job = _existing(cloud, request.name)
    if job.state != _state(job, "PAUSED"):
        raise failed_precondition(f"Job {job.name} must be PAUSED to be resumed.")
    job.state = _state(job, "ENABLED")
    return _write(cloud, job)


async def run_job(cloud: Cloud, request: Any) -> Any:
    """Try the job now; the answer does not wait for what comes of it."""
    job = _existing(cloud, request.name)
    cloud.keeper.run(request.name)
    return job


def _existing(cloud: Cloud, name: str) -> Any:
    job = cloud.store.get(COLLECTION, name)
    if job is None:
        raise ApiError(grpc.StatusCode.NOT_FOUND, "Job not found.")
    return job


def _write(cloud: Cloud, job: Any) -> Any:
    """Complete, check and store a job that a user has written."""
    _require_target(cloud, job)
    _complete(job)
    _require_limits(job)
    job.schedule_time.FromDatetime(next_time(job.schedule, job.time_zone, cloud.clock()))
    job.user_update_time.CopyFrom(cloud.now())
    cloud.store.put(COLLECTION, job.name, job)
    return job


def _require_target(cloud: Cloud, job: Any) -> None:
    kind = job.WhichOneof("target")
    if kind is None:
        raise invalid_argument("A target must be set.", **{"job.target": "missing"})
    if kind != "http_target":
        raise unimplemented(f"The target '{kind}' of google.cloud.scheduler.v1.Job")
    target = job.http_target
    if not target.uri.startswith(("http://", "https://")):
        raise invalid_argument(
            "HttpTarget.uri must begin with either 'http://' or 'https://'.", **{"job.http_target.uri": "scheme"}
        )
    methods = target.DESCRIPTOR.fields_by_name["http_method"].enum_type.values_by_number
    if target.body and methods[target.http_method].name not in ("HTTP_METHOD_UNSPECIFIED", "POST", "PUT", "PATCH"):
        raise invalid_argument(
            "A body is allowed only if the HTTP method is POST, PUT or PATCH.",
            **{"job.http_target.body": "not allowed"},
        )
    account = target.oidc_token.service_account_email or target.oauth_token.service_account_email
    if account and ACT_AS in cloud.denied_permissions:
        raise ApiError(
            grpc.StatusCode.PERMISSION_DENIED,
            f'The principal (user or service account) lacks IAM permission "{ACT_AS}" for the resource "{account}" '
            "(or the resource may not exist).",
        )


def _complete(job: Any) -> None:
    """The defaults that Scheduler fills in."""
    target = job.http_target
    target.http_method = target.http_method or 1  # POST
    if "User-Agent" not in target.headers:
        target.headers["User-Agent"] = AGENT
    if target.body and "Content-Type" not in target.headers:
        target.headers["Content-Type"] = "application/octet-stream"
    if target.HasField("oidc_token"):
        target.oidc_token.audience = target.oidc_token.audience or target.uri
    if target.HasField("oauth_token"):
        target.oauth_token.scope = target.oauth_token.scope or SCOPE
    job.time_zone = job.time_zone or "UTC"
    if not job.HasField("attempt_deadline"):
        job.attempt_deadline.CopyFrom(Duration(seconds=DEFAULT_DEADLINE))
    config = job.retry_config
    config.max_doublings = config.max_doublings or DOUBLINGS
    config.max_retry_duration.SetInParent()
    if not config.HasField("min_backoff_duration"):
        config.min_backoff_duration.FromTimedelta(MIN_BACKOFF)
    if not config.HasField("max_backoff_duration"):
        config.max_backoff_duration.FromTimedelta(MAX_BACKOFF)


def _require_limits(job: Any) -> None:
    if not 0 <= job.retry_config.retry_count <= MOST_RETRIES:
        raise invalid_argument(
            f"RetryConfig.retryCount must be between 0 and {MOST_RETRIES}.", **{"job.retry_config.retry_count": "range"}
        )
    if job.retry_config.min_backoff_duration.ToTimedelta() > job.retry_config.max_backoff_duration.ToTimedelta():
        raise invalid_argument(
            "RetryConfig.minBackoffDuration must not exceed maxBackoffDuration.", **{"job.retry_config": "range"}
        )
    deadline = job.attempt_deadline.ToTimedelta().total_seconds()
    if not SHORTEST_DEADLINE <= deadline <= LONGEST_DEADLINE:
        raise invalid_argument(
            f"Job.attemptDeadline must be between {SHORTEST_DEADLINE} seconds and {LONGEST_DEADLINE // 60} minutes.",
            **{"job.attempt_deadline": "range"},
        )


def _state(job: Any, name: str) -> int:
    return int(job.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_name[name].number)


METHODS: dict[str, Handler] = {
    f"{SERVICE}/CreateJob": create_job,
    f"{SERVICE}/GetJob": get_job,
    f"{SERVICE}/ListJobs": list_jobs,
    f"{SERVICE}/UpdateJob": update_job,
    f"{SERVICE}/DeleteJob": delete_job,
    f"{SERVICE}/PauseJob": pause_job,
    f"{SERVICE}/ResumeJob": resume_job,
    f"{SERVICE}/RunJob": run_job,
}

"""One attempt of a job of Cloud Scheduler: an HTTP request to its target with an identity, and what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import grpc
import httpx2
from google.api.monitored_resource_pb2 import MonitoredResource
from google.logging.type import log_severity_pb2
from google.protobuf import json_format

from signoff_sandbox.world import identities, networks, run_urls
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.planted import ingest
from signoff_sandbox.world.run_names import location_of, project_of, short

Code = grpc.StatusCode
LOOPBACK = ("127.0.0.1", "localhost")
AGENT = "Google-Cloud-Scheduler"
TYPE = "type.googleapis.com/google.cloud.scheduler.logging"
DEFAULT_DEADLINE = 180.0
# https://cloud.google.com/apis/design/errors#handling_errors, read from HTTP to gRPC
CODES = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    409: Code.ABORTED,
    412: Code.FAILED_PRECONDITION,
    429: Code.RESOURCE_EXHAUSTED,
    499: Code.CANCELLED,
    501: Code.UNIMPLEMENTED,
    503: Code.UNAVAILABLE,
    504: Code.DEADLINE_EXCEEDED,
}
FETCHED = {401: "URL_ERROR-ERROR_AUTHENTICATION", 404: "URL_ERROR-ERROR_NOT_FOUND", 504: "URL_TIMEOUT-TIMEOUT_WEB"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`debug` is what the execution log says of it; `http_status` is 0 where nobody answered."""

    code: grpc.StatusCode
    debug: str
    http_status: int = 0

    @classmethod
    def of(cls, status: int, note: str = "") -> Outcome:
        """Of an HTTP answer: 2xx is success, and redirections are not followed."""
        if 200 <= status < 300:
            code, what = Code.OK, "URL_CRAWLED"
        elif status >= 500:
            code, what = CODES.get(status, Code.INTERNAL), FETCHED.get(status, "URL_UNREACHABLE-UNREACHABLE_5xx")
        else:
            code = CODES.get(status, Code.UNKNOWN if status < 400 else Code.FAILED_PRECONDITION)
            what = FETCHED.get(status, "URL_ERROR-ERROR_OTHER")
        return cls(code, f"{what}. Original HTTP response code number = {status}{note}", status)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL is answered: at `url`, through `proxy` if there is one, by the name `host`.

    `internal`: by a service of this sandbox, to which Scheduler's requests are internal.
    """

    url: str
    host: str
    proxy: str | None = None
    internal: bool = False


async def attempt(cloud: Cloud, job: Any, scheduled: datetime) -> Outcome:
    """Send the job's request once and write both entries of its execution log."""
    _log(cloud, job, "INFO", {"@type": f"{TYPE}.AttemptStarted", "scheduledTime": _rfc3339(scheduled)})
    outcome = await _send(cloud, job, scheduled)
    content = {"@type": f"{TYPE}.AttemptFinished", "debugInfo": outcome.debug}
    if outcome.code is not Code.OK:
        content["status"] = outcome.code.name
    _log(cloud, job, "INFO" if outcome.code is Code.OK else "ERROR", content, outcome.http_status)
    return outcome


async def _send(cloud: Cloud, job: Any, scheduled: datetime) -> Outcome:
    if not job.HasField("http_target"):
        return Outcome(
            Code.UNIMPLEMENTED, "The sandbox has no Pub/Sub and no App Engine: only HTTP targets are called."
        )
    target = job.http_target
    place = _place_of(cloud, target.uri)
    if place is None:
        return Outcome(
            Code.UNAVAILABLE,
            "URL_UNREACHABLE-UNREACHABLE_DNS. Original HTTP response code number = 0. The sandbox calls its own "
            "services, its own Google APIs and loopback addresses, and nobody outside of this machine.",
        )
    method = target.DESCRIPTOR.fields_by_name["http_method"].enum_type.values_by_number[target.http_method].name
    headers = {**target.headers, "Host": place.host, "X-CloudScheduler": "true"}
    headers |= {"X-CloudScheduler-JobName": short(job.name), "X-CloudScheduler-ScheduleTime": _rfc3339(scheduled)}
    headers |= _authorization(cloud, target) | (networks.internal_headers(cloud) if place.internal else {})
    deadline = job.attempt_deadline.ToTimedelta().total_seconds() or DEFAULT_DEADLINE
    try:
        async with (
            asyncio.timeout(deadline),
            httpx2.AsyncClient(trust_env=False, timeout=None, proxy=place.proxy) as client,
            client.stream(method, place.url, headers=headers, content=target.body or None) as response,
        ):
            async for _ in response.aiter_raw():
                continue
            return Outcome.of(response.status_code)
    except TimeoutError:
        return Outcome.of(504)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        note = f". {type(error).__name__}"
        return Outcome(Code.UNAVAILABLE, f"URL_UNREACHABLE-UNREACHABLE_NO_RESPONSE{note}")


def _authorization(cloud: Cloud, target: Any) -> dict[str, str]:
    if target.HasField("oidc_token"):
        audience = target.oidc_token.audience or target.uri
        token = identities.identity_token(cloud, target.oidc_token.service_account_email, audience)
    elif target.HasField("oauth_token"):
        token = identities.access_token(cloud, target.oauth_token.service_account_email)
    else:
        return {}
    return {"Authorization": f"Bearer {token}"}


def _place_of(cloud: Cloud, uri: str) -> _Place | None:
    """Google's APIs and run.app are this sandbox itself, services with other URLs at their listeners; None: outside."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    run_app = run_urls.is_run_app(host)
    if run_app or host.endswith(".googleapis.com"):
        plain = urlunsplit(("http", parts.netloc, parts.path, parts.query, ""))
        return _Place(plain, parts.netloc, f"http://{cloud.settings.http_address}", internal=run_app)
    port = _listener(cloud, f"{parts.scheme}://{parts.netloc}")
    if port is not None:
        return _Place(
            urlunsplit(("http", f"127.0.0.1:{port}", parts.path, parts.query, "")), parts.netloc, internal=True
        )
    return _Place(uri, parts.netloc) if host in LOOPBACK else None


def _listener(cloud: Cloud, origin: str) -> int | None:
    """The port behind an origin that a service, or one of its tags, has as a URL."""
    ports = cloud.machine.listeners.ports()
    for name, message in cloud.store.items("services"):
        service: Any = message
        if origin in (service.uri, *service.urls):
            return ports.get(name)
        for status in service.traffic_statuses:
            if status.tag and status.uri == origin:
                return ports.get(f"{name}#{status.tag}")
    return None


def _log(cloud: Cloud, job: Any, severity: str, content: dict[str, str], http_status: int = 0) -> None:
    """https://cloud.google.com/scheduler/docs/logging"""
    project = project_of(job.name)
    labels = {"project_id": project, "location": location_of(job.name), "job_id": short(job.name)}
    entry = Entry(
        log_name=f"projects/{project}/logs/cloudscheduler.googleapis.com%2Fexecutions",
        resource=MonitoredResource(type="cloud_scheduler_job", labels=labels),
        severity=log_severity_pb2.LogSeverity.Value(severity),
    )
    kind = {"http_target": "HTTP", "pubsub_target": "PUB_SUB", "app_engine_http_target": "APP_ENGINE_HTTP"}
    what = {"jobName": job.name, "targetType": kind.get(job.WhichOneof("target") or "", ""), "url": job.http_target.uri}
    json_format.ParseDict(content | {key: value for key, value in what.items() if value}, entry.json_payload)
    if http_status:
        entry.http_request.status = http_status
    ingest(cloud, entry)


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"

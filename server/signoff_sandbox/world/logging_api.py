"""Cloud Logging v2: writing entries and reading them with filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.cloud.logging_v2.types import logging as messages
from google.protobuf.empty_pb2 import Empty

from signoff_sandbox.wire.paging import mark_of, page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, invalid_argument, not_found, unimplemented
from signoff_sandbox.world.identities import by_id
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.logfilter import FilterError, NotModelled, compiled
from signoff_sandbox.world.monitored_resources import DESCRIPTORS
from signoff_sandbox.world.planted import ingest
from signoff_sandbox.world.store import copy_of

WriteLogEntriesResponse: Any = messages.WriteLogEntriesResponse.pb()
ListLogEntriesResponse: Any = messages.ListLogEntriesResponse.pb()
ListLogsResponse: Any = messages.ListLogsResponse.pb()
LARGEST_PAGE = 1000
LARGEST_ENTRY = 256 * 1024  # bytes; https://cloud.google.com/logging/quotas
_LOG_NAME = re.compile(r"(?P<parent>(?:projects|folders|organizations|billingAccounts)/[^/]+)/logs/[^/]+")
_PARENT = re.compile(r"(?P<parent>(?:projects|folders|organizations|billingAccounts)/[^/]+)(/locations/.+)?")


async def write_log_entries(cloud: Cloud, request: Any) -> Any:
    """Entries take log name, resource and labels from the request where they have none of their own.

    One that is wrong refuses them all; with `partial_success` the others are taken in all the same.
    """
    good, wrong = [], dict[int, ApiError]()
    for index, given in enumerate(request.entries):
        entry = copy_of(given)
        entry.log_name = by_id(cloud, entry.log_name or request.log_name)
        if not entry.HasField("resource"):
            entry.resource.CopyFrom(request.resource)
        for key, value in request.labels.items():
            if key not in entry.labels:
                entry.labels[key] = value
        try:
            _require_valid(index, entry)
            if entry.log_name.startswith("projects/") and "project_id" not in entry.resource.labels:
                entry.resource.labels["project_id"] = entry.log_name.split("/")[1]
            good.append(entry)
        except ApiError as error:
            wrong[index] = error
    if not request.dry_run and (not wrong or request.partial_success):
        for entry in good:
            ingest(cloud, entry)
    if wrong:
        raise _refused(wrong)
    return WriteLogEntriesResponse()


def _require_valid(index: int, entry: Any) -> None:
    if _LOG_NAME.fullmatch(entry.log_name) is None:
        raise invalid_argument(f"entries[{index}] has no valid log name: '{entry.log_name}'", log_name="invalid")
    if not entry.resource.type:
        raise invalid_argument(f"entries[{index}] has no resource type", resource="missing")
    if entry.ByteSize() > LARGEST_ENTRY:
        raise invalid_argument(
            f"Log entry with size {entry.ByteSize() / 1024:.1f}K exceeds maximum size of {LARGEST_ENTRY / 1024:.1f}K"
        )


def _refused(wrong: dict[int, ApiError]) -> ApiError:
    """The first error, with what is wrong with each entry as its details."""
    first = wrong[min(wrong)]
    each = messages.WriteLogEntriesPartialErrors.pb()()
    for index, error in wrong.items():
        each.log_entry_errors[index].CopyFrom(error.status())
    return ApiError(first.code, first.message, (*first.details, each))


async def list_log_entries(cloud: Cloud, request: Any) -> Any:
    """All pages of one list show the entries that could be read when its first page was asked for."""
    _check_page_size(request)
    parents = _parents(cloud, request.resource_names)
    try:
        matches = compiled(request.filter, Entry)
    except NotModelled as error:
        raise unimplemented(f"{error.what.capitalize()} of Cloud Logging's filters") from error
    except FilterError as error:
        raise invalid_argument(error.said(request.filter)) from error
    moment = mark_of(request) or cloud.clock().isoformat()
    entries = [
        entry
        for entry in cloud.logbook.visible(datetime.fromisoformat(moment))
        if _parent(entry.log_name) in parents and matches(entry)
    ]
    entries.sort(key=lambda entry: entry.insert_id)
    entries.sort(key=lambda entry: (entry.timestamp.seconds, entry.timestamp.nanos), reverse=_descending(request))
    response = ListLogEntriesResponse()
    response.entries.extend(page(request, entries, response, default=50, largest=LARGEST_PAGE, mark=moment))
    return response


async def list_logs(cloud: Cloud, request: Any) -> Any:
    """Names of the logs that have entries."""
    _check_page_size(request)
    parents = _parents(cloud, [*request.resource_names, *([request.parent] if request.parent else [])])
    entries = cloud.logbook.visible(cloud.clock())
    names = sorted({entry.log_name for entry in entries if _parent(entry.log_name) in parents})
    response = ListLogsResponse()
    response.log_names.extend(page(request, names, response, default=50, largest=LARGEST_PAGE))
    return response


async def delete_log(cloud: Cloud, request: Any) -> Any:
    """Forget a log, until something is written to it again."""
    if _LOG_NAME.fullmatch(request.log_name) is None:
        raise invalid_argument(f"'{request.log_name}' is no name of a log.", log_name="invalid")
    if not cloud.logbook.delete(request.log_name):
        raise not_found(request.log_name)
    return Empty()


async def list_monitored_resource_descriptors(_cloud: Cloud, request: Any) -> Any:
    """The types of resource that entries of this sandbox can be of."""
    response = messages.ListMonitoredResourceDescriptorsResponse.pb()()
    response.resource_descriptors.extend(page(request, DESCRIPTORS, response, default=50, largest=LARGEST_PAGE))
    return response


def _check_page_size(request: Any) -> None:
    if request.page_size > LARGEST_PAGE:
        raise invalid_argument(f"page_size must not exceed {LARGEST_PAGE}", page_size="too large")


def _descending(request: Any) -> bool:
    order = " ".join(request.order_by.split())
    if order not in ("", "timestamp", "timestamp asc", "timestamp desc"):
        raise invalid_argument(
            f"order_by must be 'timestamp asc' or 'timestamp desc', not '{request.order_by}'", order_by="unknown order"
        )
    return order == "timestamp desc"


def _parents(cloud: Cloud, names: Sequence[str]) -> set[str]:
    """The projects of resource names; those of views count as the whole project."""
    if not names:
        raise invalid_argument("resource_names must name at least one project", resource_names="missing")
    parents = set()
    for name in names:
        found = _PARENT.fullmatch(name)
        if found is None:
            raise invalid_argument(f"'{name}' is no resource name such as projects/P", resource_names=f"'{name}'")
        parents.add(by_id(cloud, found.group("parent")))
    return parents


def _parent(log_name: str) -> str:
    return log_name.partition("/logs/")[0]


LOGGING = "google.logging.v2.LoggingServiceV2"
METHODS: dict[str, Handler] = {
    f"{LOGGING}/WriteLogEntries": write_log_entries,
    f"{LOGGING}/ListLogEntries": list_log_entries,
    f"{LOGGING}/ListLogs": list_logs,
    f"{LOGGING}/DeleteLog": delete_log,
    f"{LOGGING}/ListMonitoredResourceDescriptors": list_monitored_resource_descriptors,
}
PARTLY = {
    f"{LOGGING}/ListLogEntries": "buckets and views are those of the whole project; of functions, filters have log_id",
    f"{LOGGING}/ListLogs": "buckets and views are those of the whole project",
    f"{LOGGING}/ListMonitoredResourceDescriptors": "the types of what the sandbox has, of Google's hundreds",
    f"{LOGGING}/WriteLogEntries": "their age has no limit",
}

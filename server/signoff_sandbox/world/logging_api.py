"""Cloud Logging v2: writing entries and reading them with filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.cloud.logging_v2.types import logging as messages

from signoff_sandbox.wire.paging import mark_of, page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.logfilter import FilterError, compiled
from signoff_sandbox.world.planted import ingest
from signoff_sandbox.world.store import copy_of

WriteLogEntriesResponse: Any = messages.WriteLogEntriesResponse.pb()
ListLogEntriesResponse: Any = messages.ListLogEntriesResponse.pb()
ListLogsResponse: Any = messages.ListLogsResponse.pb()
LARGEST_PAGE = 1000
_LOG_NAME = re.compile(r"(?P<parent>(?:projects|folders|organizations|billingAccounts)/[^/]+)/logs/[^/]+")
_PARENT = re.compile(r"(?P<parent>(?:projects|folders|organizations|billingAccounts)/[^/]+)(/locations/.+)?")


async def write_log_entries(cloud: Cloud, request: Any) -> Any:
    """Entries take log name, resource and labels from the request where they have none of their own."""
    entries = [copy_of(entry) for entry in request.entries]
    for index, entry in enumerate(entries):
        entry.log_name = entry.log_name or request.log_name
        if _LOG_NAME.fullmatch(entry.log_name) is None:
            raise invalid_argument(f"entries[{index}] has no valid log name: '{entry.log_name}'", log_name="invalid")
        if not entry.HasField("resource"):
            entry.resource.CopyFrom(request.resource)
        if not entry.resource.type:
            raise invalid_argument(f"entries[{index}] has no resource type", resource="missing")
        for key, value in request.labels.items():
            if key not in entry.labels:
                entry.labels[key] = value
    if not request.dry_run:
        for entry in entries:
            ingest(cloud, entry)
    return WriteLogEntriesResponse()


async def list_log_entries(cloud: Cloud, request: Any) -> Any:
    """All pages of one list show the entries that could be read when its first page was asked for."""
    _check_page_size(request)
    parents = _parents(request.resource_names)
    try:
        matches = compiled(request.filter, Entry)
    except FilterError as error:
        raise invalid_argument(str(error), filter=str(error)) from error
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
    parents = _parents([*request.resource_names, *([request.parent] if request.parent else [])])
    entries = cloud.logbook.visible(cloud.clock())
    names = sorted({entry.log_name for entry in entries if _parent(entry.log_name) in parents})
    response = ListLogsResponse()
    response.log_names.extend(page(request, names, response, default=50, largest=LARGEST_PAGE))
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


def _parents(names: Sequence[str]) -> set[str]:
    """The projects of resource names; those of views count as the whole project."""
    if not names:
        raise invalid_argument("resource_names must name at least one project", resource_names="missing")
    parents = set()
    for name in names:
        found = _PARENT.fullmatch(name)
        if found is None:
            raise invalid_argument(f"'{name}' is no resource name such as projects/P", resource_names=f"'{name}'")
        parents.add(found.group("parent"))
    return parents


def _parent(log_name: str) -> str:
    return log_name.partition("/logs/")[0]


LOGGING = "google.logging.v2.LoggingServiceV2"
METHODS: dict[str, Handler] = {
    f"{LOGGING}/WriteLogEntries": write_log_entries,
    f"{LOGGING}/ListLogEntries": list_log_entries,
    f"{LOGGING}/ListLogs": list_logs,
}

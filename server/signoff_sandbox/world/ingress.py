"""Addresses of services and of their traffic tags, and who listens there."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from signoff_sandbox.world import frontend
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_names import short

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"


def open_address(cloud: Cloud, service: str, tag: str | None, port: int = 0) -> str:
    """The URL of a service (full name), or of one of its tags; listens there from now on."""
    return cloud.machine.listeners.open(_key(service, tag), frontend.application(cloud, service, tag), port)


async def close_other_tags(cloud: Cloud, service: str, keep: set[str]) -> None:
    """Close the addresses of tags that the service has no more."""
    for key in cloud.machine.listeners.names():
        owner, _, tag = key.partition("#")
        if owner == service and tag and tag not in keep:
            await cloud.machine.listeners.retire(key)


async def close_addresses(cloud: Cloud, service: str) -> None:
    await close_other_tags(cloud, service, set())
    await cloud.machine.listeners.close(_key(service, None))


def resume(cloud: Cloud) -> None:
    """Listen for what a state file brought: every service and tag whose URI is http://127.0.0.1:PORT.

    Port 0 means any free one; the URI is filled in. Other URIs are served as they stand, with nobody behind them. A
    port that somebody else has by now is said in the log; the service stays as it is.
    """
    for name, message in cloud.store.items("services"):
        service: Any = message
        if _is_loopback(service.uri):
            before, service.uri = service.uri, _reopen(cloud, name, None, service.uri)
            others = [url for url in service.urls if url != before]
            del service.urls[:]
            service.urls.extend([service.uri, *others])
        for status in service.traffic_statuses:
            if status.tag and _is_loopback(status.uri):
                status.uri = _reopen(cloud, name, status.tag, status.uri)
        if service != message or service.uri:
            cloud.store.put("services", name, service)


def _reopen(cloud: Cloud, service: str, tag: str | None, uri: str) -> str:
    try:
        return open_address(cloud, service, tag, urlsplit(uri).port or 0)
    except OSError as error:
        log.warning("%s of service %s cannot be opened: %s", uri, short(service), error.strerror)
        return uri


def _is_loopback(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname == LOOPBACK and parts.port is not None


def _key(service: str, tag: str | None) -> str:
    return f"{service}#{tag}" if tag else service

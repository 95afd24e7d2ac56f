"""Who may invoke a service. https://cloud.google.com/run/docs/securing/managing-access

A caller shows an identity token (see `identities`) in `Authorization`, or in `X-Serverless-Authorization`, which leaves
the other header to the application. https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signoff_sandbox.world import identities, refusals
from signoff_sandbox.world.cloud import Cloud

INVOKE = "run.routes.invoke"


def require(cloud: Cloud, service: Any, headers: Mapping[str, str], path: str) -> None:
    """Refuse who may not invoke the service: 401 for a token that is none for it, else 403. Raises Refused."""
    if service.invoker_iam_disabled or identities.may(cloud, "allUsers", INVOKE, service.name):
        return
    shown = headers.get("x-serverless-authorization") or headers.get("authorization", "")
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer":
        raise refusals.unauthenticated(path)
    speaker = identities.speaker(cloud, token)
    if speaker is None or not _is_for(service, speaker.audience):
        raise refusals.unverified(path)
    if not identities.may(cloud, speaker.member, INVOKE, service.name):
        raise refusals.forbidden(path)


def _is_for(service: Any, audience: str) -> bool:
    urls = (service.uri, *service.urls, *(status.uri for status in service.traffic_statuses))
    return audience in service.custom_audiences or any(
        url and (audience == url or audience.startswith(f"{url}/")) for url in urls
    )

"""Tokens of service accounts, for whoever may speak for them: IAM Credentials.

https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts. An identity token opens the
services that its account may invoke (`world/invokers.py`), an access token Google's APIs as far as its account may.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from signoff_sandbox.wire.knative.places import body_of
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.wire.projects import SERVICE_ACCOUNT
from signoff_sandbox.world import identities
from signoff_sandbox.world.errors import invalid_argument, not_found

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


async def generate_id_token(visit: Visit) -> Response:
    """An identity token for an audience, such as the URL of a service."""
    email, asked = await _asked(visit)
    if not isinstance(asked.get("audience"), str) or not asked["audience"]:
        raise invalid_argument("The audience must not be empty.", audience="missing")
    return json_response({"token": identities.identity_token(visit.cloud, email, asked["audience"])})


async def generate_access_token(visit: Visit) -> Response:
    """An access token that holds for an hour."""
    email, asked = await _asked(visit)
    if CLOUD_PLATFORM not in (asked.get("scope") or ()):
        raise invalid_argument(
            f"The scope must be {CLOUD_PLATFORM}: the sandbox models no other.", scope="not modelled"
        )
    ends = Timestamp()
    ends.FromDatetime(visit.cloud.clock() + identities.LIFETIME)
    ends.nanos = 0
    token = identities.access_token(visit.cloud, email)
    return json_response({"accessToken": token, "expireTime": ends.ToJsonString()})


async def _asked(visit: Visit) -> tuple[str, dict[str, Any]]:
    """The account that is spoken for, and the body. Raises NOT_FOUND, INVALID_ARGUMENT."""
    email = unquote(visit.path["email"])
    if SERVICE_ACCOUNT.fullmatch(email) is None:
        raise not_found(f"projects/-/serviceAccounts/{email}")
    asked = await body_of(visit)
    if not isinstance(asked, dict):
        raise invalid_argument("The body must be a JSON object.")
    return email, asked


def _method(name: str, answer: Any, permission: str, missing: str) -> PathMethod:
    pattern = re.compile(rf"/v1/projects/[^/:]+/serviceAccounts/(?P<email>[^/:]+):{name}")
    full = f"iamcredentials.projects.serviceAccounts.{name}"
    return PathMethod(full, ("POST",), pattern, answer, permission=permission, missing=missing)


EVERY = "every account exists; delegates are not looked at"
ROUTES: tuple[PathMethod, ...] = (
    _method("generateIdToken", generate_id_token, "iam.serviceAccounts.getOpenIdToken", EVERY),
    _method(
        "generateAccessToken",
        generate_access_token,
        "iam.serviceAccounts.getAccessToken",
        f"{EVERY}; the lifetime is always an hour",
    ),
)

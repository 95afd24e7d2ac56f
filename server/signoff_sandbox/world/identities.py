"""Who a request speaks for, and what that one may do.

The sandbox's own token speaks for its owner, who may do everything that is not in `deniedPermissions`. Service accounts
speak by tokens that the sandbox makes for them, as Google's metadata server and Cloud Scheduler do: an access token
for Google's APIs, an identity token with an audience for a service. What a service account may do, IAM policies say:
those of the resource and of what it lies in, up to its project (`projects/P` in `iamPolicies`).
"""

from __future__ import annotations

import base64
import hmac
import json
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.projects import id_of, number_of

ISSUER = "https://accounts.google.com"
LIFETIME = timedelta(hours=1)
#: Permission -> the roles that hold it: https://cloud.google.com/iam/docs/roles-permissions/run, …/secretmanager
ROLES: dict[str, frozenset[str]] = {
    "run.routes.invoke": frozenset({"roles/run.invoker", "roles/run.servicesInvoker", "roles/run.admin"}),
    "run.jobs.run": frozenset(
        {"roles/run.invoker", "roles/run.jobsExecutor", "roles/run.jobsExecutorWithOverrides", "roles/run.developer"}
        | {"roles/run.admin"}
    ),
    "run.jobs.runWithOverrides": frozenset(
        {"roles/run.jobsExecutorWithOverrides", "roles/run.developer", "roles/run.admin"}
    ),
    "artifactregistry.repositories.downloadArtifacts": frozenset(
        f"roles/artifactregistry.{role}" for role in ("reader", "writer", "repoAdmin", "admin")
    ),
    "secretmanager.versions.access": frozenset({"roles/secretmanager.secretAccessor", "roles/secretmanager.admin"}),
}
#: Roles that hold every permission; an editor reads no secrets and sets no policies.
OWNER, EDITOR = "roles/owner", "roles/editor"
_current: ContextVar[str] = ContextVar("caller", default="")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whom a token speaks for; `audience` is empty for an access token, which is for Google's APIs alone."""

    email: str
    audience: str = ""

    @property
    def member(self) -> str:
        """As IAM policies name it."""
        return f"serviceAccount:{self.email}"


def identity_token(cloud: Cloud, email: str, audience: str) -> str:
    """What a service account shows to a service at `audience`, a URL."""
    return _token(cloud, {"sub": email, "email": email, "email_verified": True, "aud": audience})


def access_token(cloud: Cloud, email: str) -> str:
    """What a service account shows to Google's APIs."""
    return _token(cloud, {"sub": email, "email": email, "scope": "https://www.googleapis.com/auth/cloud-platform"})


def speaker(cloud: Cloud, token: str) -> Speaker | None:
    """Whom a token of this sandbox speaks for; None for any other, and for one that has expired."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(cloud, signed)):
        return None
    claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    if claims["exp"] <= cloud.clock().timestamp():
        return None
    return Speaker(claims["email"], claims.get("aud", ""))


def speak_for(email: str) -> None:
    """Note for whom the rest of this request is done; "" is the owner."""
    _current.set(email)


def current(cloud: Cloud) -> str:
    """The email of whoever this request is done for."""
    return _current.get() or cloud.settings.identity


def caller_may(cloud: Cloud, permission: str, resource: str) -> bool:
    """Whether whoever calls has a permission on a resource (full name)."""
    if permission in cloud.denied_permissions:
        return False
    email = _current.get()
    return not email or may(cloud, f"serviceAccount:{email}", permission, resource)


def may(cloud: Cloud, member: str, permission: str, resource: str) -> bool:
    """Whether policies of a resource, or of what it lies in, give `member` a permission.

    `allUsers` is somebody who does not say who.

    A binding with a condition gives nothing here: conditions are not modelled.
    """
    wanted = {member, "allUsers"} | ({"allAuthenticatedUsers"} if member != "allUsers" else set())
    roles = holders(permission)
    segments = by_id(cloud, resource).split("/")
    for length in range(len(segments), 0, -2):
        policy = cloud.iam_policies.get("/".join(segments[:length]))
        for binding in policy.bindings if policy is not None else ():
            if binding.role in roles and not binding.HasField("condition") and wanted & set(binding.members):
                return True
    return False


def holders(permission: str) -> frozenset[str]:
    """The roles that hold a permission. One that is not listed is held by the service's admin, owners and editors."""
    held = ROLES.get(permission) or frozenset({f"roles/{permission.partition('.')[0]}.admin"})
    if permission == "secretmanager.versions.access" or permission.endswith(".setIamPolicy"):
        return held | {OWNER}
    return held | {OWNER, EDITOR}


def by_id(cloud: Cloud, name: str) -> str:
    """A resource's name with the id of the sandbox's project where it has the number; both name the same resource."""
    first, slash, rest = name.partition("/")
    project, *more = rest.split("/")
    return "/".join([first, id_of(project, cloud.settings.project), *more]) if first == "projects" and slash else name


def by_number(name: str) -> str:
    """A resource's name with its project's number, as some APIs answer it; one of no project stays as it is."""
    first, slash, rest = name.partition("/")
    project, *more = rest.split("/")
    return "/".join([first, number_of(project), *more]) if first == "projects" and slash else name


def default_service_account(project: str) -> str:
    """As whom a service or job runs that names no account."""
    return f"{number_of(project)}-compute@developer.gserviceaccount.com"


def _token(cloud: Cloud, claims: dict[str, Any]) -> str:
    """A JWT (RFC 7519), signed with the sandbox's own token where Google has its keys."""
    now = cloud.clock()
    times = {"iat": int(now.timestamp()), "exp": int((now + LIFETIME).timestamp())}
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": ISSUER, **times, **claims})
    signed = ".".join(_base64(json.dumps(part).encode()).decode() for part in parts)
    return f"{signed}.{_signature(cloud, signed).decode()}"


def _signature(cloud: Cloud, signed: str) -> bytes:
    return _base64(hmac.digest(cloud.settings.token.encode(), signed.encode(), "sha256"))


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")

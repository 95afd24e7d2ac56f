"""Who asks, and what they may: the login of this machine, and its permissions in a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signoff.boundary import Boundary, Malformed, Question
from signoff.model.facts import Known, Unknown
from signoff.model.secret import Secret
from signoff.systems.google.connection import TOKEN, Connection


class Identity:
    """Application Default Credentials, or the sandbox's token."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def account(self) -> Known[str | None] | Unknown:
        """The account that Google accepts right now; None for a login that does not name its account."""
        question = Question("identity", "token", "Application Default Credentials", _LOOK)

        async def fetch() -> list[str | None]:
            return [await self._google.refresh()]

        return await self._boundary.ask(question, fetch, lambda answer: answer[0], self._google.why)

    async def granted(self, project: str, permissions: Sequence[str]) -> Known[frozenset[str]] | Unknown:
        """Those of the permissions that this login has on the project; ones given on a single resource do not show.

        https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions
        """
        resource = f"projects/{project}"
        look = ("gcloud", "projects", "get-iam-policy", project)
        question = Question("iam", "projects.testIamPermissions", resource, look)

        async def fetch() -> dict[str, Any]:
            await self._google.login()
            request = {"resource": resource, "permissions": list(permissions)}
            answer = await self._google.projects.test_iam_permissions(request=request, **self._google.CALL)
            return {"permissions": list(answer.permissions)}

        def read(answer: dict[str, Any]) -> frozenset[str]:
            return frozenset(answer["permissions"])

        return await self._boundary.ask(question, fetch, read, self._google.why)

    async def id_token(self, audience: str) -> Known[Secret] | Unknown:
        """A Google ID token of this login for the audience; `expired` where this login can not have one.

        A person's own login has none: a service account, or impersonation of one, does.
        https://cloud.google.com/docs/authentication/get-id-token
        """
        question = Question("identity", "id-token", audience, ("gcloud", "auth", "print-identity-token"))

        async def fetch() -> str:
            return await self._google.id_token(audience)

        return await self._boundary.ask(question, fetch, _secret, self._google.why)


def _secret(token: str) -> Secret:
    if token.count(".") < 2 and token != TOKEN:
        raise Malformed("not an ID token")
    return Secret(token)


_LOOK = ("gcloud", "auth", "application-default", "print-access-token")

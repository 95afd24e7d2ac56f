from __future__ import annotations

import grpc
import pytest
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from signoff.boundary import Boundary
from signoff.model.facts import Unknown
from signoff.systems.google.connection import Connection
from signoff.systems.google.errors import is_missing, why
from signoff.systems.google.run import Run

CASES = [
    (api.Unauthenticated("no"), "expired"),
    (auth.RefreshError("invalid_grant: Token has been expired or revoked."), "expired"),
    (auth.RefreshError("try again", retryable=True), "unreachable"),
    (auth.DefaultCredentialsError("Your default credentials were not found."), "expired"),
    (auth.TransportError("no route"), "unreachable"),
    (api.ServiceUnavailable("Getting metadata from plugin failed with error: invalid_grant"), "expired"),
    (api.ServiceUnavailable("Socket closed"), "unreachable"),
    (api.PermissionDenied("run.services.list"), "denied"),
    (api.NotFound("project"), "denied"),
    (api.ResourceExhausted("quota"), "throttled"),
    (api.DeadlineExceeded("late"), "timeout"),
    (api.InternalServerError("oops"), "unreachable"),
    (api.InvalidArgument("parent"), "malformed"),
    (api.MethodNotImplemented("not here"), "incomplete"),
    (api.Cancelled("by the server"), "unreachable"),
    (ConnectionResetError("reset"), "unreachable"),
    (AttributeError("a bug of ours"), None),
]


def test_an_answer_that_cannot_be_parsed_is_malformed() -> None:
    """grpc.aio hands on None in its place, and the client fails at the first field."""
    nothing = type("Answer", (), {"services": None})().services
    with pytest.raises(AttributeError) as failed:
        nothing.next_page_token  # noqa: B018
    assert why(failed.value) == "malformed"


@pytest.mark.parametrize(("error", "reason"), CASES, ids=lambda value: str(value)[:40])
def test_each_answer_of_google_is_a_reason_and_a_bug_of_ours_is_none(error: Exception, reason: str | None) -> None:
    assert why(error) == reason


def test_a_raw_status_of_grpc_is_read_like_a_clients_exception() -> None:
    class Raw(grpc.RpcError, grpc.Call):  # type: ignore[misc]
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.PERMISSION_DENIED

        def details(self) -> str:
            return "no"

    Raw.__abstractmethods__ = frozenset()
    assert why(Raw()) == "denied"  # type: ignore[abstract]


def test_only_a_missing_resource_is_missing() -> None:
    assert is_missing(api.NotFound("gone"))
    assert not is_missing(api.PermissionDenied("no"))


async def test_without_any_login_everything_is_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    connection = Connection(None)
    answer = await Run(Boundary(), connection).services("acme", "us-central1", {"web"})
    await connection.close()
    assert isinstance(answer, Unknown)
    assert answer.why == "expired"


async def test_a_sandbox_that_is_not_there_is_unreachable_and_no_login_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    connection = Connection("127.0.0.1:1")
    boundary = Boundary()
    boundary.policy = type(boundary.policy)(tries=1)
    answer = await Run(boundary, connection).services("acme", "us-central1", {"web"})
    await connection.close()
    assert isinstance(answer, Unknown)
    assert answer.why == "unreachable"

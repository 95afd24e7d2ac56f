"""API errors: a gRPC code, a message and Google's structured details, rendered for both transports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import any_pb2, json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

# https://cloud.google.com/apis/design/errors#handling_errors
HTTP_STATUS: dict[str, int] = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
}


class ApiError(Exception):
    """What a method answers instead of a response; `details` are google.rpc messages."""

    def __init__(self, code: grpc.StatusCode, message: str, details: Iterable[Message] = ()) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.details = tuple(details)

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.code.name]

    @property
    def retry_after(self) -> float | None:
        """Seconds that the caller should wait, where a detail says so."""
        delays = (one.retry_delay for one in self.details if isinstance(one, error_details_pb2.RetryInfo))
        return next((delay.ToTimedelta().total_seconds() for delay in delays), None)

    def status(self) -> status_pb2.Status:
        """As google.rpc.Status: what gRPC carries in its trailers, and an operation in its `error`."""
        packed = []
        for detail in self.details:
            holder = any_pb2.Any()
            holder.Pack(detail)
            packed.append(holder)
        return status_pb2.Status(code=self.code.value[0], message=self.message, details=packed)

    def rest(self) -> dict[str, Any]:
        """As the body of Google's REST errors."""
        error: dict[str, Any] = {"code": self.http_status, "message": self.message, "status": self.code.name}
        if self.details:
            error["details"] = json_format.MessageToDict(self.status())["details"]
        return {"error": error}


class ConnectionDropped(Exception):
    """A planted fault: the connection ends without an answer."""


def not_found(resource: str) -> ApiError:
    return ApiError(grpc.StatusCode.NOT_FOUND, f"Resource '{resource}' was not found")


def already_exists(resource: str) -> ApiError:
    return ApiError(grpc.StatusCode.ALREADY_EXISTS, f"Resource '{resource}' already exists.")


def failed_precondition(message: str) -> ApiError:
    return ApiError(grpc.StatusCode.FAILED_PRECONDITION, message)


def aborted(resource: str) -> ApiError:
    """An etag that is not the current one: somebody else wrote in between."""
    return ApiError(
        grpc.StatusCode.ABORTED,
        f"Conflict for resource '{resource}': the etag of the request does not match the current one.",
    )


def permission_denied(permission: str, resource: str) -> ApiError:
    info = error_details_pb2.ErrorInfo(
        reason="IAM_PERMISSION_DENIED",
        domain="iam.googleapis.com",
        metadata={"permission": permission, "resource": resource},
    )
    return ApiError(
        grpc.StatusCode.PERMISSION_DENIED,
        f"Permission '{permission}' denied on resource '{resource}' (or resource may not exist).",
        [info],
    )


def invalid_argument(message: str, **violations: str) -> ApiError:
    """`violations` are field -> what is wrong with it; for a nested field pass `**{"a.b": "…"}`."""
    if not violations:
        return ApiError(grpc.StatusCode.INVALID_ARGUMENT, message)
    bad = error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
            for field, text in violations.items()
        ]
    )
    return ApiError(grpc.StatusCode.INVALID_ARGUMENT, message, [bad])


def unimplemented(method: str) -> ApiError:
    return ApiError(grpc.StatusCode.UNIMPLEMENTED, f"{method} is not modelled by the signoff sandbox.")


def lacks_package(needed_by: str, distribution: str) -> ApiError:
    return ApiError(
        grpc.StatusCode.UNIMPLEMENTED,
        f"{needed_by} needs the package {distribution}, which is not installed: pip install {distribution}",
    )


def bug_of_sandbox(bug: Exception) -> ApiError:
    return ApiError(grpc.StatusCode.INTERNAL, f"sandbox bug: {type(bug).__name__}: {bug}")


def unauthenticated() -> ApiError:
    return ApiError(
        grpc.StatusCode.UNAUTHENTICATED,
        "Request is missing a valid credential: the sandbox expects 'authorization: Bearer' with its own token.",
    )

"""gRPC: every method of the table through one generic handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message

from signoff_sandbox.wire.authentication import caller_of
from signoff_sandbox.wire.dispatch import dispatch
from signoff_sandbox.wire.effects.values import spoiled
from signoff_sandbox.wire.table import Rpc, rpcs
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, ConnectionDropped, unimplemented

#: gRPC's own key for a google.rpc.Status with details.
DETAILS_KEY = "grpc-status-details-bin"
#: Says where the sandbox speaks HTTP.
HTTP_KEY = "x-sandbox-http"


class Everything(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
    """Finds the handler of any method; one that is not modelled answers UNIMPLEMENTED with its name."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method.lstrip("/")
        rpc = rpcs().get(method)
        if rpc is None:
            return self._refusing(method, unimplemented(method))
        try:
            request_class = rpc.request_class()
        except ApiError as error:  # its package is not installed
            return self._refusing(method, error)
        return grpc.unary_unary_rpc_method_handler(
            self._answering(rpc),
            request_deserializer=request_class.FromString,
            response_serializer=lambda answer: answer if isinstance(answer, bytes) else answer.SerializeToString(),
        )

    def _answering(self, rpc: Rpc) -> Callable[[Message, Any], Any]:
        async def answer(request: Message, context: Any) -> Message | bytes:
            try:
                settings = self._cloud.settings
                caller = caller_of(self._cloud, dict(context.invocation_metadata()))
                # Cloud Storage is spoken over HTTP alone: a client that was told one address learns the other here.
                await context.send_initial_metadata(((HTTP_KEY, settings.http_address),))
                return spoiled(*await dispatch(self._cloud, rpc.method, request, caller))
            except ApiError as error:
                details = ((DETAILS_KEY, error.status().SerializeToString()),) if error.details else ()
                await context.abort(error.code, error.message, details)
            except ConnectionDropped:
                # What a client makes of a connection that breaks off; grpc.aio has no way to cut just one.
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            raise AssertionError("abort raises")

        return answer

    def _refusing(self, method: str, error: ApiError) -> Any:
        """As a stream, which is answered before anything is read: a method that nobody knows may be one."""

        async def refuse(requests: Any, context: Any) -> None:  # noqa: ARG001 - gRPC's shape of a handler
            self._cloud.calls[method] += 1
            await context.abort(error.code, error.message)

        return grpc.stream_stream_rpc_method_handler(refuse)


async def start(cloud: Cloud) -> grpc.aio.Server:
    """Listen on loopback; notes the address in the settings. Keep the server: gRPC stops one that is collected."""
    server = grpc.aio.server(
        handlers=[Everything(cloud)],
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 64 * 1024 * 1024)],
    )
    port = server.add_insecure_port(f"127.0.0.1:{cloud.settings.grpc_port}")
    await server.start()
    cloud.settings.grpc_address = f"127.0.0.1:{port}"
    return server

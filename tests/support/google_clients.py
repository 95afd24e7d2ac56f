"""Google's own clients against a sandbox, gRPC (async) and REST."""

from __future__ import annotations

from typing import Any

import grpc
from google.api_core.client_options import ClientOptions
from google.oauth2.credentials import Credentials

from support.sandbox import TOKEN


class Token(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds the sandbox's token to every call."""

    def __init__(self, token: str = TOKEN) -> None:
        self._header = ("authorization", f"Bearer {token}")

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = [*(details.metadata or ()), self._header]
        return await continuation(details._replace(metadata=metadata), request)


def channel(address: str, token: str = TOKEN) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address, interceptors=[Token(token)])


def over_grpc(kind: Any, connected: grpc.aio.Channel) -> Any:
    """An async client of class `kind`, such as run_v2.ServicesAsyncClient."""
    return kind(transport=kind.get_transport_class("grpc_asyncio")(channel=connected))


def over_rest(kind: Any, address: str, token: str = TOKEN) -> Any:
    """A blocking client of class `kind`, such as run_v2.ServicesClient: call it in a thread."""
    return kind(
        transport="rest",
        credentials=Credentials(token=token),
        client_options=ClientOptions(api_endpoint=f"http://{address}"),
    )

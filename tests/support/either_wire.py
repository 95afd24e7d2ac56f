"""One official client over either wire, awaited the same way: `async_client` over gRPC, `client` over REST."""

from __future__ import annotations

import asyncio
import functools
from types import ModuleType
from typing import Any

import grpc

from support.google_clients import over_grpc, over_rest

WIRES = ("grpc", "rest")


class EitherWire:
    """`call` answers what a method answers, `everything` walks all pages of a list. The clients' own retry is off."""

    def __init__(self, wire: str, channel: grpc.aio.Channel, http: str) -> None:
        self._wire, self._channel, self._http = wire, channel, http

    @property
    def rest(self) -> bool:
        return self._wire == "rest"

    async def call(self, package: ModuleType, client_name: str, method: str, /, **arguments: Any) -> Any:
        """`package` and name of the client: `run_v2`, "Services"."""
        if self.rest:
            client = over_rest(getattr(package, f"{client_name}Client"), self._http)
            return await asyncio.to_thread(functools.partial(getattr(client, method), retry=None, **arguments))
        client = over_grpc(getattr(package, f"{client_name}AsyncClient"), self._channel)
        return await getattr(client, method)(retry=None, **arguments)

    async def everything(self, package: ModuleType, client_name: str, method: str, /, **arguments: Any) -> list[Any]:
        """The entries of all pages of a list."""
        pager = await self.call(package, client_name, method, **arguments)
        return await asyncio.to_thread(list, pager) if self.rest else [entry async for entry in pager]

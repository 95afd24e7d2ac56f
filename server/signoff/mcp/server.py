"""`signoff serve`: one server object that speaks the handshake revisions and the stateless one."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError, UnexpectedResourceError, UnexpectedToolError
from mcp.types import CallToolResult, InputRequiredResult
from mcp.types import Tool as ListedTool
from pydantic import AnyUrl

from signoff import __version__
from signoff.mcp.completions import add_completions
from signoff.mcp.desk import Desk
from signoff.mcp.instructions import INSTRUCTIONS
from signoff.mcp.prompt import end_session
from signoff.mcp.resources import add_resources
from signoff.mcp.tools import all_tools
from signoff.model.errors import SignoffError
from signoff.views.logs import to_stderr
from signoff.views.words import told

log = logging.getLogger(__name__)


class Server(MCPServer[None]):
    """signoff's tools over one desk. Expected errors are told here, once for every tool and resource."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

        @asynccontextmanager
        async def life(server: MCPServer[None]) -> AsyncIterator[None]:
            del server
            try:
                yield
            finally:
                await desk.close()

        super().__init__(
            "signoff",
            title="signoff",
            description="Proves that work reached production before a coding session says done.",
            instructions=INSTRUCTIONS,
            version=__version__,
            log_level="WARNING",
            tools=all_tools(desk),
            lifespan=life,
            middleware=[self._begin],
        )
        self.add_prompt(end_session())
        add_resources(self, desk)
        add_completions(self, desk)

    async def _begin(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """The session begins with the first message; its record is written after the answer, not before."""
        try:
            return await call_next(ctx)
        finally:
            self.desk.begin()

    async def list_tools(self) -> list[ListedTool]:
        """The tools that have an object in this repository."""
        hidden = await self.desk.hidden_tools()
        return [tool for tool in await super().list_tools() if tool.name not in hidden]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            if isinstance(error.__cause__, SignoffError):
                raise ToolError(told(error.__cause__)) from error.__cause__
            log.exception("the tool %s broke", name)
            raise ToolError(_bug(name, error.__cause__)) from error

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[None, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        try:
            return await super().read_resource(uri, context)
        except UnexpectedResourceError as error:
            if isinstance(error.__cause__, SignoffError):
                raise ResourceError(told(error.__cause__)) from error.__cause__
            raise


def _bug(name: str, cause: BaseException | None) -> str:
    """Only the kind of a crash is told: its text may hold what came from outside."""
    kind = type(cause).__name__
    return f"{name} broke with {kind}: a bug in signoff. Fix: report it with the traceback in the server's log (stderr)"


def make_server(start: Path, *, read_only: bool = False, private: bool = True) -> Server:
    """A server for the repository around `start`; nothing is opened before the first message."""
    return Server(Desk(start, read_only=read_only, private=private))


def serve(
    start: Path, *, read_only: bool = False, transport: Literal["stdio", "http"] = "stdio", port: int = 8765
) -> None:
    """Serve until the client closes the connection or Ctrl-C. Over HTTP on loopback only, at `/mcp`.

    In stdio mode stdout belongs to the protocol: nothing else is written there.
    """
    to_stderr(logging.WARNING)
    server = make_server(start, read_only=read_only, private=transport == "stdio")
    if transport == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=port)

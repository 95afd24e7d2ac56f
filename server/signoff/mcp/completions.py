"""Completions: the names of handoffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from signoff.mcp.desk import Desk
from signoff.model.errors import SignoffError
from signoff.views.words import name as shown

if TYPE_CHECKING:
    from mcp.server import MCPServer

MOST = 100  # the protocol's own limit of values in one answer


def add_completions(server: MCPServer[Any], desk: Desk) -> None:
    """Complete the `name` of `handoff://{name}`; everything else has nothing to complete."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # untyped in the SDK
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        del context
        if not isinstance(ref, ResourceTemplateReference) or argument.name != "name":
            return Completion(values=[])
        try:
            names = [shown(name) for name in await desk.handoff_names() if name.startswith(argument.value)]
        except SignoffError:
            return Completion(values=[])  # a repository without signoff.toml has no handoffs to name
        return Completion(values=names[:MOST], total=len(names), has_more=len(names) > MOST)

"""What is called on an Express application or router."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from signoff.model.routes import ANY, Unread
from signoff.model.text import text
from signoff.reading.routes.express_values import Branch, Function, Leaf, Routed, Router, Scope, Value, default
from signoff.reading.routes.script import line, source, text_of, tokens

if TYPE_CHECKING:
    from tree_sitter import Node

METHODS = frozenset({"get", "post", "put", "patch", "delete", "all"})
_NAMES = frozenset({"app", "router", "server", "api", "express"})
"""What an application is called: `axios.get("/x", …)` is no route."""
_PREFIXES = ("prefix", "path", "base", "url", "route", "version")
"""What is in the name of a prefix; every other name may be a middleware's."""


STEPS = 400_000
"""Of statements and expressions, beyond which a repository is not read to its end."""


class TooMuch(Exception):
    """The steps are used up."""


class Routers(ABC):
    """`called`: functions that need not be followed again, by the ids of their nodes."""

    def __init__(self) -> None:
        self.called: set[int] = set()
        self.steps = STEPS
        self.routers: list[Router] = []
        self.unread: list[Unread] = []

    @abstractmethod
    def value(self, node: Node | None, scope: Scope) -> Value: ...

    def on_router(self, owner: Router | Routed, name: str, node: Node, arguments: list[Node], scope: Scope) -> Value:
        router = owner.router if isinstance(owner, Routed) else owner
        if isinstance(owner, Routed) and name in METHODS:
            self._hang(router, name, owner.path, node, arguments, scope)
            return owner
        if name == "route" and arguments:
            path = self.value(arguments[0], scope)
            return Routed(router, path if isinstance(path, str) else None)
        if name == "use":
            self._use(router, node, arguments, scope)
        elif name in METHODS and (len(arguments) > 1 or name != "get"):  # app.get("setting") reads one
            wanted = self.value(arguments[0], scope) if arguments else None
            for path in wanted if isinstance(wanted, list) else [wanted]:
                self._hang(router, name, path, node, arguments[1:], scope)
        return router

    def _hang(self, router: Router, name: str, path: Value, node: Node, arguments: list[Node], scope: Scope) -> None:
        if not isinstance(path, str):
            self._say(scope, node, "the path of this route can not be told")
            return
        values = [self.value(argument, scope) for argument in arguments]
        handlers = tuple(value for value in values if isinstance(value, Function))
        self.called.update(handler.node.id for handler in handlers)
        method = ANY if name == "all" else name.upper()
        router.leaves.append(Leaf(method, path, scope.path, line(node), node, handlers, scope.certain))

    def _use(self, router: Router, node: Node, arguments: list[Node], scope: Scope) -> None:
        """`use([prefix,] middleware…, router)`; middleware without a router answers nothing by itself."""
        values = [self.value(argument, scope) for argument in arguments]
        values = [inner for value in values for inner in (value if isinstance(value, list) else [value])]
        first = values[0] if values else None
        used = [module for value in values if isinstance(module := default(value), Router)]
        if used and first is None and _is_path(arguments[0]):
            self._say(scope, node, "the prefix that this router is used under can not be told")
        for one in used:
            lost = first is None and _is_path(arguments[0])
            one.held = True
            prefix = first if isinstance(first, str) and not first.startswith("<") else ""
            router.branches.append(Branch(prefix, one, lost))
        if scope.looping and not used:
            self._say(scope, node, "which routers this loop uses can not be told")

    def doubt(
        self, owner: Value, named: Node | None, name: str, node: Node, arguments: list[Node], scope: Scope
    ) -> None:
        """A route on something unclear that has the name of an application."""
        path = text_of(arguments[0]) if arguments else None
        unclear = owner is None and source(named) in _NAMES and name in METHODS and len(arguments) > 1
        if unclear and path is not None and path.startswith("/"):
            self._say(scope, node, "what this route is attached to can not be told")

    def _say(self, scope: Scope, node: Node, why: str) -> None:
        self.unread.append(Unread(scope.path, line(node), text("{}", why), tokens(node)))


def _is_path(node: Node) -> bool:
    """Whether an argument that is unclear is a prefix, and no middleware."""
    name = source(node).rpartition(".")[2]
    named = name.isupper() or any(word in name.lower() for word in _PREFIXES)
    return node.type in {"template_string", "binary_expression"} or (node.type != "call_expression" and named)

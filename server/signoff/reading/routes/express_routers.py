"""What is called on an Express application or router."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from signoff.model.routes import ANY, Unread
from signoff.model.text import text
from signoff.reading.routes.express_values import Branch, Function, Leaf, Routed, Router, Scope, Value, default
from signoff.reading.routes.script import called_at, line, source, text_of, tokens

if TYPE_CHECKING:
    from tree_sitter import Node

METHODS = frozenset({"get", "post", "put", "patch", "delete", "all"})
_NAMES = frozenset({"app", "router", "server", "api", "express"})
"""What an application is called: `axios.get("/x", …)` is no route."""
_FIELDS = frozenset({"app", "router", "server", "express"})
"""The same of `this.app`; `this.api` is a client's as often."""
_PREFIXES = ("prefix", "path", "base", "url", "route", "version")
"""What is in the name of a prefix; every other name may be a middleware's."""
_OF_PACKAGES = re.compile(r"(?i)^[\w.]*(?:graphql|apollo|trpc|yoga|proxy|expressmiddleware)\w*\(")
"""Calls whose middleware answers requests, instead of passing them on."""


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
        at = called_at(node)
        router.leaves.append(
            Leaf(method, path, scope.path, at, node, tuple(arguments), handlers, scope.certain, tuple(router.before))
        )

    def by_name(
        self, router: Router, index: Node | None, node: Node, arguments: list[Node], scope: Scope
    ) -> Router | Routed | None:
        """`app[method]("/path", …)`."""
        name = self.value(index, scope)
        if isinstance(name, str):
            self.on_router(router, name, node, arguments, scope)
        else:
            self._say(scope, node, "the method of this route can not be told")
        return router

    def _use(self, router: Router, node: Node, arguments: list[Node], scope: Scope) -> None:
        """`use([prefix,] middleware…, router)`; middleware without a router answers nothing by itself."""
        first, *more = [self.value(argument, scope) for argument in arguments] or [None]
        prefixes = [first] if _is_prefix(first) else first if isinstance(first, list) and first else []
        prefixes = prefixes if all(map(_is_prefix, prefixes)) else []
        values = more if prefixes else [first, *more]
        values = [inner for value in values for inner in (value if isinstance(value, list) else [value])]
        used = [module for value in values if isinstance(module := default(value), Router)]
        lost = bool(used) and first is None and _is_path(arguments[0])
        if lost:
            self._say(scope, node, "the prefix that this router is used under can not be told")
        middleware = [one for value in values if isinstance(one := default(value), Function) and _passes(one.node)]
        before = (*router.before, *(("", one) for one in middleware))
        for one in used:
            one.held = True
            router.branches += [Branch(prefix, one, lost, before) for prefix in prefixes or [""]]
        if not used:
            router.before += [(prefix, one) for prefix in prefixes or [""] for one in middleware]
        last = values[-1] if values else None
        if isinstance(last, Function) and _answers(last.node):
            self.called.add(last.node.id)
            for prefix in prefixes:
                if prefix != "/" and "*" not in prefix:
                    router.leaves.append(
                        Leaf(ANY, prefix, scope.path, called_at(node), node, tuple(arguments), (last,), certain=False)
                    )
        elif prefixes and last is None and arguments and _OF_PACKAGES.search(source(arguments[-1])):
            self._say(scope, node, "what answers here is of a package, and is not read")
        if scope.looping and not used:
            self._say(scope, node, "which routers this loop uses can not be told")

    def doubt(
        self, owner: Value, named: Node | None, name: str, node: Node, arguments: list[Node], scope: Scope
    ) -> None:
        """A route on something unclear that has the name of an application."""
        path = text_of(arguments[0]) if arguments else None
        held, _, called = source(named).rpartition(".")
        known = called in _NAMES if not held else held == "this" and called in _FIELDS
        unclear = owner is None and known and name in METHODS and len(arguments) > 1
        if unclear and path is not None and path.startswith("/"):
            self._say(scope, node, "what this route is attached to can not be told")

    def _say(self, scope: Scope, node: Node, why: str) -> None:
        self.unread.append(Unread(scope.path, line(node), text("{}", why), tokens(node)))


def _is_prefix(value: Value) -> bool:
    return isinstance(value, str) and not value.startswith("<")


def _parameters(function: Node) -> int:
    given = function.child_by_field_name("parameters")
    return sum(one.type != "comment" for one in given.named_children) if given is not None else 1


def _passes(function: Node) -> bool:
    """Whether it takes `next`, and no error before the request."""
    return _parameters(function) == 3


def _answers(function: Node) -> bool:
    """Whether it takes no `next`, so that nothing after it is asked, and is not there to say that nothing was found."""
    return _parameters(function) == 2 and re.search(r"(?i)404|not_?found", source(function)) is None


def _is_path(node: Node) -> bool:
    """Whether an argument that is unclear is a prefix, and no middleware."""
    name = source(node).rpartition(".")[2]
    named = name.isupper() or any(word in name.lower() for word in _PREFIXES)
    return node.type in {"template_string", "binary_expression"} or (node.type != "call_expression" and named)

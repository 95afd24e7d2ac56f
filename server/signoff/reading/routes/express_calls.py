"""What calling something in a file of an Express application gives, and does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from signoff.reading.routes.express_classes import Classes
from signoff.reading.routes.express_values import Class, Function, Routed, Router, Scope, Value
from signoff.reading.routes.script import source, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 80
_PARTS: Mapping[str, Callable[[dict[str, Value]], list[Value]]] = {
    "keys": list,
    "values": lambda held: list(held.values()),
    "entries": lambda held: [list(one) for one in held.items()],
}
"""`Object.keys(…)` and the like."""


@dataclass(slots=True)
class _Run:
    """That a function was followed. `builds`: it gave a router or an object, so each call gives another one. The scope
    is kept, so that its id stays its own.
    """

    scope: Scope
    builds: bool = False


class Calls(Classes):
    """A function is followed once, unless it gives a router or is handed one."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self._ran: dict[tuple[int, int], _Run] = {}

    @abstractmethod
    def module(self, wanted: str, scope: Scope) -> Value: ...

    @abstractmethod
    def bind(self, target: Node | None, value: Value, scope: Scope) -> None: ...

    @abstractmethod
    def statements(self, nodes: Iterable[Node], scope: Scope) -> None: ...

    def call(self, node: Node, scope: Scope, callee_field: str = "function") -> Value:
        callee, given = node.child_by_field_name(callee_field), node.child_by_field_name("arguments")
        arguments = list(given.named_children) if given is not None else []
        arguments = [one for one in arguments if one.type != "comment"]
        if callee is None:
            return None
        if callee.type == "identifier" and source(callee) == "require" and arguments:
            wanted = text_of(arguments[0])
            return self.module(wanted, scope) if wanted is not None else None
        if callee.type == "member_expression":
            owner_node, name = callee.child_by_field_name("object"), source(callee.child_by_field_name("property"))
            owner = self.value(owner_node, scope)
            if isinstance(owner, Router | Routed):
                return self.on_router(owner, name, node, arguments, scope)
            if isinstance(owner, list) and name in {"forEach", "map"} and arguments:
                return self._each(owner, self.value(arguments[0], scope))
            if isinstance(owner, Function) and name == "bind":
                return owner
            if source(owner_node) == "Object" and name in _PARTS and arguments:
                held = self.value(arguments[0], scope)
                return _PARTS[name](held) if isinstance(held, dict) else None
            self.doubt(owner, owner_node, name, node, arguments, scope)
        if callee.type == "subscript_expression":
            owner = self.value(callee.child_by_field_name("object"), scope)
            if isinstance(owner, Router):
                return self.by_name(owner, callee.child_by_field_name("index"), node, arguments, scope)
        what = self.value(callee, scope)
        values = [self.value(argument, scope) for argument in arguments]
        if isinstance(what, str) and what in {"<express>", "<Router>"}:
            made = Router(root=what == "<express>")
            self.routers.append(made)
            return made
        if isinstance(what, Class):
            return self.construct(what, values) if node.type == "new_expression" else None
        if callable(what):  # `super(…)`
            return what(values)
        return self.call_function(what, values) if isinstance(what, Function) else None

    def _each(self, owner: list[Value], function: Value) -> Value:
        """`list.forEach(function)`, `list.map(function)`."""
        if not isinstance(function, Function):
            return None
        return [self.call_function(Function(function.node, replace(function.scope)), [one]) for one in owner]

    def call_function(self, function: Function, values: list[Value]) -> Value:
        body = function.node.child_by_field_name("body")
        if body is None or self.depth > DEEPEST - 10:
            return None
        run = function.node.id, id(function.scope)
        once = body.type == "statement_block" and not any(isinstance(value, Router) for value in values)
        if once and run in self._ran and not self._ran[run].builds:
            return None
        self._ran[run] = self._ran.get(run) or _Run(function.scope)
        self.called.add(function.node.id)
        scope = Scope(function.scope.path, exports=function.scope.exports, parent=function.scope)
        parameters = function.node.child_by_field_name("parameters") or function.node.child_by_field_name("parameter")
        named = parameters.named_children if parameters is not None and parameters.named_children else [parameters]
        for at, parameter in enumerate(named):
            if parameter is not None:
                target = parameter.child_by_field_name("pattern") or parameter
                self.bind(target, values[at] if at < len(values) else None, scope)
        self.depth += 5
        try:
            if body.type != "statement_block":
                return self.value(body, scope)
            self.statements(body.named_children, scope)
        finally:
            self.depth -= 5
        returned = scope.names.get("<returned>")
        self._ran[run].builds |= isinstance(returned, Router | dict)
        return returned

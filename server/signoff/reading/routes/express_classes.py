"""Classes of an Express application: what their fields, constructors and methods build."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from signoff.reading.routes.express_routers import Routers
from signoff.reading.routes.express_values import Class, Function, Scope, Value
from signoff.reading.routes.script import base_of, source

if TYPE_CHECKING:
    from tree_sitter import Node

_FIELDS = frozenset({"public_field_definition", "field_definition"})


class Classes(Routers):
    """An object is a dictionary of what its constructor left in it."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: list[Class] = []
        self._constructed: set[int] = set()

    @abstractmethod
    def function(self, node: Node, scope: Scope) -> Function: ...

    @abstractmethod
    def call_function(self, function: Function, values: list[Value]) -> Value: ...

    def class_of(self, node: Node, scope: Scope) -> Class:
        made = Class(node, scope, self.value(base_of(node), scope))
        self.classes.append(made)
        own = Scope(scope.path, {"this": made}, scope.exports, scope)
        for member in _members(node):
            if _is(member, "static") and member.type in _FIELDS:
                made.statics[_name(member)] = self.value(member.child_by_field_name("value"), own)
            elif _is(member, "static"):
                made.statics[_name(member)] = self.function(member, own)
        return made

    def construct(self, made: Class, values: list[Value]) -> Value:
        """`new made(…)`."""
        this: dict[str, Value] = {}
        self._begin(made, this, values, 0)
        for getter in [one for one in this.values() if isinstance(one, Function) and _is(one.node, "get")]:
            this[_name(getter.node)] = self.call_function(getter, [])
        return this

    def construct_the_others(self) -> None:
        """Those that the text never constructs: a container does that, at run time."""
        for made in self.classes:
            if made.node.id not in self._constructed:
                self.construct(made, [])

    def _begin(self, made: Class, this: dict[str, Value], values: list[Value], depth: int) -> None:
        self._constructed.add(made.node.id)
        base = made.base if isinstance(made.base, Class) and depth < 8 else None
        begin = base

        def above(given: list[Value]) -> None:
            if begin is not None:
                self._begin(begin, this, given, depth + 1)

        scope = Scope(made.scope.path, {"this": this, "super": above}, made.scope.exports, made.scope)
        members = [one for one in _members(made.node) if not _is(one, "static")]
        methods = {_name(one): self.function(one, scope) for one in members if one.type == "method_definition"}
        constructor = methods.pop("constructor", None)
        if constructor is None:
            above(values)
        this.update(methods)
        for one in members:
            if one.type in _FIELDS:
                this[_name(one)] = self.value(one.child_by_field_name("value"), scope)
        if constructor is not None:
            for at, parameter in enumerate(_parameters(constructor.node)):
                if any(child.type in {"accessibility_modifier", "readonly"} for child in parameter.children):
                    this[source(parameter.child_by_field_name("pattern"))] = values[at] if at < len(values) else None
            self.call_function(constructor, values)


def _members(node: Node) -> Iterator[Node]:
    body = node.child_by_field_name("body")
    wanted = _FIELDS | {"method_definition"}
    yield from (one for one in (body.named_children if body is not None else ()) if one.type in wanted)


def _parameters(node: Node) -> list[Node]:
    given = node.child_by_field_name("parameters")
    return [one for one in given.named_children if one.type != "comment"] if given is not None else []


def _name(member: Node) -> str:
    return source(member.child_by_field_name("name") or member.child_by_field_name("property"))


def _is(member: Node, word: str) -> bool:
    """Whether `static` or `get` is written before its name."""
    return any(child.type == word for child in member.children)

"""What a Python expression stands for, as far as the text tells."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.model.routes import Unread
from signoff.reading.routes.doubts import REGISTERING, why_unread
from signoff.reading.routes.modules import Modules, Parts
from signoff.reading.routes.moving import wrap
from signoff.reading.routes.plain import owner_of_route
from signoff.reading.routes.values import (
    UNCLEAR,
    Call,
    Class,
    External,
    Function,
    Instance,
    Made,
    ModuleOf,
    Native,
    Scope,
    Thing,
    Unclear,
    Value,
)

LONGEST_LOOP = 200


@dataclass(frozen=True, slots=True)
class _Later:
    """A name of another module, read once it is asked for: modules import each other in circles."""

    module: Parts
    name: str


class Expressions(ABC):
    """Of a project, whose modules and functions it needs."""

    files: Mapping[str, bytes]
    modules: Modules
    unread: list[Unread]
    things: list[Thing]

    def __init__(self, exports: Mapping[str, Native]) -> None:
        self._exports = exports

    @abstractmethod
    def module(self, parts: Parts) -> Scope | None: ...

    @abstractmethod
    def follow(self, function: Function, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value: ...

    @abstractmethod
    def step(self) -> None: ...

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope.names[name] = value
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                fits = isinstance(value, list) and len(value) == len(elements)
                for element, one in zip(elements, value if fits else [UNCLEAR] * len(elements), strict=True):
                    self.bind(element, one, scope)
            case ast.Attribute(value=owner, attr=name):
                there = self.expression(owner, scope)
                if isinstance(there, Instance):
                    there.attributes[name] = value
            case _:
                pass

    def bind_later(self, name: str, module: Parts, wanted: str, scope: Scope) -> None:
        scope.names[name] = _Later(module, wanted)

    def name(self, name: str, scope: Scope) -> Value:
        """What a name stands for here."""
        inner: Scope | None = scope
        while inner is not None:
            if name in inner.names:
                found = inner.names[name]
                if isinstance(found, _Later):
                    inner.names[name] = UNCLEAR  # while it is looked for: an import may lead back here
                    value = self.member(found.module, found.name)
                    inner.names[name] = found if isinstance(value, Unclear) else value
                    return value
                return found
            star = next((f"{one}.{name}" for one in inner.stars if f"{one}.{name}" in self._exports), None)
            if star:
                return External(star)
            inner = inner.parent
        return UNCLEAR

    def member(self, module: Parts, name: str) -> Value:
        """A name of a module, or a module of a package."""
        scope = self.module(module)
        if scope is not None and name in scope.names:
            return self.name(name, scope)
        if self.modules.known((*module, name)):
            return ModuleOf((*module, name))
        if scope is not None and any(f"{one}.{name}" in self._exports for one in scope.stars):
            return self.name(name, scope)
        return UNCLEAR

    def expression(self, node: ast.expr, scope: Scope) -> Value:
        self.step()
        match node:
            case ast.Constant():
                return node.value
            case ast.Name(id=name):
                return self.name(name, scope)
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(self.expression(owner, scope), name)
            case ast.Call():
                return self._call(node, scope)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self._elements(elements, scope)
            case ast.Dict(keys=keys, values=values):
                found = {}
                for key, value in zip(keys, values, strict=True):
                    known = self.expression(key, scope) if key is not None else UNCLEAR
                    if not isinstance(known, str | int):
                        return UNCLEAR
                    found[known] = self.expression(value, scope)
                return found
            case ast.JoinedStr(values=values):
                parts = [
                    self.expression(one.value if isinstance(one, ast.FormattedValue) else one, scope) for one in values
                ]
                return "".join(map(str, parts)) if all(isinstance(part, str | int) for part in parts) else UNCLEAR
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _sum(self.expression(left, scope), self.expression(right, scope))
            case ast.NamedExpr(target=target, value=inner):
                value = self.expression(inner, scope)
                self.bind(target, value, scope)
                return value
            case ast.Await(value=inner):
                return self.expression(inner, scope)
            case ast.Lambda():
                return Function(node, scope)
            case (
                ast.ListComp(elt=element, generators=[ast.comprehension(ifs=[]) as each])
                | ast.GeneratorExp(elt=element, generators=[ast.comprehension(ifs=[]) as each])
            ):
                return self._each(element, each, scope)
            case ast.IfExp(body=one, orelse=other):
                return _either(self.expression(one, scope), self.expression(other, scope))
            case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
                there = self.expression(owner, scope)
                known = (isinstance(there, dict) and key in there) or (
                    isinstance(there, list) and isinstance(key, int) and -len(there) <= key < len(there)
                )
                return there[key] if known else UNCLEAR
            case _:
                return UNCLEAR

    def _each(self, element: ast.expr, each: ast.comprehension, scope: Scope) -> Value:
        """What a comprehension over what is written out makes."""
        over = self.expression(each.iter, scope)
        if not isinstance(over, list) or len(over) > LONGEST_LOOP:
            over = None
        inner = Scope(scope.path, scope)
        made = []
        for one in over if over is not None else [UNCLEAR]:
            self.bind(each.target, one, inner)
            made.append(self.expression(element, inner))
        return made if over is not None else UNCLEAR

    def attribute(self, owner: Value, name: str) -> Value:
        match owner:
            case ModuleOf(parts=parts):
                return self.member(parts, name)
            case External(name=outer):
                return External(f"{outer}.{name}")
            case Made(name=outer):
                return External(f"{outer}().{name}")
            case Instance(of=made, attributes=attributes):
                found = attributes[name] if name in attributes else made.member(name)
                # what the environment may set (pydantic's settings) is not what stands in the class
                overridable = any(not isinstance(base, Class) for base in _roots(made))
                if isinstance(found, Function):
                    method = found
                    return lambda call: self.follow(method, [owner, *call.args], call.kwargs)
                return UNCLEAR if found is None or (overridable and isinstance(found, str)) else found
            case Class():
                if name == "as_view":
                    return lambda _call: owner
                found = owner.member(name)
                return UNCLEAR if found is None else found
            case list():
                return _of_list(owner, name)
            case dict() if name == "items":
                return lambda _call: [list(one) for one in owner.items()]
            case dict() if name == "values":
                return lambda _call: list(owner.values())
            case Thing():
                return owner.attribute(name)
            case _:
                return UNCLEAR

    def made_call(self, node: ast.expr, scope: Scope, args: list[Value], kwargs: dict[str, Value], whole: bool) -> Call:
        return Call(
            project=self,
            file=scope.path,
            line=node.lineno,
            args=args,
            kwargs=kwargs,
            whole=whole,
            certain=_certain(scope),
            node=node,
        )

    def doubt(self, node: ast.expr, scope: Scope) -> None:
        """Routes that hang on something unclear: `@unclear.get("/path")`."""
        owner = owner_of_route(node)
        if owner is None:
            return
        one = why_unread(self.expression(owner, scope), node, scope.path, self.files)
        if one is not None and (one.file, one.source) not in {(other.file, other.source) for other in self.unread}:
            self.unread.append(one)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        callee = self.expression(node.func, scope)
        whole = True
        args: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                more = self.expression(argument.value, scope)
                whole = whole and isinstance(more, list)
                args.extend(more if isinstance(more, list) else [])
            else:
                args.append(self.expression(argument, scope))
        kwargs: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.expression(keyword.value, scope)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                kwargs.update(value)
            else:
                whole = False
        call = self.made_call(node, scope, args, kwargs, whole)
        return self.called(callee, call, node)

    def called(self, callee: Value, call: Call, node: ast.Call | None = None) -> Value:
        match callee:
            case External(name=name):
                if name in self._exports:
                    return self._exports[name](call)
                if name.rpartition(".")[2] in REGISTERING:
                    call.unread("routes of {} are not read", name)
                return Made(name, call)
            case Function():
                wrap(callee, call.args)
                return self.follow(callee, call.args, call.kwargs)
            case Class():
                external = [
                    base for base in _roots(callee) if isinstance(base, External) and base.name in self._exports
                ]
                return self._exports[external[0].name](call) if external else self._instance(callee, call)
            case Unclear():
                if node is not None and isinstance(node.func, ast.Attribute) and node.func.attr in REGISTERING:
                    call.unread("what these routes are attached to can not be told")
                return UNCLEAR
            case _ if callable(callee) and not isinstance(callee, Thing):
                return callee(call)
            case _:
                return UNCLEAR

    def _instance(self, made: Class, call: Call) -> Instance:
        instance = Instance(made)
        wrap(made, (*call.args, *call.kwargs.values()))
        begins = made.member("__init__")
        if isinstance(begins, Function):
            self.follow(begins, [instance, *call.args], call.kwargs)
        return instance

    def _elements(self, elements: Sequence[ast.expr], scope: Scope) -> list[Value]:
        found: list[Value] = []
        for element in elements:
            if isinstance(element, ast.Starred):
                more = self.expression(element.value, scope)
                found.extend(more if isinstance(more, list) else [UNCLEAR])
            else:
                found.append(self.expression(element, scope))
        return found


def _certain(scope: Scope | None) -> bool:
    while scope is not None:
        if not scope.certain:
            return False
        scope = scope.parent
    return True


def _roots(made: Class) -> list[Value]:
    return [inner for base in made.bases for inner in (_roots(base) if isinstance(base, Class) else [base])]


def _either(one: Value, other: Value) -> Value:
    """`one if … else other`, where both answer the same routes."""
    return one if isinstance(one, Thing) and one.is_like(other) else UNCLEAR


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) or isinstance(right, list):
        return [*(left if isinstance(left, list) else [left]), *(right if isinstance(right, list) else [right])]
    return UNCLEAR


def _of_list(owner: list[Value], name: str) -> Value:
    """What changes a list that routes are collected in."""

    def append(call: Call) -> None:
        owner.append(call.get(0, "object"))

    def extend(call: Call) -> None:
        more = call.get(0, "iterable")
        owner.extend(more if isinstance(more, list) else [UNCLEAR])

    def insert(call: Call) -> None:
        owner.append(call.get(1, "object"))

    known: dict[str, Native] = {"append": append, "extend": extend, "insert": insert}
    return known.get(name, UNCLEAR)

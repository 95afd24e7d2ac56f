"""A Python module as its syntax says it: scopes, constants, classes and imports, without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from signoff.reading.errors import Unreadable

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Imported:
    """`from module import name as …`; without a name the module itself. Relative ones have `level` dots."""

    module: str
    name: str | None
    level: int = 0


@dataclass(slots=True)
class Scope:
    """Names bound in a module, class or function, each to what it is given; None: by a loop, an argument, …"""

    names: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    outer: Scope | None = None
    owner: ast.ClassDef | None = None

    def find(self, name: str) -> ast.expr | None:
        """What the name is, or None when that is not known from the code, for one because it is given two things."""
        given = self.given(name)
        return given[0] if len(given) == 1 else None

    def given(self, name: str) -> list[ast.expr | None]:
        """All that the name is given in the innermost scope that binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return []

    def binds(self, name: str) -> bool:
        return name in self.names or (self.outer is not None and self.outer.binds(name))

    def class_around(self) -> ast.ClassDef | None:
        scope: Scope | None = self
        while scope is not None:
            if scope.owner is not None:
                return scope.owner
            scope = scope.outer
        return None


@dataclass(slots=True)
class PythonModule:
    path: str
    tree: ast.Module
    source: str
    top: Scope = field(default_factory=Scope)
    imports: dict[str, Imported] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)

    def imports_any(self, *modules: str) -> bool:
        """Whether it imports one of them, or something from them."""
        said = [f"{one.module}.{one.name}" if one.name else one.module for one in self.imports.values()]
        return any(one == module or one.startswith(module + ".") for one in said for module in modules)

    def origin(self, node: ast.expr) -> str:
        """The dotted name of what a name or attribute stands for: `sa.dialects.postgresql.insert` by its import."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        found = self.imports.get(node.id)
        first = node.id if found is None else f"{found.module}.{found.name}" if found.name else found.module
        return ".".join([first, *reversed(parts)])


def read_module(path: str, data: bytes) -> PythonModule:
    """Raises Unreadable."""
    try:
        with warnings.catch_warnings():  # invalid escapes of somebody else's strings
            warnings.simplefilter("ignore")
            source = data.decode("utf-8-sig")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("cannot be read as Python") from None
    module = PythonModule(path, tree, source)
    module.top.names.update(bindings(tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                module.imports[name.asname or name.name] = Imported(node.module or "", name.name, node.level)
        elif isinstance(node, ast.Import):
            for name in node.names:
                shown = name.asname or name.name.partition(".")[0]
                module.imports[shown] = Imported(name.name if name.asname else shown, None)
        elif isinstance(node, ast.ClassDef):
            module.classes.setdefault(node.name, node)
    return module


def bindings(body: list[ast.stmt]) -> Mapping[str, list[ast.expr | None]]:
    """What the statements of one scope bind, in their order."""
    bound: dict[str, list[ast.expr | None]] = {}

    def bind(name: str, value: ast.expr | None) -> None:
        bound.setdefault(name, []).append(value)

    for node in _statements(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                bind(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                bind(name, value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                bind(name, value)
            case ast.Assign() | ast.For() | ast.AsyncFor() | ast.With() | ast.AsyncWith():
                for inner in _targets(node):
                    bind(inner, None)
            case _:
                pass
    return bound


def parameters(function: Function) -> Iterator[str]:
    said = function.args
    for one in (*said.posonlyargs, *said.args, *said.kwonlyargs, said.vararg, said.kwarg):
        if one is not None:
            yield one.arg


def _statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Statements of this scope with those in their branches, not those of inner functions and classes."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            waiting += reversed([child for child in ast.iter_child_nodes(node) if _may_bind(child)])


def _may_bind(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt | ast.excepthandler | ast.match_case | ast.NamedExpr) or (
        isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Name | ast.JoinedStr)
    )


def _targets(node: ast.AST) -> Iterator[str]:
    roots: list[ast.AST] = []
    if isinstance(node, ast.Assign):
        roots = list(node.targets)
    elif isinstance(node, ast.For | ast.AsyncFor):
        roots = [node.target]
    elif isinstance(node, ast.With | ast.AsyncWith):
        roots = [item.optional_vars for item in node.items if item.optional_vars is not None]
    for root in roots:
        for inner in ast.walk(root):
            if isinstance(inner, ast.Name):
                yield inner.id

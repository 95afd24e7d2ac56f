"""The names of one Python file: what gives each its meaning, also of those that stand in functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Functions = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Imported:
    """`from module import name`; without a name the module itself. Relative ones have `level` dots."""

    module: str
    name: str | None
    level: int
    line: int


Giver = ast.stmt | ast.expr | Imported


@dataclass(slots=True)
class Index:
    """`scopes`: by the dotted name of a function (the file itself: empty) what gives each of its names a meaning; none
    for a parameter. Of a class, what it calls `self.name`, by its dotted name and a `#`. `stars`: modules of which
    everything is imported.
    """

    scopes: dict[str, dict[str, list[Giver]]] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)
    annotations: dict[tuple[str, str], ast.expr] = field(default_factory=dict)
    """Of a function's parameters, by its dotted name and theirs: `self.name = parameter` is of that class."""

    def find(self, prefix: str, name: str) -> str | None:
        """The dotted name that `name` means in a function: the innermost one that has it."""
        while True:
            if name in self.scopes.get(prefix, {}):
                return f"{prefix}.{name}" if prefix else name
            if not prefix:
                return None
            prefix = prefix.rpartition(".")[0]

    def class_around(self, prefix: str) -> str | None:
        """The dotted name of the class that a function stands in."""
        while prefix and f"{prefix}#" not in self.scopes:
            prefix = prefix.rpartition(".")[0]
        return prefix or None

    def givers(self, dotted: str) -> list[Giver]:
        prefix, _, name = dotted.rpartition(".")
        return self.scopes.get(prefix, {}).get(name, [])


def index(tree: ast.Module) -> Index:
    made = Index()
    _fill(made, tree.body, "", made.scopes.setdefault("", {}))
    return made


def below(prefix: str, node: Functions | ast.ClassDef) -> str:
    """The dotted name of what a definition opens."""
    return f"{prefix}.{node.name}" if prefix else node.name


def parts(node: ast.AST, prefix: str) -> Iterator[tuple[ast.AST, str]]:
    """Each node below this one, this one first, with the function it stands in."""
    waiting = [(node, prefix)]
    while waiting:
        one, inside = waiting.pop()
        yield one, inside
        if isinstance(one, Functions | ast.ClassDef):
            within = below(inside, one)
            outer = [*one.decorator_list, *(one.bases if isinstance(one, ast.ClassDef) else [one.args])]
            outer += [one.returns] if isinstance(one, Functions) and one.returns is not None else []
            outer += one.keywords if isinstance(one, ast.ClassDef) else []
            waiting += [(child, inside) for child in outer] + [(child, within) for child in one.body]
        else:
            waiting += [(child, inside) for child in ast.iter_child_nodes(one)]


def _fill(made: Index, body: Iterable[ast.stmt], prefix: str, names: dict[str, list[Giver]]) -> None:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.setdefault(node.name, []).append(node)
                _function(made, node, below(prefix, node))
            case ast.ClassDef():
                names.setdefault(node.name, []).append(node)
                _class(made, node, below(prefix, node))
            case ast.Import():
                for alias in node.names:
                    whole = Imported(alias.name, None, 0, node.lineno)
                    names.setdefault(alias.asname or alias.name.partition(".")[0], []).append(
                        whole if alias.asname else Imported(alias.name.partition(".")[0], None, 0, node.lineno)
                    )
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    said = Imported(module or "", alias.name, level, node.lineno)
                    if alias.name == "*":
                        made.stars.append(Imported(module or "", None, level, node.lineno))
                    else:
                        names.setdefault(alias.asname or alias.name, []).append(said)
            case _:
                _bound(made, node, prefix, names)


def _bound(made: Index, node: ast.stmt, prefix: str, names: dict[str, list[Giver]]) -> None:
    """Assignments, and the statements that hold others."""
    targets: list[tuple[ast.expr, Giver]] = []
    match node:
        case ast.Assign():
            targets = [(target, node) for target in node.targets]
        case ast.AnnAssign() | ast.AugAssign():
            targets = [(node.target, node)]
        case ast.For() | ast.AsyncFor():
            targets = [(node.target, node.iter)]
        case ast.With() | ast.AsyncWith():
            targets = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
        case _:
            pass
    for target, giver in targets:
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.setdefault(inner.id, []).append(giver)
        own = made.class_around(prefix) if is_own(target) else None
        if own is not None and isinstance(target, ast.Attribute):
            given = getattr(node, "value", None)
            said = made.annotations.get((prefix, given.id)) if isinstance(given, ast.Name) else None
            made.scopes[f"{own}#"].setdefault(target.attr, []).append(said if said is not None else giver)
    for held in ("body", "orelse", "finalbody"):
        _fill(made, getattr(node, held, []), prefix, names)
    for inner_body in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        _fill(made, inner_body.body, prefix, names)


def is_own(node: ast.AST) -> bool:
    """`self.name`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}


def _function(made: Index, node: Functions, dotted: str) -> None:
    names = made.scopes.setdefault(dotted, {})
    said = node.args
    for one in (*said.posonlyargs, *said.args, *said.kwonlyargs, said.vararg, said.kwarg):
        if one is not None:
            names.setdefault(one.arg, [])
            if one.annotation is not None:
                made.annotations[dotted, one.arg] = one.annotation
    _fill(made, node.body, dotted, names)


def _class(made: Index, node: ast.ClassDef, dotted: str) -> None:
    """What a class binds is no name in its methods."""
    _fill(made, node.body, dotted, made.scopes.setdefault(f"{dotted}#", {}))

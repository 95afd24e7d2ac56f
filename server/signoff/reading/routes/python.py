"""Read what Python modules build out of a framework's things, without running them.

Module by module the statements are followed as Python would: assignments, imports, decorators, calls of functions of
the repository (application factories), loops over what is written out. Whatever only a run would tell is UNCLEAR, and
where routes hang on it, that is said with file and line.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence

from signoff.model.routes import Unread
from signoff.model.text import text
from signoff.reading.routes.expressions import LONGEST_LOOP, Expressions
from signoff.reading.routes.marks import MARKS, is_module
from signoff.reading.routes.modules import Modules, Parts
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.values import UNCLEAR, Class, External, Function, ModuleOf, Native, Scope, Thing, Value

STEPS = 400_000
"""Of statements and expressions, beyond which a repository is not read to its end."""


class TooMuch(Exception):
    """The steps are used up."""


class Project(Expressions):
    """The modules of one tree. `exports`: what stands for the functions and classes of frameworks, by full name."""

    def __init__(self, files: Mapping[str, bytes], exports: Mapping[str, Native]) -> None:
        super().__init__(exports)
        self.files: Mapping[str, bytes] = {path: raw for path, raw in files.items() if is_module(path)}
        self.modules = Modules(self.files)
        self.things: list[Thing] = []
        self.unread: list[Unread] = []
        self.scopes: dict[Parts, Scope] = {}
        self._functions: list[Function] = []
        self._followed: set[ast.AST] = set()
        self._following: list[ast.AST] = []
        self._steps = STEPS

    def read(self) -> None:
        """Follow every module that may define routes, and then the functions that nobody called."""
        try:
            for parts, path in self.modules.files.items():
                if MARKS.search(self.files[path]):
                    self.module(parts)
            for names in (_APPLICATIONS, _BUILDING):  # factories first: they call the others with what is theirs
                for function in self._functions:
                    if function.node not in self._followed and _calls(function.node, names):
                        self.follow(function, [], {})
        except (TooMuch, RecursionError):
            first = next(iter(self.files), "")
            self.unread.append(Unread(first, 1, text("there is more source text here than is read")))

    def module(self, parts: Parts) -> Scope | None:
        """The names of a module, as far as it was followed; None for a folder or what is no module."""
        path = self.modules.files.get(parts)
        if path is None:
            return None
        if parts not in self.scopes:
            scope = self.scopes[parts] = Scope(path)
            tree = _parsed(self.files[path])
            if tree is None:
                if MARKS.search(self.files[path]):
                    where = fingerprint(self.files[path])
                    self.unread.append(Unread(path, 1, text("this file can not be read as Python"), where))
                return scope
            try:
                self.statements(tree.body, scope)
            except RecursionError:
                self.unread.append(Unread(path, 1, text("this file is nested too deeply to be read")))
        return self.scopes[parts]

    def step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooMuch

    def follow(self, function: Function, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
        """Call a function of the repository; UNCLEAR where it calls itself, or calls go too deep."""
        node = function.node
        if node in self._following or len(self._following) > 12:
            return UNCLEAR
        self._followed.add(node)
        scope = Scope(function.scope.path, function.scope)
        named = [*node.args.posonlyargs, *node.args.args]
        first = len(named) - len(node.args.defaults)
        for at, parameter in enumerate(named):
            default = node.args.defaults[at - first] if at >= first else None
            scope.names[parameter.arg] = self.expression(default, function.scope) if default is not None else UNCLEAR
        for parameter, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            scope.names[parameter.arg] = UNCLEAR if value is None else self.expression(value, function.scope)
        for parameter, given in zip(named, args, strict=False):
            scope.names[parameter.arg] = given
        scope.names.update(kwargs)
        self._following.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.expression(node.body, scope)
            returned = self.statements(node.body, scope)
        finally:
            self._following.pop()
        things = [one for one in returned if isinstance(one, Thing | list)]
        return (things or returned or [None])[0] if len(returned) < 2 or things else UNCLEAR

    def statements(self, body: Iterable[ast.stmt], scope: Scope) -> list[Value]:
        """Follow them; what they return."""
        returned: list[Value] = []
        for statement in body:
            self.step()
            returned.extend(self._statement(statement, scope))
        return returned

    def _statement(self, node: ast.stmt, scope: Scope) -> list[Value]:
        match node:
            case ast.Expr(value=value):
                self.expression(value, scope)
            case ast.Return(value=value) if value is not None:
                return [self.expression(value, scope)]
            case ast.Assign(targets=targets, value=value):
                given = self.expression(value, scope)
                for target in targets:
                    self.bind(target, given, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self.bind(target, self.expression(value, scope), scope)
            case ast.AugAssign(target=target, op=ast.Add(), value=value):
                self._add(target, self.expression(value, scope), scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope)
            case ast.ClassDef():
                inner = Scope(scope.path, scope, certain=scope.certain)
                bases = tuple(self.expression(base, scope) for base in node.bases)
                scope.names[node.name] = Class(node, inner, bases)
                self.statements(node.body, inner)
                for decorator in node.decorator_list:
                    self.doubt(decorator, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.If():
                return self._branches(scope, node.body, node.orelse)
            case ast.Match():
                return self._branches(scope, *(case.body for case in node.cases))
            case ast.Try() | ast.TryStar():
                handlers = self._branches(scope, *(handler.body for handler in node.handlers))
                sure = self.statements([*node.body, *node.orelse, *node.finalbody], scope)
                return [*sure, *handlers]
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    given = self.expression(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, given, scope)
                return self.statements(node.body, scope)
            case ast.For() | ast.AsyncFor():
                return self._loop(node, scope)
            case ast.While():
                return self._branches(scope, node.body)
            case _:
                pass
        return []

    def _branches(self, scope: Scope, *bodies: Sequence[ast.stmt]) -> list[Value]:
        """All of them, each for as much as it may do."""
        before, returned = scope.certain, list[Value]()
        scope.certain = False
        for body in bodies:
            returned.extend(self.statements(body, scope))
        scope.certain = before
        return returned

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> list[Value]:
        over = self.expression(node.iter, scope)
        if isinstance(over, dict):
            over = list(over)
        if not isinstance(over, list) or len(over) > LONGEST_LOOP:
            over = [UNCLEAR]
        returned = list[Value]()
        for one in over:
            self.bind(node.target, one, scope)
            returned.extend(self.statements(node.body, scope))
        return returned

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        function = Function(node, scope)
        scope.names[node.name] = function
        self._functions.append(function)
        value: Value = function
        for decorator in reversed(node.decorator_list):
            wrapper = self.expression(decorator, scope)
            if callable(wrapper) and not isinstance(wrapper, Thing):
                value = wrapper(self.made_call(decorator, scope, [value], {}, True))
            else:
                self.doubt(decorator, scope)
        if isinstance(value, Function | Class | Thing):
            scope.names[node.name] = value

    def _add(self, target: ast.expr, more: Value, scope: Scope) -> None:
        there = self.expression(target, scope)
        if isinstance(there, list):
            there.extend(more if isinstance(more, list) else [UNCLEAR])  # the same list, whoever else holds it
        elif isinstance(there, str) and isinstance(more, str):
            self.bind(target, there + more, scope)
        else:
            self.bind(target, UNCLEAR, scope)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                found = self.modules.resolve(name, scope.path)
                scope.names[alias.asname or name] = ModuleOf(found) if found else External(name)
                if not found and alias.name != name:
                    whole = self.modules.resolve(alias.name, scope.path)
                    if whole:
                        scope.names[name] = ModuleOf(whole[: len(whole) - alias.name.count(".")])
            return
        module = node.module or ""
        found = self.modules.resolve(module, scope.path, node.level)
        itself = found is not None and self.modules.files.get(found) == scope.path
        for alias in node.names:
            if alias.name == "*":
                self._import_all(found, module, scope)
            elif itself and found is not None and self.modules.known((*found, alias.name)):
                scope.names[alias.asname or alias.name] = ModuleOf((*found, alias.name))  # of the package itself
            elif found is None:
                scope.names[alias.asname or alias.name] = External(f"{module}.{alias.name}" if module else alias.name)
            else:
                self.bind_later(alias.asname or alias.name, found, alias.name, scope)

    def _import_all(self, found: Parts | None, module: str, scope: Scope) -> None:
        if found is None:
            scope.stars.append(module)
            return
        there = self.module(found)
        if there is not None and there is not scope:
            scope.names.update({name: one for name, one in there.names.items() if not name.startswith("_")})
            scope.stars.extend(there.stars)


def _parsed(raw: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of theirs
            return ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_APPLICATIONS = {"FastAPI", "Flask", "Quart", "Starlette"}
_BUILDING = {
    *("include_router", "register_blueprint", "add_url_rule", "add_api_route", "add_route", "mount", "add_resource"),
    *("route", "get", "post", "put", "patch", "delete", "api_route", "APIRouter", "Blueprint", "Router"),
    *_APPLICATIONS,
}


def _calls(node: ast.AST, names: Collection[str]) -> bool:
    """Whether a function calls one of these: one that makes no routes need not be followed."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            name = getattr(inner.func, "attr", None) or getattr(inner.func, "id", None)
            if name in names:
                return True
    return False

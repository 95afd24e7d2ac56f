"""What Python code leads to: names by scope, imports into other files of the repository, modules' attributes."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

from signoff.model.routes import Place, Unread
from signoff.model.text import text
from signoff.reading.reached.graph import APPLICATIONS, Span, Symbol, Uses
from signoff.reading.reached.python_index import Functions, Giver, Imported, Index, index, is_own, parts
from signoff.reading.routes.marks import is_module
from signoff.reading.routes.modules import Modules, Parts
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.plain import plain

_FRAMES = frozenset(
    {"FastAPI", "APIRouter", "Flask", "Quart", "Blueprint", "Starlette", "Router", "DefaultRouter", "SimpleRouter"}
)
"""What routes hang on: every handler names it in its decorator, and is called through its dependencies alone."""
_BLIND = frozenset({"import_module", "__import__", "eval", "exec", "globals"})
"""What names code by a text."""


class PythonTree:
    """The modules of one commit; each is parsed when it is first asked for."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {path: raw for path, raw in files.items() if is_module(path)}
        self._modules = Modules(self._files)
        self._read: dict[str, tuple[ast.Module, Index] | None] = {}
        self._meant: dict[Symbol, str] = {}
        self._lines: dict[str, Mapping[int, list[tuple[ast.AST, str]]]] = {}

    def symbols(self, path: str) -> Iterator[Symbol]:
        read = self._index(path)
        for prefix, names in read[1].scopes.items() if read is not None else ():
            meant = (name for name, by in names.items() if by and not all(map(_is_frame, by)))
            yield from (Symbol(path, f"{prefix}.{name}" if prefix else name) for name in meant)

    def line(self, symbol: Symbol) -> int:
        givers = self._givers(symbol)
        first = givers[0] if givers else None
        return first.line if isinstance(first, Imported) else getattr(first, "lineno", 1)

    def span(self, symbol: Symbol) -> Span:
        givers = self._givers(symbol)
        first = givers[0] if givers else None
        if first is None or isinstance(first, Imported):
            return (self.line(symbol), 0), (self.line(symbol), 0)
        end = first.end_lineno or first.lineno, first.end_col_offset or 0
        return (first.lineno, first.col_offset), end

    def meaning(self, symbol: Symbol) -> str:
        if symbol not in self._meant:
            self._meant[symbol] = ""  # while it is looked for: imports may go in circles
            givers = [giver for giver in self._givers(symbol) if not _is_frame(giver)]
            said = [self._says(symbol.path, giver) for giver in givers]
            handed_on = len(givers) == 1 and isinstance(givers[0], Imported)
            self._meant[symbol] = said[0] if handed_on else fingerprint(*said)
        return self._meant[symbol]

    def _says(self, path: str, giver: Giver) -> str:
        if not isinstance(giver, Imported):
            return " ".join(plain(part) for part in _parts_of(giver))
        target = self._target(path, giver)
        if isinstance(target, Symbol):
            return self.meaning(target)
        return target[-1] if target else f"{giver.module} {giver.name}"

    def uses(self, symbol: Symbol) -> Uses:
        prefix = symbol.name.rpartition(".")[0].removesuffix("#")
        nodes = list[ast.AST]()
        found = set[Symbol]()
        for giver in self._givers(symbol):
            if isinstance(giver, Imported):
                target = self._target(symbol.path, giver)
                found |= {target} if isinstance(target, Symbol) else set()
            else:
                nodes += _parts_of(giver)
        return self._of(nodes, symbol.path, prefix, found)

    def begins(self, place: Place) -> Uses:
        read = self._index(place.file)
        if read is None:
            if place.file in self._files:
                return Uses(blind=(Unread(place.file, 1, text("this file can not be read as Python")),))
            return Uses()
        found, blind = set[Symbol](), list[Unread]()
        if place.file not in self._lines:
            self._lines[place.file] = _by_line(read[0])
        for node, prefix in _at(self._lines[place.file].get(place.line, ()), place.column):
            more = self._of([node], place.file, prefix, set())
            found |= more.symbols
            blind += more.blind
        return Uses(frozenset(found), tuple(blind))

    def _of(self, nodes: Iterable[ast.AST], path: str, prefix: str, found: set[Symbol]) -> Uses:
        blind: list[Unread] = []
        for node in nodes:
            inner = set[int]()
            for one, inside in parts(node, prefix):
                if isinstance(one, ast.Attribute) and id(one) not in inner:
                    chain = _chain(one)
                    inner |= {id(link) for link in chain[1:]}
                    found |= set(self._dotted(path, inside, chain))
                    found |= set(self._own(path, inside, chain[-2]))
                elif isinstance(one, ast.Name) and id(one) not in inner:
                    found |= set(self._named(path, inside, one.id))
                elif isinstance(one, ast.Call) and _is_blind(one):
                    why = text("what is called here only a run tells")
                    blind.append(Unread(path, one.lineno, why))
        return Uses(frozenset(found), tuple(blind))

    def _named(self, path: str, prefix: str, name: str) -> Iterator[Symbol]:
        read = self._index(path)
        if read is None:
            return
        dotted = read[1].find(prefix, name)
        if dotted is not None:
            yield Symbol(path, dotted)
            return
        for star in read[1].stars:
            there = self._modules.resolve(star.module, path, star.level)
            member = self._member(there, name) if there else None
            if isinstance(member, Symbol):
                yield member

    def _dotted(self, path: str, prefix: str, chain: list[ast.expr]) -> Iterator[Symbol]:
        """`module.name.attribute`, outermost first: every symbol on its way."""
        root = chain[-1]
        if not isinstance(root, ast.Name):
            return
        for symbol in self._named(path, prefix, root.id):
            yield symbol
            at: Symbol | Parts | None = symbol
            for link in reversed(chain[:-1]):
                at = self._module_of(at) if isinstance(at, Symbol) else at
                at = self._member(at, link.attr) if at and isinstance(link, ast.Attribute) else None
                if isinstance(at, Symbol):
                    yield at

    def _own(self, path: str, prefix: str, node: ast.expr) -> Iterator[Symbol]:
        """`self.name`: a member of the class, or else what it inherits from."""
        read = self._index(path)
        holder = read[1].class_around(prefix) if read is not None and is_own(node) else None
        if read is None or holder is None or not isinstance(node, ast.Attribute):
            return
        if node.attr in read[1].scopes[f"{holder}#"]:
            yield Symbol(path, f"{holder}#.{node.attr}")
            return
        for made in read[1].givers(holder):
            for base in made.bases if isinstance(made, ast.ClassDef) else ():
                yield from self._dotted(path, prefix, _chain(base))

    def _module_of(self, symbol: Symbol) -> Parts | None:
        """The module that a name stands for, if it is one."""
        for giver in self._givers(symbol):
            target = self._target(symbol.path, giver) if isinstance(giver, Imported) else None
            if isinstance(target, Symbol):
                return self._module_of(target) if target != symbol else None
            if target:
                return target
        return None

    def _target(self, path: str, said: Imported) -> Symbol | Parts | None:
        """What an import means: a name of another file, a module, or None for what is not of the repository."""
        there = self._modules.resolve(said.module, path, said.level)
        if there is None or said.name is None:
            return there
        return self._member(there, said.name)

    def _member(self, module: Parts | Symbol, name: str) -> Symbol | Parts | None:
        if isinstance(module, Symbol):
            return None
        path = self._modules.files.get(module)
        read = self._index(path) if path is not None else None
        if path is not None and read is not None and name in read[1].scopes[""]:
            return Symbol(path, name)
        return (*module, name) if self._modules.known((*module, name)) else None

    def _givers(self, symbol: Symbol) -> list[Giver]:
        read = self._index(symbol.path)
        return read[1].givers(symbol.name) if read is not None else []

    def _index(self, path: str) -> tuple[ast.Module, Index] | None:
        if path not in self._read:
            self._read[path] = _parsed(self._files[path]) if path in self._files else None
        return self._read[path]


def _parsed(raw: bytes) -> tuple[ast.Module, Index] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of theirs
            tree = ast.parse(raw)
        return tree, index(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _by_line(tree: ast.Module) -> Mapping[int, list[tuple[ast.AST, str]]]:
    """What stands at each line: a definition, also by one of its decorators, or the calls that begin there; of a
    router's inclusion what it gives to the router.
    """
    defined, called, included = (dict[int, list[tuple[ast.AST, str]]]() for _ in range(3))
    for node, prefix in parts(tree, ""):
        if isinstance(node, Functions | ast.ClassDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            for line in range(first, node.lineno + 1):
                defined.setdefault(line, [(node, prefix)])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "include_router":
            given = (node.func, *_dependencies(node))
            included.setdefault(node.lineno, [(part, prefix) for part in given])
        elif isinstance(node, ast.Call | ast.Lambda):
            called.setdefault(node.lineno, []).append((node, prefix))
    return called | included | defined


def _at(there: Sequence[tuple[ast.AST, str]], column: int) -> Sequence[tuple[ast.AST, str]]:
    """Of what stands in a line the one that begins at the column; all of it where none is known to."""
    own = [one for one in there if getattr(one[0], "col_offset", -1) + 1 == column]
    return own or there


def _chain(node: ast.expr) -> list[ast.expr]:
    """`a.b.c` as its three nodes, the whole first."""
    links = [node]
    while isinstance(node, ast.Attribute):
        node = node.value
        links.append(node)
    return links


def _is_frame(giver: Giver) -> bool:
    value = giver.value if isinstance(giver, ast.Assign | ast.AnnAssign) else None
    callee = value.func if isinstance(value, ast.Call) else None
    if callee is None:
        return False
    name = getattr(callee, "attr", None) or getattr(callee, "id", None)
    targets = giver.targets if isinstance(giver, ast.Assign) else [getattr(giver, "target", None)]
    return name in _FRAMES or any(isinstance(one, ast.Name) and one.id in APPLICATIONS for one in targets)


def _parts_of(giver: Giver) -> list[ast.AST]:
    """What counts of it: of a router or an application what each of its routes depends on."""
    if not _is_frame(giver) or isinstance(giver, Imported):
        return [] if isinstance(giver, Imported) else [giver]
    return [part for call in ast.walk(giver) if isinstance(call, ast.Call) for part in _dependencies(call)]


def _dependencies(call: ast.Call) -> list[ast.expr]:
    """https://fastapi.tiangolo.com/tutorial/bigger-applications/#dependencies"""
    return [keyword.value for keyword in call.keywords if keyword.arg == "dependencies"]


def _is_blind(call: ast.Call) -> bool:
    called = call.func
    if isinstance(called, ast.Attribute):
        return called.attr == "import_module"
    return isinstance(called, ast.Name) and called.id in _BLIND

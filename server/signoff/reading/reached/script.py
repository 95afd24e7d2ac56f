"""What JavaScript and TypeScript code leads to: names by scope, and imports of other files of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from signoff.model.routes import Place, Unread
from signoff.model.text import text
from signoff.reading.reached.graph import APPLICATIONS, WHOLE, Span, Symbol, Uses
from signoff.reading.reached.script_index import Imported, Index, class_of, index, names_of, parts, required, scope_of
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.script import (
    SUFFIXES,
    Imports,
    base_of,
    called_at,
    column_of,
    is_script,
    line,
    parsed,
    source,
    tokens,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_FRAMES = frozenset({"express", "express.Router", "Router"})
"""What routes hang on: every handler is registered with it, and is not called through it."""
_HANDED_ON = 5
"""Files that may hand on a module to each other."""
_STARTS = frozenset({"call_expression", "class_declaration", "method_definition", "decorator"})


class ScriptTree:
    """The files of one commit; each is parsed when it is first asked for."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {path: raw for path, raw in files.items() if path.endswith(SUFFIXES)}
        self._imports = Imports(files)
        self._read: dict[str, Index] = {}
        self._meant: dict[Symbol, str] = {}
        self._lines: dict[str, Mapping[int, list[tuple[Node, str]]]] = {}

    def symbols(self, path: str) -> Iterator[Symbol]:
        read = self._index(path) if is_script(path) else None
        if read is None:
            return
        yield Symbol(path, WHOLE)
        for prefix, names in read.scopes.items():
            yield from (Symbol(path, f"{prefix}.{name}" if prefix else name) for name, by in names.items() if by)

    def line(self, symbol: Symbol) -> int:
        givers = self._givers(symbol)
        first = givers[0] if givers else None
        return 1 if first is None else first.line if isinstance(first, Imported) else line(first)

    def span(self, symbol: Symbol) -> Span:
        givers = self._givers(symbol)
        if not givers or isinstance(givers[0], Imported):
            return (self.line(symbol), 0), (self.line(symbol), 0)
        start, end = givers[0].start_point, givers[0].end_point
        return (start.row + 1, start.column), (end.row + 1, end.column)

    def meaning(self, symbol: Symbol) -> str:
        if symbol not in self._meant:
            self._meant[symbol] = ""  # while it is looked for: imports may go in circles
            givers = [giver for giver in self._givers(symbol) if not _is_frame(giver)]
            said = [self._says(symbol.path, giver) for giver in givers]
            handed_on = len(givers) == 1 and isinstance(givers[0], Imported)
            self._meant[symbol] = said[0] if handed_on else fingerprint(*said)
        return self._meant[symbol]

    def _says(self, path: str, giver: Node | Imported) -> str:
        if not isinstance(giver, Imported):
            return tokens(giver)
        target = self._target(path, giver)
        if target is None:
            return f"{giver.source} {giver.name}"
        return target.path.rpartition("/")[2] if target.name == WHOLE else self.meaning(target)

    def uses(self, symbol: Symbol) -> Uses:
        found: set[Symbol] = set()
        nodes: list[Node] = []
        lost: list[Unread] = []
        for giver in self._givers(symbol):
            if not isinstance(giver, Imported):
                nodes += [] if _is_frame(giver) else [giver]
            elif (target := self._target(symbol.path, giver)) is None and self._imports.is_lost(giver.source):
                lost.append(Unread(symbol.path, giver.line, text("where this import leads can not be told")))
            elif target is not None and target.name != WHOLE:
                found.add(target)  # of a whole module, what is named of it is followed
        read = self._index(symbol.path)
        made = self._of(nodes, symbol.path, read.around(symbol.name) if read is not None else "", found)
        return Uses(made.symbols, (*made.blind, *lost))

    def begins(self, place: Place) -> Uses:
        read = self._index(place.file)
        if read is None:
            return Uses()
        if place.line == 0:
            whole = self._member(place.file, "default")
            return self._of([read.root], place.file, "", {whole} if whole is not None else set())
        found, blind = set[Symbol](), list[Unread]()
        if place.file not in self._lines:
            self._lines[place.file] = _by_line(read.root)
        for node, prefix in _at(self._lines[place.file].get(place.line, ()), place.column):
            given = node.child_by_field_name("arguments") if node.type == "call_expression" else None
            more = self._of([given or node], place.file, prefix, set())
            found |= more.symbols | {Symbol(place.file, one) for one in names_of(read, node, prefix)}
            blind += more.blind
        return Uses(frozenset(found), tuple(blind))

    def _of(self, nodes: Iterable[Node], path: str, prefix: str, found: set[Symbol]) -> Uses:
        blind: list[Unread] = []
        for node in nodes:
            for one, inside in parts(node, prefix):
                if one.type in {"identifier", "shorthand_property_identifier"} or _is_type(one):
                    found |= set(self._named(path, inside, one))
                elif one.type == "member_expression" and source(one.child_by_field_name("object")) == "this":
                    found |= set(self._own(path, inside, one))
                elif one.type == "call_expression":
                    module, callee = required(one), source(one.child_by_field_name("function"))
                    there = self._imports.find(module, path) if module is not None else None
                    if there is not None and not _names_a_part(one):
                        found.add(Symbol(there, WHOLE))
                    elif module is None and callee in {"require", "import", "eval"}:
                        blind.append(Unread(path, line(one), text("what is called here only a run tells")))
        return Uses(frozenset(found), tuple(blind))

    def _named(self, path: str, prefix: str, node: Node) -> Iterator[Symbol]:
        read, name = self._index(path), source(node)
        dotted = read.find(prefix, name) if read is not None else None
        if dotted is None:
            return
        symbol = Symbol(path, dotted)
        yield symbol
        whole = self._module_of(symbol)
        if whole is None:
            return
        above = node.parent
        member = above is not None and above.type == "member_expression" and above.child_by_field_name("object") == node
        named = source(above.child_by_field_name("property")) if member and above is not None else "default"
        yield self._member(whole, named) or Symbol(whole, WHOLE)

    def _own(self, path: str, prefix: str, node: Node) -> Iterator[Symbol]:
        """`this.name`: a member of the class, or else the class that it extends."""
        read, made = self._index(path), class_of(node)
        if read is None or made is None:
            return
        name, base = source(node.child_by_field_name("property")), base_of(made)
        if name in read.scopes.get(scope_of(made), {}):
            yield Symbol(path, f"{scope_of(made)}.{name}")
        elif base is not None and base.type == "identifier":
            yield from self._named(path, prefix, base)

    def _module_of(self, symbol: Symbol, depth: int = 0) -> str | None:
        """The file that a name stands for as a whole, also where another file hands it on."""
        for giver in self._givers(symbol):
            if isinstance(giver, Imported) and giver.name == WHOLE:
                return self._imports.find(giver.source, symbol.path)
            target = self._target(symbol.path, giver) if isinstance(giver, Imported) and depth < _HANDED_ON else None
            if target is not None and target.name != WHOLE:
                return self._module_of(target, depth + 1)
        return None

    def _target(self, path: str, said: Imported) -> Symbol | None:
        """What an import means; None for a package, a style sheet, a picture."""
        there = self._imports.find(said.source, path)
        if there is None:
            return None
        found = self._member(there, said.name) if said.name != WHOLE else None
        return found or Symbol(there, WHOLE)

    def _member(self, path: str, name: str, above: tuple[str, ...] = ()) -> Symbol | None:
        read = self._index(path)
        if read is None or path in above:
            return None
        if name in read.scopes[""]:
            return Symbol(path, name)
        for star in read.stars:
            there = self._imports.find(star.source, path)
            found = self._member(there, name, (*above, path)) if there is not None else None
            if found is not None:
                return found
        return None

    def _givers(self, symbol: Symbol) -> list[Node | Imported]:
        read = self._index(symbol.path)
        return read.givers(symbol.name) if read is not None else []

    def _index(self, path: str) -> Index | None:
        if path not in self._read and path in self._files:
            self._read[path] = index(parsed(path, self._files[path]))
        return self._read.get(path)


def _by_line(root: Node) -> Mapping[int, list[tuple[Node, str]]]:
    """The functions that begin at each line, and the calls whose method is named there."""
    found: dict[int, list[tuple[Node, str]]] = {}
    for node, prefix in parts(root, ""):
        if node.type in _STARTS or "function" in node.type:
            at = called_at(node) if node.type == "call_expression" else line(node)
            found.setdefault(at, []).append((node, prefix))
    return found


def _at(there: Sequence[tuple[Node, str]], column: int) -> Sequence[tuple[Node, str]]:
    """Of what stands in a line what begins, or whose method is named, at the column; all of it where nothing does."""
    own = [one for one in there if column and column in {one[0].start_point.column + 1, column_of(one[0])}]
    return own or there


def _is_frame(giver: Node | Imported) -> bool:
    value = None if isinstance(giver, Imported) else giver.child_by_field_name("value")
    if value is None or isinstance(giver, Imported) or value.type not in {"call_expression", "new_expression"}:
        return False
    named = source(giver.child_by_field_name("name")) in APPLICATIONS
    return named or source(value.child_by_field_name("function")) in _FRAMES


def _is_type(node: Node) -> bool:
    """The class in an annotation; `parts` gives those of what a constructor is handed alone."""
    return node.type == "type_identifier" and node.parent is not None and node.parent.type == "type_annotation"


def _names_a_part(call: Node) -> bool:
    """`const x = require("…")`: a name of its own, which is followed by what is used of it."""
    above = call.parent
    return above is not None and above.type == "variable_declarator"

"""Text that Python code puts together: what is known of it from the code, with holes for the rest."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from signoff.model.sql_use import Place
from signoff.reading.source.names import quoted
from signoff.reading.source.project import Project
from signoff.reading.source.python_module import PythonModule, Scope
from signoff.reading.source.text import PARAMETER, Piece, SqlText, hole, joined, plain

_PERCENT = re.compile(r"%(?:\((\w+)\))?[sdrif]|%%")
_SAME = {"dedent", "cleandoc", "strip", "lstrip", "rstrip", "text", "SQL", "RawSQL", "literal_column", "sql", "lower"}
"""Calls whose text is that of what they are given, or are called on, as far as SQL goes."""
_DEEP = 40


@dataclass(slots=True)
class PythonTexts:
    """Evaluates the expressions of one module; `used`: ids of the nodes that became part of a larger text."""

    project: Project
    module: PythonModule
    used: set[int] = field(default_factory=set)

    def text_of(self, node: ast.expr, scope: Scope, depth: int = 0) -> SqlText | None:
        """The text, or None when this is no text at all, as far as the code says."""
        if depth > _DEEP:
            return None
        if depth:
            self.used.add(id(node))
        match node:
            case ast.Constant(value=str(value)):
                return SqlText((self._piece(node, value),))
            case ast.JoinedStr():
                return self._f_string(node, scope, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._added(left, right, scope, depth)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                return self._percent(left, right, scope, depth)
            case ast.Call(func=ast.Attribute(value=value, attr="format")):
                return self._formatted(value, node, scope, depth)
            case ast.Call(func=ast.Attribute(value=value, attr="join"), args=[items]):
                return self._join(value, items, scope, depth)
            case ast.Call():
                return self._call(node, scope, depth)
            case ast.NamedExpr(value=value):
                return self.text_of(value, scope, depth + 1)
            case ast.Name() | ast.Attribute():
                return self._named(node, scope, depth)
            case _:
                return None

    def place(self, node: ast.AST) -> Place:
        return Place(self.module.path, getattr(node, "lineno", 1))

    def _piece(self, node: ast.expr, value: str) -> Piece:
        """Newlines are counted where those of the text are those of the file; else the clause is looked for."""
        last = node.end_lineno or node.lineno
        if value.count("\n") == last - node.lineno:
            return Piece(value, self.place(node))
        lines = self.module.source.split("\n")[node.lineno - 1 : last]
        at = next((line for line, text in enumerate(lines) if re.search(r"\bon\s+conflict\b", text, re.IGNORECASE)), 0)
        return Piece(value, Place(self.module.path, node.lineno + at), counted=False)

    def _f_string(self, node: ast.JoinedStr, scope: Scope, depth: int) -> SqlText:
        """Its parts are placed by counting: before Python 3.12 each has the place of the whole."""
        written = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
        whole = self._piece(node, "".join(str(value) for value in written))
        line, parts = whole.place.line, []
        for part, value in zip(node.values, written, strict=True):
            self.used.add(id(part))
            if isinstance(part, ast.Constant):
                parts.append(SqlText((Piece(str(value), Place(self.module.path, line), whole.counted),)))
                line += str(value).count("\n") if whole.counted else 0
            else:
                parts.append(self._filled(part, Place(self.module.path, line), scope, depth))
        return joined(parts)

    def _filled(self, part: ast.expr, place: Place, scope: Scope, depth: int) -> SqlText:
        if isinstance(part, ast.FormattedValue) and part.format_spec is None and part.conversion == -1:
            known = self.text_of(part.value, scope, depth + 1)
            if known is not None:
                return known
        return hole(place)

    def _added(self, left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> SqlText | None:
        before, after = (self.text_of(side, scope, depth + 1) for side in (left, right))
        if before is None and after is None:
            return None
        return joined([before or hole(self.place(left)), after or hole(self.place(right))])

    def _percent(self, left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> SqlText | None:
        base = self.text_of(left, scope, depth + 1)
        if base is None:
            return None
        given: dict[str | int, ast.expr] = {}
        if isinstance(right, ast.Dict):
            pairs = zip(right.keys, right.values, strict=True)
            given = {
                key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
        else:
            given = dict(enumerate(right.elts if isinstance(right, ast.Tuple) else [right]))
        parts, end = [], 0
        count = 0
        for found in _PERCENT.finditer(base.text):
            parts.append(base.part(end, found.start()))
            end = found.end()
            if found[0] == "%%":
                continue
            node = given.get(found[1] or count)
            count += 1
            parts.append(self._or_hole(node, left, scope, depth))
        return joined([*parts, base.part(end, len(base.text))])

    def _formatted(self, value: ast.expr, call: ast.Call, scope: Scope, depth: int) -> SqlText | None:
        base = self.text_of(value, scope, depth + 1)
        if base is None:
            return None
        named = {word.arg: word.value for word in call.keywords if word.arg}
        parts: list[SqlText] = []
        at = count = 0
        try:
            fields = list(string.Formatter().parse(base.text))
        except ValueError:
            return hole(self.place(call))
        for literal, name, _, _ in fields:
            start = base.text.find(literal, at)
            parts.append(base.part(start, start + len(literal)) if start >= 0 else plain(literal, self.place(value)))
            at = start + len(literal) if start >= 0 else at
            if name is not None:
                position = int(name) if name.isdigit() else count
                count += not name
                given = call.args[position] if (not name or name.isdigit()) and position < len(call.args) else None
                parts.append(self._or_hole(named.get(name, given), call, scope, depth))
        return joined(parts)

    def _or_hole(self, node: ast.expr | None, place: ast.AST, scope: Scope, depth: int) -> SqlText:
        known = None if node is None else self.text_of(node, scope, depth + 1)
        return known or hole(self.place(place))

    def _join(self, between: ast.expr, items: ast.expr, scope: Scope, depth: int) -> SqlText | None:
        glue = self.text_of(between, scope, depth + 1)
        elements = self.elements(items, scope)
        if glue is None:
            return None
        if elements is None:
            return hole(self.place(items))
        parts: list[SqlText] = []
        for element in elements:
            parts += [self._or_hole(element, element, scope, depth), glue]
        return joined(parts[:-1])

    def elements(self, node: ast.expr, scope: Scope) -> Sequence[ast.expr] | None:
        """Of a list, tuple or set that the code writes out, also under a name; None: not known."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return None if any(isinstance(one, ast.Starred) for one in node.elts) else node.elts
        if isinstance(node, ast.Name | ast.Attribute):
            found = self.definition(node, scope)
            if found is not None and not isinstance(found[1], ast.Name | ast.Attribute):
                texts, value, inside = found
                return texts.elements(value, inside)
        return None

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> SqlText | None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "Identifier" and node.args:  # psycopg.sql
            parts = [self.text_of(one, scope, depth + 1) for one in node.args]
            if any(part is None for part in parts):
                return hole(self.place(node))
            return plain(".".join(quoted(part.text) for part in parts if part), self.place(node))
        if name in {"Placeholder", "Literal"}:
            return plain(PARAMETER, self.place(node))
        if name not in _SAME:
            return None
        on = node.func.value if isinstance(node.func, ast.Attribute) else None
        given = node.args[0] if node.args and not name.endswith("strip") else on
        return None if given is None else self.text_of(given, scope, depth + 1)

    def _named(self, node: ast.Name | ast.Attribute, scope: Scope, depth: int) -> SqlText | None:
        found = self.definition(node, scope)
        if found is None:
            return None
        texts, value, inside = found
        return texts.text_of(value, inside, depth + 1)

    def definition(self, node: ast.Name | ast.Attribute, scope: Scope) -> tuple[PythonTexts, ast.expr, Scope] | None:
        """The one expression that a name stands for, with the module and the scope it is read in."""
        if isinstance(node, ast.Name):
            value = scope.find(node.id)
            if value is not None:
                return self, value, scope
            return None if scope.binds(node.id) else self._elsewhere(node.id, None)
        if not isinstance(node.value, ast.Name):
            return None
        owner = scope.class_around() if node.value.id in {"self", "cls"} else self.module.classes.get(node.value.id)
        if owner is not None:
            for attribute in class_attributes(self.module, owner, node.attr):
                return self, attribute, self.module.top
        return self._elsewhere(node.value.id, node.attr)

    def _elsewhere(self, name: str, attribute: str | None) -> tuple[PythonTexts, ast.expr, Scope] | None:
        found = self.project.imported(self.module, name)
        if found is None:
            return None
        module, called = found
        texts = PythonTexts(self.project, module, self.used)
        if called is not None and attribute is not None:
            owner = module.classes.get(called)
            for given in class_attributes(module, owner, attribute) if owner else ():
                return texts, given, module.top
            return None
        value = module.top.find(called or attribute or "")
        return None if value is None else (texts, value, module.top)


def class_attributes(module: PythonModule, owner: ast.ClassDef, name: str, depth: int = 0) -> Iterator[ast.expr]:
    """What the class, or one of its bases in this module, gives the name."""
    for node in owner.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value
            case _:
                pass
    for base in owner.bases:
        if isinstance(base, ast.Name) and base.id in module.classes and depth < _DEEP:
            yield from class_attributes(module, module.classes[base.id], name, depth + 1)

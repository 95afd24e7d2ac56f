"""What the files of an Express application build, and what they hand to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from signoff.model.routes import Unread
from signoff.model.text import text
from signoff.reading.routes.express_calls import DEEPEST, Calls
from signoff.reading.routes.express_routers import TooMuch
from signoff.reading.routes.express_values import Class, Function, Scope, Value, default
from signoff.reading.routes.script import CLASSES, Imports, is_script, parsed, source, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "generator_function_declaration",
     "method_definition"}
)  # fmt: skip
_CONDITIONS = frozenset({"if_statement", "switch_statement"})
_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_BLOCKS = frozenset(
    {"try_statement", "statement_block", "catch_clause", "finally_clause", "else_clause", "switch_body", "switch_case",
     "labeled_statement"}
)  # fmt: skip
_WRAPPERS = frozenset(
    {"await_expression", "parenthesized_expression", "as_expression", "non_null_expression", "satisfies_expression"}
)
_IMPORT = re.compile(rb"""(?:\bfrom|\brequire\(|\bimport\(?)\s*['"]([^'"\n]+)['"]""")


class Files(Calls):
    """The files of one tree, read from those that name Express, and what they import."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__()
        self._files = files
        self._imports = Imports(files)
        self._read: dict[str, Scope] = {}
        self._exported: dict[str, dict[str, Value]] = {}
        self._made: list[Function] = []

    def read(self, paths: Iterable[str]) -> None:
        """The files at `paths`, what they import, and then the functions that nobody called."""
        path = ""
        try:
            for path in paths:
                self._file(path)
            for path in self._users():
                self._file(path)
            self.construct_the_others()
            for function in self._made:
                if function.node.id not in self.called:
                    self.call_function(function, [])
        except (TooMuch, RecursionError):
            self.unread.append(Unread(path, 1, text("there is more source text here than is read")))

    def _users(self) -> Iterator[str]:
        """Files that import what was read: they may construct an application, or hand a router to it."""
        wanted = {
            path: {self._imports.find(one.decode("utf-8", "replace"), path) for one in _IMPORT.findall(raw)}
            for path, raw in self._files.items()
            if is_script(path)
        }
        more: list[str] | None = None
        while more is None or more:
            more = [path for path, found in wanted.items() if path not in self._read and found & self._read.keys()]
            yield from more

    def _file(self, path: str) -> Scope:
        if path not in self._read:
            scope = self._read[path] = Scope(path)
            self._exported[path] = {"exports": scope.exports}
            scope.names.update({"module": self._exported[path], "exports": scope.exports})
            root = parsed(path, self._files[path])
            self.statements(root.named_children, scope)
        return self._read[path]

    def module(self, wanted: str, scope: Scope) -> Value:
        if wanted == "express":
            return "<express>"
        found = self._imports.find(wanted, scope.path)
        if found is None:
            return None
        there = self._file(found)
        whole = self._exported[found]["exports"]
        return whole if whole is not None else there.exports

    def statements(self, nodes: Iterable[Node], scope: Scope) -> None:
        nodes = list(nodes)
        for node in nodes:  # functions are there before the first statement runs
            inner = node.child_by_field_name("declaration") if node.type == "export_statement" else node
            if inner is not None and inner.type in _FUNCTIONS:
                name = inner.child_by_field_name("name")
                if name is not None:
                    scope.names[source(name)] = self.function(inner, scope)
        for node in nodes:
            self._statement(node, scope)

    def _statement(self, node: Node, scope: Scope) -> None:
        kind = node.type
        if kind in {"lexical_declaration", "variable_declaration"}:
            for one in node.named_children:
                if one.type == "variable_declarator":
                    value = self.value(one.child_by_field_name("value"), scope)
                    self.bind(one.child_by_field_name("name"), value, scope)
        elif kind == "expression_statement":
            for child in node.named_children:
                self.value(child, scope)
        elif kind == "import_statement":
            self._import(node, scope)
        elif kind == "export_statement":
            self._export(node, scope)
        elif kind in _FUNCTIONS:
            return
        elif kind in CLASSES:
            scope.names[source(node.child_by_field_name("name"))] = self.class_of(node, scope)
        elif kind == "for_in_statement" and isinstance(each := self._listed(node, scope), list):
            for one in each:
                self.bind(node.child_by_field_name("left"), one, scope)
                self.statements(node.named_children[2:], scope)
        elif kind == "return_statement":
            for child in node.named_children:
                scope.names["<returned>"] = self.value(child, scope)
        elif kind in _CONDITIONS | _LOOPS | _BLOCKS:
            before = scope.certain, scope.looping
            scope.certain = scope.certain and kind not in _CONDITIONS | _LOOPS | {"catch_clause"}
            scope.looping = scope.looping or kind in _LOOPS
            self.statements(node.named_children, scope)
            scope.certain, scope.looping = before

    def _listed(self, node: Node, scope: Scope) -> Value:
        """What `for (… of list)` goes over."""
        of = source(node.child_by_field_name("operator")) == "of"
        return self.value(node.child_by_field_name("right"), scope) if of else None

    def bind(self, target: Node | None, value: Value, scope: Scope) -> None:
        if target is None:
            return
        if target.type == "identifier":
            scope.names[source(target)] = value
        elif target.type == "object_pattern":
            for part in target.named_children:
                key, name = part.child_by_field_name("key"), part.child_by_field_name("value")
                known = source(key if key is not None else part)
                scope.names[source(name if name is not None else part)] = self._member(value, known)
        elif target.type == "array_pattern":
            for at, part in enumerate(target.named_children):
                self.bind(part, value[at] if isinstance(value, list) and at < len(value) else None, scope)

    def _import(self, node: Node, scope: Scope) -> None:
        wanted = text_of(node.child_by_field_name("source"))
        clause = next((child for child in node.named_children if child.type == "import_clause"), None)
        module = self.module(wanted, scope) if wanted is not None else None
        for part in clause.named_children if clause is not None else []:
            if part.type == "identifier":
                scope.names[source(part)] = default(module)
            elif part.type == "namespace_import":
                scope.names[source(part.named_children[0])] = module
            elif part.type == "named_imports":
                for one in part.named_children:
                    name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
                    known = default(module) if source(name) == "default" else self._member(module, source(name))
                    scope.names[source(alias if alias is not None else name)] = known

    def _export(self, node: Node, scope: Scope) -> None:
        value, declared = node.child_by_field_name("value"), node.child_by_field_name("declaration")
        by_default = any(child.type == "default" for child in node.children)
        if value is not None:
            scope.exports["default"] = self.value(value, scope)
        elif declared is not None:
            before = set(scope.names)
            self._statement(declared, scope)
            name = declared.child_by_field_name("name")
            made = {source(name)} if name is not None else set(scope.names) - before
            scope.exports.update({one: scope.names.get(one) for one in made})
            if by_default and name is not None:
                scope.exports["default"] = scope.names.get(source(name))
        else:
            wanted = text_of(node.child_by_field_name("source"))
            module: Value = self.module(wanted, scope) if wanted is not None else scope.names
            clause = next((child for child in node.named_children if child.type == "export_clause"), None)
            for one in clause.named_children if clause is not None else []:
                name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
                known = default(module) if source(name) == "default" else self._member(module, source(name))
                scope.exports[source(alias if alias is not None else name)] = known
            if clause is None and isinstance(module, dict) and wanted is not None:
                scope.exports.update(module)

    def _member(self, owner: Value, name: str) -> Value:
        if owner == "<express>":
            return {"Router": "<Router>", "default": "<express>"}.get(name, f"<express.{name}>")
        owner = owner.statics if isinstance(owner, Class) else owner
        return owner.get(name) if isinstance(owner, dict) else None

    def function(self, node: Node, scope: Scope) -> Function:
        function = Function(node, scope)
        self._made.append(function)
        return function

    def value(self, node: Node | None, scope: Scope) -> Value:
        """What an expression stands for, and what it does."""
        self.depth += 1
        self.steps -= 1
        if self.steps < 0:
            raise TooMuch
        try:
            return self._told(node, scope) if node is not None and self.depth < DEEPEST else None
        finally:
            self.depth -= 1

    def _told(self, node: Node, scope: Scope) -> Value:
        kind = node.type
        if kind in {"string", "template_string"}:
            plain = text_of(node)
            return plain if plain is not None else self._template(node, scope)
        if kind in {"identifier", "shorthand_property_identifier", "this", "super"}:
            return scope.find(source(node))
        if kind in CLASSES:
            return self.class_of(node, scope)
        if kind in _FUNCTIONS:
            return self.function(node, scope)
        if kind == "call_expression":
            return self.call(node, scope)
        if kind == "new_expression":
            return self.call(node, scope, "constructor")
        if kind == "member_expression":
            owner = self.value(node.child_by_field_name("object"), scope)
            return self._member(owner, source(node.child_by_field_name("property")))
        if kind == "object":
            return self._object(node, scope)
        if kind == "subscript_expression":
            key = self.value(node.child_by_field_name("index"), scope)
            owner = self.value(node.child_by_field_name("object"), scope)
            return self._member(owner, key) if isinstance(key, str) else None
        if kind == "array":
            return [self.value(child, scope) for child in node.named_children]
        if kind == "assignment_expression":
            return self._assign(node, scope)
        if kind == "binary_expression" and source(node.child_by_field_name("operator")) == "+":
            left = self.value(node.child_by_field_name("left"), scope)
            right = self.value(node.child_by_field_name("right"), scope)
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        if kind in _WRAPPERS:
            return self.value(node.named_children[0], scope) if node.named_children else None
        return None

    def _template(self, node: Node, scope: Scope) -> str | None:
        parts = []
        for child in node.named_children:
            inner = child.named_children[0] if child.type == "template_substitution" and child.named_children else None
            parts.append(source(child) if inner is None else self.value(inner, scope))
        return "".join(parts) if all(isinstance(part, str) for part in parts) else None

    def _object(self, node: Node, scope: Scope) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for child in node.named_children:
            if child.type == "shorthand_property_identifier":
                made[source(child)] = scope.find(source(child))
            elif child.type == "pair":
                key = source(child.child_by_field_name("key")).strip("'\"")
                made[key] = self.value(child.child_by_field_name("value"), scope)
            elif child.type == "method_definition":
                made[source(child.child_by_field_name("name"))] = self.function(child, scope)
        return made

    def _assign(self, node: Node, scope: Scope) -> Value:
        value = self.value(node.child_by_field_name("right"), scope)
        left = node.child_by_field_name("left")
        if left is not None and left.type == "member_expression":
            owner = self.value(left.child_by_field_name("object"), scope)
            if isinstance(owner, dict):
                owner[source(left.child_by_field_name("property"))] = value
        else:
            self.bind(left, value, scope)
        return value

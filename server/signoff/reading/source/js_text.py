"""Text that JavaScript puts together: what is known of it from the code, with holes for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signoff.model.sql_use import Place
from signoff.reading.source.js_module import JsModule, arguments, bare, method, string, text, unescaped, walk
from signoff.reading.source.js_project import JsProject
from signoff.reading.source.text import Piece, SqlText, hole, joined, plain

if TYPE_CHECKING:
    from tree_sitter import Node

_SAME = {"dedent", "trim", "trimStart", "trimEnd", "raw", "sql", "query", "outdent", "stripIndent"}
_UNQUOTED = {"raw", "dedent", "outdent", "stripIndent", "html"}
"""Tags that put text into the text; other tags send what they are given as values."""
_DEEP = 40


@dataclass(slots=True)
class JsTexts:
    """`used`: (path, first byte, last byte) of the nodes that became part of a larger text."""

    project: JsProject
    module: JsModule
    used: set[tuple[str, int, int]] = field(default_factory=set)

    def texts(self) -> Iterator[tuple[tuple[str, int, int], SqlText]]:
        """The texts of the module with their nodes; one may be part of a later one (`used`)."""
        for node in walk(self.module.root):
            if node.type in {"string", "template_string", "binary_expression", "call_expression"}:
                key = self.key(node)
                found = None if key in self.used else self.text_of(node)
                if found is not None:
                    yield key, found

    def key(self, node: Node) -> tuple[str, int, int]:
        return self.module.path, node.start_byte, node.end_byte

    def text_of(self, node: Node | None, depth: int = 0) -> SqlText | None:
        """The text, or None when this is no text at all, as far as the code says."""
        node = bare(node)
        if node is None or depth > _DEEP:
            return None
        if depth:
            self.used.add(self.key(node))
        match node.type:
            case "string":
                return plain(string(node) or "", self.module.place(node))
            case "template_string":
                return self._template(node, depth, values=False)
            case "binary_expression" if text(node.child_by_field_name("operator")) == "+":
                return self._added(node, depth)
            case "call_expression":
                return self._call(node, depth)
            case "identifier" | "member_expression":
                found = self.project.definition(self.module, node)
                if found is None:
                    return None
                return JsTexts(self.project, found[0], self.used).text_of(found[1], depth + 1)
            case _:
                return None

    def _template(self, node: Node, depth: int, values: bool) -> SqlText:
        """`values`: what is put in is sent as a value, unless it is marked as text itself."""
        parts: list[SqlText] = []
        for child in node.named_children:
            place = self.module.place(child)
            if child.type == "template_substitution":
                inner = bare(child.named_children[0]) if child.named_children else None
                known = None
                if inner is not None and not (values and inner.type != "call_expression"):
                    known = self.text_of(inner, depth + 1)
                parts.append(known or hole(place))
            else:
                parts.append(SqlText((Piece(unescaped(child), place),)))
        return joined(parts)

    def _added(self, node: Node, depth: int) -> SqlText | None:
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        found = [self.text_of(side, depth + 1) for side in sides]
        if found == [None, None]:
            return None
        return joined(one or hole(self.module.place(node)) for one in found)

    def _call(self, node: Node, depth: int) -> SqlText | None:
        given = node.child_by_field_name("arguments")
        on, name = method(node)
        if given is not None and given.type == "template_string":
            self.used.add(self.key(given))
            return self._template(given, depth, values=name not in _UNQUOTED)
        first = next(iter(arguments(node)), None)
        array = bare(on)
        if name == "join" and array is not None:
            return self._joined(array, first, self.module.place(node), depth)
        if name not in _SAME:
            return None
        return self.text_of(on if name.startswith("trim") else first, depth + 1)

    def _joined(self, array: Node, glue: Node | None, place: Place, depth: int) -> SqlText | None:
        elements = self.elements(array)
        between = string(glue) if glue is not None else ","
        if between is None:
            return None
        if elements is None:
            return hole(place) if glue is not None else None
        parts: list[SqlText] = []
        for element in elements:
            known = self.text_of(element, depth + 1)
            parts += [known or hole(self.module.place(element)), plain(between, place)]
        return joined(parts[:-1])

    def elements(self, node: Node | None) -> list[Node] | None:
        """Of an array that the code writes out, also under a name of this file; None: not known."""
        node = bare(node)
        if node is not None and node.type == "identifier":
            found = self.project.definition(self.module, node)
            node = found[1] if found is not None and found[0] is self.module else None
        if node is None or node.type != "array":
            return None
        children = [child for child in node.named_children if child.type != "comment"]
        return None if any(child.type == "spread_element" for child in children) else children

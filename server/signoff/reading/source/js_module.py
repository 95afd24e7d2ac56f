"""A JavaScript or TypeScript file as its syntax says it: what names are given, what is imported, what is called."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from signoff.model.sql_use import Place

if TYPE_CHECKING:
    from tree_sitter import Language, Node

SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_WRAPPERS = {
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "await_expression",
}


@dataclass(frozen=True, slots=True)
class JsImport:
    """`import { name as … } from "source"`; the name is `*` for the whole module, `default` for its default."""

    source: str
    name: str


@dataclass(slots=True)
class JsModule:
    """`given`: all that a name is bound to anywhere in the file; None: an argument, a loop's variable, a pattern."""

    path: str
    root: Node
    given: dict[str, list[Node | None]] = field(default_factory=dict)
    imports: dict[str, JsImport] = field(default_factory=dict)
    passed_on: list[tuple[str, JsImport]] = field(default_factory=list)

    def find(self, name: str) -> Node | None:
        """The one thing that the name is given, or None."""
        given = self.given.get(name, [])
        return given[0] if len(given) == 1 else None

    def place(self, node: Node) -> Place:
        return Place(self.path, node.start_point[0] + 1)


@cache
def _language(kind: str) -> Language:
    from tree_sitter import Language

    if kind == "js":
        import tree_sitter_javascript

        return Language(tree_sitter_javascript.language())
    import tree_sitter_typescript as typescript

    return Language(typescript.language_tsx() if kind == "tsx" else typescript.language_typescript())


def read_js(path: str, data: bytes) -> JsModule:
    """Never raises: the grammar goes on after what it does not know."""
    from tree_sitter import Parser

    suffix = posixpath.splitext(path)[1]
    kind = "tsx" if suffix == ".tsx" else "ts" if suffix in {".ts", ".mts", ".cts"} else "js"
    module = JsModule(path, Parser(_language(kind)).parse(data).root_node)
    for node in walk(module.root):
        _bind(module, node)
    return module


def walk(root: Node) -> Iterator[Node]:
    """Every named node, outer ones first."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.named_children)


def text(node: Node | None) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def bare(node: Node | None) -> Node | None:
    """Without parentheses, `as const`, `!` and `await`."""
    while node is not None and node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def string(node: Node | None) -> str | None:
    """The value of a literal without substitutions."""
    node = bare(node)
    if node is None or node.type not in {"string", "template_string"}:
        return None
    if any(child.type == "template_substitution" for child in node.named_children):
        return None
    return "".join(unescaped(child) for child in node.named_children)


def unescaped(node: Node) -> str:
    written = text(node)
    if node.type != "escape_sequence":
        return written
    simple = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
    return simple.get(written[1:], written[1:])


def pairs(node: Node | None) -> Mapping[str, Node]:
    """The properties of an object literal by their names; shorthand ones are their own name."""
    node = bare(node)
    found: dict[str, Node] = {}
    for child in node.named_children if node is not None and node.type == "object" else ():
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                found[string(key) or text(key)] = value
        elif child.type == "shorthand_property_identifier":
            found[text(child)] = child
    return found


def has_spread(node: Node | None) -> bool:
    node = bare(node)
    return node is not None and any(child.type == "spread_element" for child in node.named_children)


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [child for child in given.named_children if child.type != "comment"]


def method(call: Node) -> tuple[Node | None, str]:
    """What a call is made on, and the name that is called."""
    function = bare(call.child_by_field_name("function"))
    if function is None:
        return None, ""
    if function.type == "member_expression":
        return function.child_by_field_name("object"), text(function.child_by_field_name("property"))
    return None, text(function) if function.type == "identifier" else ""


def chain(call: Node) -> Iterator[tuple[str, Node]]:
    """The calls that a call is chained to, from it inwards: of `a().b().c()` c, b, a."""
    node: Node | None = call
    while node is not None and node.type == "call_expression":
        on, name = method(node)
        yield name, node
        node = bare(on)
        while node is not None and node.type == "member_expression":
            node = bare(node.child_by_field_name("object"))


def _bind(module: JsModule, node: Node) -> None:
    match node.type:
        case "variable_declarator":
            name, value = node.child_by_field_name("name"), bare(node.child_by_field_name("value"))
            if name is not None and name.type == "identifier":
                required = _required(value)
                if required is not None:
                    module.imports[text(name)] = JsImport(required, "*")
                else:
                    module.given.setdefault(text(name), []).append(value)
            elif name is not None:
                _bind_pattern(module, name, _required(value))
        case "assignment_expression" | "augmented_assignment_expression":
            left = node.child_by_field_name("left")
            if left is not None and left.type == "identifier":
                plain = node.type == "assignment_expression"
                right = bare(node.child_by_field_name("right")) if plain else None
                module.given.setdefault(text(left), []).append(right)
        case "class_declaration" | "function_declaration":
            module.given.setdefault(text(node.child_by_field_name("name")), []).append(node)
        case "formal_parameters" | "for_in_statement":
            for child in (
                node.named_children if node.type == "formal_parameters" else [node.child_by_field_name("left")]
            ):
                for inner in walk(child) if child is not None else ():
                    if inner.type in {"identifier", "shorthand_property_identifier_pattern"}:
                        module.given.setdefault(text(inner), []).append(None)
        case "arrow_function":
            parameter = node.child_by_field_name("parameter")
            if parameter is not None:
                module.given.setdefault(text(parameter), []).append(None)
        case "import_statement":
            _bind_import(module, node)
        case "export_statement":
            _bind_export(module, node)
        case _:
            pass


def _bind_pattern(module: JsModule, pattern: Node, required: str | None) -> None:
    for inner in walk(pattern):
        if inner.type == "shorthand_property_identifier_pattern":
            if required is not None:
                module.imports[text(inner)] = JsImport(required, text(inner))
            else:
                module.given.setdefault(text(inner), []).append(None)


def _required(value: Node | None) -> str | None:
    if value is None or value.type != "call_expression":
        return None
    given = arguments(value)
    return string(given[0]) if method(value) == (None, "require") and given else None


def _bind_import(module: JsModule, node: Node) -> None:
    source = string(node.child_by_field_name("source"))
    for inner in walk(node) if source is not None else ():
        if inner.type == "import_specifier":
            name, alias = inner.child_by_field_name("name"), inner.child_by_field_name("alias")
            module.imports[text(alias or name)] = JsImport(source or "", text(name))
        elif inner.type == "namespace_import":
            module.imports[text(inner.named_children[-1])] = JsImport(source or "", "*")
        elif inner.type == "import_clause":
            for child in inner.named_children:
                if child.type == "identifier":
                    module.imports[text(child)] = JsImport(source or "", "default")
    if source is not None and not node.named_children[:-1]:
        module.imports[f"\0{source}"] = JsImport(source, "*")


def _bind_export(module: JsModule, node: Node) -> None:
    source = string(node.child_by_field_name("source"))
    specifiers = [inner for inner in walk(node) if inner.type == "export_specifier"]
    for inner in specifiers:
        name, alias = text(inner.child_by_field_name("name")), inner.child_by_field_name("alias")
        if source is not None:
            module.passed_on.append((text(alias) if alias is not None else name, JsImport(source, name)))
    if source is not None and not specifiers:
        module.passed_on.append(("*", JsImport(source, "*")))
    value = bare(node.child_by_field_name("value"))
    if value is not None:
        module.given.setdefault("default", []).append(value)

"""What stands in the files of a Next.js application: exported methods, and settings that move routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.model.quoted import Quoted
from signoff.model.routes import Unread
from signoff.model.text import text
from signoff.reading.routes.script import line, source, text_of, tokens

if TYPE_CHECKING:
    from tree_sitter import Node

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_MOVING = ("rewrites", "i18n", "pageExtensions")
"""Settings that make other routes than the files' names say. https://nextjs.org/docs/app/api-reference/config/next-config-js"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_path` None: it can not be told, so no route can."""

    base_path: str | None = ""
    trailing_slash: bool = False
    unread: tuple[Unread, ...] = ()


def settings(path: str, root: Node) -> Settings:
    """Of a next.config: what is written out in it."""
    base_path: str | None = ""
    slash, unread = False, list[Unread]()
    for node in _nodes(root):
        if node.type not in {"pair", "shorthand_property_identifier", "method_definition"}:
            continue
        name = source(node.child_by_field_name("key") or node.child_by_field_name("name") or node).strip("'\"")
        value = node.child_by_field_name("value")
        if name == "basePath":
            base_path = text_of(value) if value is not None else None
            base_path = (
                _constant(root, source(value if value is not None else node)) if base_path is None else base_path
            )
            if base_path is None:
                why = text("basePath is computed, so where these routes are can not be told")
                unread.append(Unread(path, line(node), why, tokens(node)))
        elif name == "trailingSlash":
            slash = source(value) == "true"
        elif name in _MOVING:
            why = text("{} makes other routes than files do, and is not read", Quoted(name))
            unread.append(Unread(path, line(node), why, tokens(node)))
    return Settings(base_path, slash, tuple(unread))


def _constant(root: Node, name: str) -> str | None:
    """The text that a name of the file stands for."""
    given = (one for one in _nodes(root) if one.type == "variable_declarator")
    said = [
        text_of(one.child_by_field_name("value")) for one in given if source(one.child_by_field_name("name")) == name
    ]
    return said[0] if len(said) == 1 else None


def exported_methods(root: Node) -> tuple[str, ...] | None:
    """The HTTP methods that a `route` file exports; None where it hands on everything of another file."""
    names: list[str] = []
    for node in root.named_children:
        if node.type == "expression_statement":
            said = _assigned(node.named_children[0]) if node.named_children else []
            if said is None:
                return None
            names.extend(said)
        if node.type != "export_statement":
            continue
        declared = node.child_by_field_name("declaration")
        clause = next((child for child in node.named_children if child.type == "export_clause"), None)
        if clause is not None:
            for one in clause.named_children:
                names.append(source(one.child_by_field_name("alias") or one.child_by_field_name("name")))
        elif declared is not None:
            names.extend(_declared(declared))
        elif any(child.type == "*" for child in node.children):
            return None
    return tuple(method for method in METHODS if method in names and method not in {"HEAD", "OPTIONS"}) or tuple(
        method for method in METHODS if method in names
    )


def _assigned(node: Node) -> list[str] | None:
    """What `exports.GET = …` and `module.exports = { GET }` export; None where the text does not tell."""
    if node.type != "assignment_expression":
        return []
    left, right = source(node.child_by_field_name("left")), node.child_by_field_name("right")
    if left.startswith(("exports.", "module.exports.")):
        return [left.rpartition(".")[2]]
    if left != "module.exports":
        return []
    if right is None or right.type != "object" or any(one.type == "spread_element" for one in right.named_children):
        return None
    parts = right.named_children
    return [source(one.child_by_field_name("key") or one.child_by_field_name("name") or one) for one in parts]


def _declared(node: Node) -> Iterator[str]:
    name = node.child_by_field_name("name")
    if name is not None:
        yield source(name)
    for one in node.named_children:
        target = one.child_by_field_name("name") if one.type == "variable_declarator" else None
        if target is None:
            continue
        if target.type == "object_pattern":  # export const { GET, POST } = handlers
            for part in target.named_children:
                yield source(part.child_by_field_name("value") or part)
        else:
            yield source(target)


def _nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.named_children))

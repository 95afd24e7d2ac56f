"""Imports and exports of ES modules. What TypeScript drops, since it is a type alone, is not followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.script_modules import Alias, text_of
from signoff.reading.env_reads.values import Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine

_STATIC_ENV = re.compile(r"\$env/static/(?:private|public)")


def imports(m: Machine, program: Node, frame: Frame) -> None:
    for node in program.named_children:
        if node.type == "import_statement":
            _import(m, node, frame)
        elif node.type == "export_statement" and node.child_by_field_name("source") is not None:
            _export_from(m, node, frame)


def _is_type(node: Node) -> bool:
    return any(child.type in {"type", "typeof"} for child in node.children)


def source_of(node: Node) -> str:
    return text_of(node.child_by_field_name("source")).strip("\"'`")


def _import(m: Machine, node: Node, frame: Frame) -> None:
    if _is_type(node):
        return
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    names = list(_names(clause)) if clause is not None else []
    if clause is not None and (not names or _types_alone(frame.module.path, node, [local for _name, local in names])):
        return
    written = source_of(node) or text_of(_required(node)).strip("\"'")
    place = m.place(frame, node)
    if _STATIC_ENV.fullmatch(written):
        for name, local in names:
            why = f"{written} has to export it when the build runs"
            frame.scope.names[local] = m.world.demand(name, place, why)
        return
    module = m.import_module(frame.module.path, written, place)
    if written == "dotenv/config":
        from signoff.reading.env_reads.script_calls import load_dotenv

        load_dotenv(m)
    for name, local in names:
        frame.scope.names[local] = Alias(module, name)
    for child in node.named_children:
        if child.type == "import_require_clause":
            frame.scope.names[text_of(child.named_children[0])] = module


def _required(node: Node) -> Node | None:
    for child in node.named_children:
        if child.type == "import_require_clause":
            return child.child_by_field_name("source")
    return None


def _names(clause: Node) -> list[tuple[str, str]]:
    """Exported and local name of each value; types left out."""
    found: list[tuple[str, str]] = []
    for child in clause.named_children:
        if child.type == "identifier":
            found.append(("default", text_of(child)))
        elif child.type == "namespace_import":
            found.append(("*", text_of(child.named_children[0])))
        elif child.type == "named_imports":
            for one in child.named_children:
                if one.type == "import_specifier" and not _is_type(one):
                    name = text_of(one.child_by_field_name("name")).strip("\"'")
                    alias = one.child_by_field_name("alias")
                    found.append((name, text_of(alias) if alias is not None else name))
    return found


def _types_alone(path: str, node: Node, names: list[str]) -> bool:
    """TypeScript drops an import whose names are nowhere used as values; types are named with a capital.

    https://www.typescriptlang.org/docs/handbook/modules/reference.html#type-only-imports-and-exports
    """
    if not path.endswith(("ts", "tsx")) or not all(name[:1].isupper() for name in names):
        return False
    program = node.parent
    whole = (program.text or b"") if program is not None else b""
    rest = whole[: node.start_byte] + whole[node.end_byte :]
    return not any(_used_as_value(rest, name) for name in names)


def _used_as_value(text: bytes, name: str) -> bool:
    """Called, made, extended, put into markup, taken members of, handed on."""
    word = re.escape(name.encode())
    return bool(
        re.search(
            rb"(?:\bnew\s+|\bextends\s+|<|\binstanceof\s+|\.\.\.|[=(,\[?]\s*|&&\s*|\|\|\s*|\breturn\s+|=>\s*|@|\{\s*)"
            + word + rb"\b|\b" + word + rb"\s*[.(`]", text,
        )
    )  # fmt: skip


def _export_from(m: Machine, node: Node, frame: Frame) -> None:
    if _is_type(node):
        return
    module = m.import_module(frame.module.path, source_of(node), m.place(frame, node))
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    space = next((child for child in node.named_children if child.type == "namespace_export"), None)
    if clause is not None:
        for one in clause.named_children:
            if not _is_type(one):
                name = text_of(one.child_by_field_name("name"))
                shown = text_of(one.child_by_field_name("alias")) or name
                _show(frame, shown, Alias(module, name))
    elif space is not None:
        _show(frame, text_of(space.named_children[0]), Alias(module, "*"))
    else:
        frame.module.stars.append(module)


def _show(frame: Frame, name: str, value: Value) -> None:
    local = f"export {name}"
    frame.module.scope.names[local] = value
    frame.module.exports[name] = (frame.module.scope, local)


def export(m: Machine, node: Node, frame: Frame) -> None:
    """`export const …`, `export default …`, `export { a as b }`; those with a source were followed before."""
    from signoff.reading.env_reads import script_statements

    if node.child_by_field_name("source") is not None or _is_type(node):
        return
    default = any(child.type == "default" for child in node.children)
    declared, value = node.child_by_field_name("declaration"), node.child_by_field_name("value")
    exports = frame.module.exports
    for child in node.named_children:
        if child.type == "decorator":
            m.evaluate(child.named_children[0], frame)
    if declared is not None:
        names = [text_of(one) for one in _declared(declared)]
        if default and names:
            exports["default"] = (frame.scope, names[0])
        exports |= {} if default else {name: (frame.scope, name) for name in names}
        script_statements.statement(m, declared, frame)
    elif value is not None:
        exports["default"] = (frame.scope, "export default")
        frame.scope.names["export default"] = m.evaluate(value, frame)
    else:
        for child in node.named_children:
            for one in child.named_children if child.type == "export_clause" else []:
                name = text_of(one.child_by_field_name("name"))
                exports[text_of(one.child_by_field_name("alias")) or name] = (frame.scope, name)


def _declared(node: Node) -> list[Node]:
    """The names that a declaration makes."""
    name = node.child_by_field_name("name")
    if name is not None:
        return [name]
    found: list[Node] = []
    for one in node.named_children:
        pattern = one.child_by_field_name("name")
        if pattern is None:
            continue
        found += [pattern] if pattern.type == "identifier" else list(_pattern_names(pattern))
    return found


def _pattern_names(pattern: Node) -> list[Node]:
    found: list[Node] = []
    for one in pattern.named_children:
        if one.type in {"identifier", "shorthand_property_identifier_pattern"}:
            found.append(one)
        elif one.type == "pair_pattern":
            value = one.child_by_field_name("value")
            found += [value] if value is not None and value.type == "identifier" else []
        elif one.type in {"object_assignment_pattern", "assignment_pattern"}:
            left = one.child_by_field_name("left")
            found += [left] if left is not None else []
        elif one.type in {"object_pattern", "array_pattern"}:
            found += _pattern_names(one)
    return found

"""The names of one JavaScript or TypeScript file, its functions included: what gives each its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signoff.reading.reached.graph import WHOLE
from signoff.reading.routes.script import CLASSES, source, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMED = frozenset(
    {"function_declaration", "generator_function_declaration", "class_declaration", "abstract_class_declaration",
     "enum_declaration"}
)  # fmt: skip
_FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "generator_function_declaration",
     "generator_function", "method_definition"}
)  # fmt: skip
_FIELDS = frozenset({"public_field_definition", "field_definition"})
_NAMING = _FIELDS | {"variable_declarator", "pair"}
_TYPES = frozenset({"interface_declaration", "type_alias_declaration", "type_annotation", "comment"})
"""What is gone when the code runs."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`import { name } from "source"`; `*` is the whole module, `default` its default."""

    source: str
    name: str
    line: int


@dataclass(slots=True)
class Index:
    """`scopes`: by the dotted starts of the functions around (the file itself: empty) what gives each name a meaning;
    none for a parameter. Of a class, what it calls `this.name`, by the start of the class and a `#`. `classes`: the
    functions around each of those. `stars`: files of which everything is handed on.
    """

    root: Node
    scopes: dict[str, dict[str, list[Node | Imported]]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)

    def around(self, dotted: str) -> str:
        """The functions around what a dotted name means."""
        prefix = dotted.rpartition(".")[0]
        return self.classes.get(prefix, prefix)

    def find(self, prefix: str, name: str) -> str | None:
        """The dotted name that `name` means in a function: the innermost one that has it."""
        while True:
            if name in self.scopes.get(prefix, {}):
                return f"{prefix}.{name}" if prefix else name
            if not prefix:
                return None
            prefix = prefix.rpartition(".")[0]

    def givers(self, dotted: str) -> list[Node | Imported]:
        if dotted == WHOLE:
            return [self.root]
        prefix, _, name = dotted.rpartition(".")
        return self.scopes.get(prefix, {}).get(name, [])


def index(root: Node) -> Index:
    made = Index(root, {"": {}})
    for node, prefix in parts(root, ""):
        _bind(made, node, prefix, made.scopes.setdefault(prefix, {}))
    return made


def names_of(made: Index, node: Node, prefix: str) -> Iterator[str]:
    """The dotted names that a function has: its own, the variable's, the member's, the one that it is exported by."""
    above, holder = node.parent, class_of(node)
    if node.type not in _FUNCTIONS or above is None:
        return
    named = (
        above.child_by_field_name("name") or above.child_by_field_name("key") or above.child_by_field_name("property")
    )
    left = source(above.child_by_field_name("left"))
    said = source(node.child_by_field_name("name") or (named if above.type in _NAMING else None))
    if above.type == "export_statement" or left == "module.exports":
        yield from ["default"] if "default" in made.scopes[""] else []
    if holder is not None and above.type in {"class_body", *_FIELDS}:
        yield f"{scope_of(holder)}.{said}"
    elif (dotted := made.find(prefix, said or left.rpartition(".")[2])) is not None:
        yield dotted


def parts(node: Node, prefix: str) -> Iterator[tuple[Node, str]]:
    """Each named node below this one, this one first, with the functions it stands in."""
    waiting = [(node, prefix)]
    while waiting:
        one, inside = waiting.pop()
        if one.type in _TYPES and not _is_injected(one):
            continue
        yield one, inside
        if one.type in _FUNCTIONS:
            within = f"{inside}.{one.start_byte}" if inside else str(one.start_byte)
            name = one.child_by_field_name("name")
            waiting += [(child, within) for child in reversed(one.named_children) if child != name]
        else:
            waiting += [(child, inside) for child in reversed(one.named_children)]


def class_of(node: Node) -> Node | None:
    """The class that a node stands in."""
    above = node.parent
    while above is not None and above.type not in CLASSES:
        above = above.parent
    return above


def scope_of(made: Node) -> str:
    """The name of what a class calls `this`."""
    return f"{made.start_byte}#"


def _is_injected(annotation: Node) -> bool:
    """The type in `constructor(private readonly service: Service)`, which says whose methods are called."""
    above = annotation.parent
    if above is None or above.type != "required_parameter" or annotation.type != "type_annotation":
        return False
    return any(one.type in {"accessibility_modifier", "readonly"} for one in above.children)


def required(value: Node | None) -> str | None:
    """The module of `require("…")`."""
    if value is None or value.type != "call_expression":
        return None
    callee, given = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if callee is None or given is None or source(callee) not in {"require", "import"}:
        return None
    return text_of(given.named_children[0]) if given.named_children else None


def _bind(made: Index, node: Node, prefix: str, names: dict[str, list[Node | Imported]]) -> None:
    kind = node.type
    if kind in CLASSES:
        _members(made, node, prefix)
    if kind in _NAMED:
        names.setdefault(source(node.child_by_field_name("name")), []).append(node)
    elif kind == "variable_declarator":
        _declared(node, names)
    elif kind == "formal_parameters":
        for name in _identifiers(node):
            names.setdefault(name, [])
    elif kind == "arrow_function" and (parameter := node.child_by_field_name("parameter")) is not None:
        inside = f"{prefix}.{node.start_byte}" if prefix else str(node.start_byte)
        made.scopes.setdefault(inside, {}).setdefault(source(parameter), [])
    elif kind == "assignment_expression":
        _assigned(made, node, names)
    elif kind == "import_statement":
        _imported(node, names)
    elif kind == "export_statement":
        _exported(made, node, names)


def _members(made: Index, node: Node, prefix: str) -> None:
    made.classes[scope_of(node)] = prefix
    names = made.scopes.setdefault(scope_of(node), {})
    body = node.child_by_field_name("body")
    for member in body.named_children if body is not None else ():
        name = source(member.child_by_field_name("name") or member.child_by_field_name("property"))
        if name and name != "constructor":
            names.setdefault(name, []).append(member)
        given = member.child_by_field_name("parameters") if name == "constructor" else None
        for parameter in given.named_children if given is not None else ():
            if any(_is_injected(child) for child in parameter.named_children):
                names.setdefault(source(parameter.child_by_field_name("pattern")), []).append(parameter)


def _declared(node: Node, names: dict[str, list[Node | Imported]]) -> None:
    target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    module, at = required(value), node.start_point.row + 1
    if target is None:
        return
    if target.type == "identifier":
        given: Node | Imported = node if module is None else Imported(module, WHOLE, at)
        names.setdefault(source(target), []).append(given)
        return
    for part in target.named_children:
        key, local = part.child_by_field_name("key"), part.child_by_field_name("value")
        if module is not None:
            said = Imported(module, source(key if key is not None else part), at)
            names.setdefault(source(local if local is not None else part), []).append(said)
        else:
            for name in _identifiers(part):
                names.setdefault(name, []).append(node)


def _assigned(made: Index, node: Node, names: dict[str, list[Node | Imported]]) -> None:
    """`name = …`, `this.name = …`, and CommonJS: `module.exports = …`, `exports.name = …`."""
    exported = made.scopes[""]
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    written = source(left)
    holder = class_of(node) if written.startswith("this.") else None
    if holder is not None and written.count(".") == 1:
        made.scopes.setdefault(scope_of(holder), {}).setdefault(written[5:], []).append(node)
    elif left.type == "identifier":
        names.setdefault(written, []).append(node)
    elif written == "module.exports":
        exported.setdefault("default", []).append(right)
        for member in right.named_children if right.type == "object" else ():
            value = member if member.type == "method_definition" else member.child_by_field_name("value")
            name = source(member.child_by_field_name("name") or member.child_by_field_name("key")).strip("'\"")
            if value is not None and name:
                exported.setdefault(name, []).append(value)
    elif written.startswith(("exports.", "module.exports.")):
        exported.setdefault(written.rpartition(".")[2], []).append(right)


def _imported(node: Node, names: dict[str, list[Node | Imported]]) -> None:
    module, at = text_of(node.child_by_field_name("source")), node.start_point.row + 1
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    for part in clause.named_children if clause is not None and module is not None else []:
        if part.type == "identifier":
            names.setdefault(source(part), []).append(Imported(module or "", "default", at))
        elif part.type == "namespace_import":
            names.setdefault(source(part.named_children[0]), []).append(Imported(module or "", WHOLE, at))
        else:
            for one in part.named_children:
                name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
                said = Imported(module or "", source(name), at)
                names.setdefault(source(alias if alias is not None else name), []).append(said)


def _exported(made: Index, node: Node, names: dict[str, list[Node | Imported]]) -> None:
    module, at = text_of(node.child_by_field_name("source")), node.start_point.row + 1
    value, declared = node.child_by_field_name("value"), node.child_by_field_name("declaration")
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    given = value if value is not None else declared
    if given is not None and any(child.type == "default" for child in node.children):
        names.setdefault("default", []).append(given)
    for one in clause.named_children if clause is not None else []:
        name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
        shown = source(alias if alias is not None else name)
        if module is not None:
            names.setdefault(shown, []).append(Imported(module, source(name), at))
        elif alias is not None and name is not None:
            names.setdefault(shown, []).append(name)
    named = next((child for child in node.named_children if child.type == "namespace_export"), None)
    if module is not None and named is not None:  # export * as name from "module"
        names.setdefault(source(named.named_children[0]), []).append(Imported(module, WHOLE, at))
    elif module is not None and clause is None:
        made.stars.append(Imported(module, WHOLE, at))


def _identifiers(node: Node) -> Iterator[str]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type in {"identifier", "shorthand_property_identifier_pattern"}:
            yield source(one)
        if one.type != "assignment_pattern":
            waiting += [child for child in one.named_children if child.type not in _TYPES]
        else:
            waiting += one.named_children[:1]

"""JavaScript and TypeScript files of a tree: parsed once by content with tree-sitter, loaded on first use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from signoff.reading.env_reads.values import UNKNOWN, Scope, Value

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_LARGEST = 2_000_000
"""Bytes. Larger ones are bundles that a tool has written."""
_KEPT = 4000
_PARSED: dict[tuple[str, bytes], Node | None] = {}


@lru_cache(maxsize=3)
def _parser(grammar: str) -> Parser:
    import tree_sitter

    if grammar == "js":
        import tree_sitter_javascript

        return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    made = tree_sitter_typescript.language_tsx() if grammar == "tsx" else tree_sitter_typescript.language_typescript()
    return tree_sitter.Parser(tree_sitter.Language(made))


def parsed(path: str, data: bytes) -> Node | None:
    """The program's node; None for what is too large. Faulty text gives what can be read of it. Kept by content."""
    suffix = path.rpartition(".")[2]
    grammar = {"ts": "ts", "mts": "ts", "cts": "ts", "tsx": "tsx"}.get(suffix, "js")
    if len(data) > _LARGEST:
        return None
    key = (grammar, data)
    if key not in _PARSED:
        if len(_PARSED) >= _KEPT:
            _PARSED.clear()
        _PARSED[key] = _parser(grammar).parse(data).root_node
    return _PARSED[key]


def text_of(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


@dataclass(slots=True, eq=False)
class ScriptModule(Value):
    """`exports`: names to where they are held; `common`: what module.exports was set to."""

    path: str
    scope: Scope = field(default_factory=lambda: Scope({}))
    exports: dict[str, tuple[Scope, str]] = field(default_factory=dict)
    stars: list[Value] = field(default_factory=list)
    common: Value | None = None
    begun: bool = False

    def export(self, name: str, seen: frozenset[int] = frozenset()) -> Value:
        """What an importer gets by the name; NOTHING is never said of what is only not found."""
        if name in self.exports:
            scope, local = self.exports[name]
            held = scope.names.get(local)
            while isinstance(held, Alias):
                held = held.value()
            return UNKNOWN if held is None else held
        for star in self.stars:
            if isinstance(star, ScriptModule) and id(star) not in seen:
                held = star.export(name, seen | {id(self)})
                if held is not UNKNOWN:
                    return held
        if self.common is not None:
            return self.common if name == "default" else _part(self.common, name)
        return self if name == "default" and self.exports and "default" not in self.exports else UNKNOWN


def _part(value: Value, name: str) -> Value:
    from signoff.reading.env_reads.script_machine import external
    from signoff.reading.env_reads.values import Class, External, Instance, Keyed

    match value:
        case Keyed(items=items):
            return items.get(name, UNKNOWN)
        case Class() | Instance():
            return value.attributes.get(name, UNKNOWN)
        case External(name=dotted):
            return external(f"{dotted}.{name}")
        case _:
            return UNKNOWN


@dataclass(slots=True, eq=False)
class Alias(Value):
    """An imported name: what it holds is looked up when it is used, as ES modules do (cycles included)."""

    module: Value
    name: str

    def value(self) -> Value:
        if isinstance(self.module, ScriptModule):
            return self.module if self.name == "*" else self.module.export(self.name)
        return _part(self.module, self.name) if self.name not in {"*", "default"} else self.module

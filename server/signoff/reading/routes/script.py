"""JavaScript and TypeScript as syntax trees, and which file an import means."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from signoff.reading.routes.paths import fingerprint
from signoff.reading.source.script_resolution import Resolution, read_json

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_TESTS = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|specs?|e2e|cypress|fixtures|node_modules)/|\.(test|spec|stories|d)\.[cm]?[jt]sx?$"
)


def is_script(path: str) -> bool:
    """Whether it is code that is no test."""
    return path.endswith(SUFFIXES) and _TESTS.search(path) is None


_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_ELSEWHERE = re.compile(
    r"[./]|[\w-]+:|.*\.(?:css|s[ac]ss|less|svg|png|jpe?g|gif|webp|avif|ico|json|txt|md|graphql|sql)$"
)
"""Files beside the code, pictures and style sheets, what an engine has of its own (`node:fs`)."""
_OF_NODE = frozenset(
    {"assert", "async_hooks", "buffer", "child_process", "cluster", "console", "crypto", "dgram", "dns", "events", "fs",
     "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode",
     "querystring", "readline", "stream", "string_decoder", "timers", "tls", "tty", "url", "util", "v8", "vm",
     "worker_threads", "zlib", "react", "react-dom", "server-only", "client-only"}
)  # fmt: skip
"""Its own modules, and those that Next.js brings along. https://nodejs.org/api/modules.html#built-in-modules"""


@cache
def _parser(kind: str) -> Parser:
    import tree_sitter

    if kind == "js":
        import tree_sitter_javascript

        return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    language = tree_sitter_typescript.language_tsx() if kind == "tsx" else tree_sitter_typescript.language_typescript()
    return tree_sitter.Parser(tree_sitter.Language(language))


def parsed(path: str, raw: bytes) -> Node:
    """The root of the file's syntax tree; what is not understood in it has nodes of type ERROR."""
    suffix = path.rpartition(".")[2]
    kind = "js" if suffix in {"js", "jsx", "mjs", "cjs"} else "tsx" if suffix == "tsx" else "ts"
    return _parser(kind).parse(raw).root_node


def source(node: Node | None) -> str:
    """The node's text."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def line(node: Node) -> int:
    return node.start_point.row + 1


_TYPES = frozenset(
    {"comment", "interface_declaration", "type_alias_declaration", "type_annotation", "type_arguments",
     "type_parameters", "accessibility_modifier", "empty_statement"}
)  # fmt: skip
"""What is gone when the code runs."""
_CASTS = frozenset({"as_expression", "satisfies_expression", "non_null_expression"})
"""Of these only the first part is left when the code runs."""
_GROUPS = frozenset({"parenthesized_expression", "formal_parameters", "required_parameter"})
_ENDS = frozenset({";", ","})


def called_at(call: Node) -> int:
    """The line of what is called: of `.get(…)` in a chain that begins lines above."""
    callee = call.child_by_field_name("function")
    method = callee.child_by_field_name("property") if callee is not None else None
    return line(method if method is not None else call)


def column_of(call: Node) -> int:
    """The column of what is called, counted from 1."""
    callee = call.child_by_field_name("function")
    method = callee.child_by_field_name("property") if callee is not None else None
    return (method if method is not None else call).start_point.column + 1


def tokens(*nodes: Node) -> str:
    """A fingerprint of what nodes say; comments, types and what a formatter sets do not count."""
    return fingerprint(*_said(nodes))


def _said(nodes: Sequence[Node]) -> Iterator[str]:
    """In order, with marks around each part; without recursion, since trees of generated code are deep."""
    waiting: list[Node | None] = [*reversed(nodes)]
    while waiting:
        node = waiting.pop()
        if node is None:
            yield ")"
        elif node.type in _TYPES:
            continue
        elif node.type == "string":
            yield "'" + source(node)[1:-1].replace("\\'", "'").replace('\\"', '"')
        elif node.type == "jsx_text":
            yield " ".join(source(node).split())
        elif not node.children:
            yield source(node)
        elif node.type in _CASTS:
            waiting.append(_parts(node)[0])
        elif node.type in _GROUPS:
            waiting += [one for one in reversed(_parts(node)) if one.is_named]
        else:
            yield f"({node.type}"
            waiting += [None, *reversed(_parts(node))]


def _parts(node: Node) -> list[Node]:
    parts = [one for one in node.children if one.type not in _TYPES and (one.type != "jsx_text" or source(one).strip())]
    closed = next((at for at, one in reversed(list(enumerate(parts))) if one.type not in {"}", "]", ")"}), -1)
    return [one for at, one in enumerate(parts) if at != closed or one.type not in _ENDS]


def text_of(node: Node | None) -> str | None:
    """A string or a template without anything computed in it; None for everything else."""
    if node is None:
        return None
    if node.type == "string" or (
        node.type == "template_string" and all(child.type != "template_substitution" for child in node.named_children)
    ):
        return source(node)[1:-1]
    return None


def base_of(made: Node) -> Node | None:
    """What a class extends."""
    heritage = next((child for child in made.named_children if child.type == "class_heritage"), None)
    first = heritage.named_children[0] if heritage is not None and heritage.named_children else None
    return first.child_by_field_name("value") if first is not None and first.type == "extends_clause" else first


class Imports:
    """Which file of a tree an import means: as Node and bundlers look for it, with the aliases of tsconfig.json and the
    packages of the same repository. `files`: those too that say where imports lead.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._resolution = Resolution(files)
        self._packages: frozenset[str] | None = None

    def find(self, wanted: str, importer: str) -> str | None:
        """The path of the file; None for a package, a style sheet, a picture."""
        found = self._resolution.find(importer, wanted)
        if found is None and wanted.startswith(("@/", "~/")):  # usual, and set where bundlers are configured
            bases = (posixpath.join(root, wanted[2:]) for root in _roots(importer))
            found = next((at for base in bases if (at := self._resolution.find("", f"./{base}"))), None)
        return found

    def is_lost(self, wanted: str) -> bool:
        """Of an import that is no file of the tree: whether it is no package either, so that only a bundler's
        configuration says where it leads. Where no package.json is there, that is not known.
        """
        if self._packages is None:
            manifests = [
                read_json(raw) for path, raw in self._files.items() if posixpath.basename(path) == "package.json"
            ]
            tables = [one.get(key) for one in manifests for key in _DEPENDENCIES]
            self._packages = frozenset(name for one in tables if isinstance(one, dict) for name in one)
        scoped = 2 if wanted.startswith("@") else 1
        name = "/".join(wanted.split("/")[:scoped])
        if not self._packages or name in self._packages or _ELSEWHERE.match(wanted):
            return False
        return f"@types/{name}" not in self._packages and wanted.partition("/")[0] not in _OF_NODE


def _roots(importer: str) -> Iterator[str]:
    """Where `@/` may begin: an `src` above the file, or any folder above it."""
    folder = posixpath.dirname(importer)
    while True:
        yield posixpath.join(folder, "src")
        yield folder
        if not folder:
            return
        folder = posixpath.dirname(folder)

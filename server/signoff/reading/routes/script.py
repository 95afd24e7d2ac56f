"""JavaScript and TypeScript as syntax trees, and which file an import means."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from signoff.reading.routes.paths import fingerprint

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_OWN_JS = re.compile(r"\.([mc]?)js$")
"""TypeScript imports `./x.js` and means `./x.ts`."""


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


def tokens(node: Node) -> str:
    """A fingerprint of what a node says: comments and white space do not count."""
    return fingerprint(*(leaf.text or b"" for leaf in _leaves(node)))


def _leaves(root: Node) -> Iterator[Node]:
    """In order, without recursion: trees of generated code are deep."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "comment":
            continue
        if not node.children:
            yield node
        waiting.extend(reversed(node.children))


def text_of(node: Node | None) -> str | None:
    """A string or a template without anything computed in it; None for everything else."""
    if node is None:
        return None
    if node.type == "string" or (
        node.type == "template_string" and all(child.type != "template_substitution" for child in node.named_children)
    ):
        return source(node)[1:-1]
    return None


def resolve(wanted: str, importer: str, paths: Collection[str]) -> str | None:
    """The file that a relative import means, as Node and bundlers look for it; None for packages."""
    if wanted.startswith(("@/", "~/")):
        bases = [posixpath.join(root, wanted[2:]) for root in _roots(importer)]
    elif wanted.startswith("."):
        bases = [posixpath.normpath(posixpath.join(posixpath.dirname(importer), wanted))]
    else:
        return None
    for base in bases:
        guesses = [base, _OWN_JS.sub(r".\1ts", base), _OWN_JS.sub(r".\1tsx", base)]
        guesses += [base + suffix for suffix in SUFFIXES]
        guesses += [posixpath.join(base, f"index{suffix}") for suffix in SUFFIXES]
        found = next((guess for guess in guesses if guess in paths), None)
        if found is not None:
            return found
    return None


def _roots(importer: str) -> Iterator[str]:
    """Where `@/` may begin: an `src` above the file, or any folder above it."""
    folder = posixpath.dirname(importer)
    while True:
        yield posixpath.join(folder, "src")
        yield folder
        if not folder:
            return
        folder = posixpath.dirname(folder)

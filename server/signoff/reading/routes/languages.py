"""Which languages a tree is written in, by the names of its files."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable

from signoff.reading.source.shipped import is_shipped

_LANGUAGES = {
    ".py": "Python", ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".ts": "TypeScript",
    ".mts": "TypeScript", ".tsx": "TypeScript", ".jsx": "JavaScript", ".go": "Go", ".java": "Java", ".kt": "Kotlin",
    ".scala": "Scala", ".clj": "Clojure", ".groovy": "Groovy", ".rb": "Ruby", ".php": "PHP", ".rs": "Rust",
    ".cs": "C#", ".fs": "F#", ".ex": "Elixir", ".erl": "Erlang", ".swift": "Swift", ".dart": "Dart", ".pl": "Perl",
    ".hs": "Haskell", ".cpp": "C++", ".cc": "C++",
}  # fmt: skip
"""That a server may be written in, by how a file's name ends."""


def languages(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of what is deployed, what most files are in first; empty for pages and pictures alone."""
    ends = (posixpath.splitext(path)[1] for path in paths if is_shipped(path))
    counts = Counter(_LANGUAGES[end] for end in ends if end in _LANGUAGES)
    return tuple(name for name, _ in counts.most_common())

"""Which Python files may define routes, told by a search in their bytes: most trees load no reader of a framework."""

from __future__ import annotations

import re

MARKS = re.compile(
    rb"fastapi|flask|quart|starlette|django|ROOT_URLCONF|^\s*@[\w.]+\.(route|get|post|put|patch|delete|api_route)\(",
    re.MULTILINE | re.IGNORECASE,
)
"""A file without any of these defines no route by itself; it is read where another one imports from it."""
_TESTS = re.compile(r"(^|/)(tests?|testing|migrations)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")


def is_module(path: str) -> bool:
    """Whether it is a module of Python that is no test."""
    return path.endswith(".py") and not _TESTS.search(path)


def may_define_routes(path: str, raw: bytes) -> bool:
    """Whether the file defines routes by itself."""
    return is_module(path) and MARKS.search(raw) is not None

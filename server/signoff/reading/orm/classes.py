"""Classes of Python across the modules of a project."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from signoff.reading.source.project import Project
from signoff.reading.source.python_module import PythonModule

_DEEP = 12


def class_of(project: Project, module: PythonModule, node: ast.expr) -> tuple[PythonModule, ast.ClassDef] | None:
    """The class that a name or `module.name` means, here or where it is imported from."""
    first = node.value if isinstance(node, ast.Attribute) else node
    if not isinstance(first, ast.Name):
        return None
    if isinstance(node, ast.Name) and node.id in module.classes:
        return module, module.classes[node.id]
    found = project.imported(module, first.id)
    for _ in range(_DEEP):  # a package may pass on what it imports itself
        if found is None:
            return None
        home, called = found
        name = called or (node.attr if isinstance(node, ast.Attribute) else "")
        if name in home.classes:
            return home, home.classes[name]
        found = project.imported(home, name)
    return None


def lineage(
    project: Project, module: PythonModule, owner: ast.ClassDef, depth: int = 0
) -> Iterator[tuple[PythonModule, ast.ClassDef]]:
    """The class and those of its bases that the project defines, nearest first."""
    yield module, owner
    for base in owner.bases if depth < _DEEP else ():
        found = class_of(project, module, base)
        if found is not None and found[1] is not owner:
            yield from lineage(project, *found, depth + 1)


def last_name(node: ast.expr) -> str:
    """`Column` of `sa.Column`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

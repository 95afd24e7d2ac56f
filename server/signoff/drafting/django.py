"""The command with which Django fills an empty database: its settings may want the parts of its URL."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from signoff.drafting.files import bytes_of
from signoff.reading.errors import Unreadable

_MODULE = re.compile(rb"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)[\"']")
_OF_URL = re.compile(rb"\bdj_database_url\.config\(\s*(?:default\b|conn|ssl|\))|\benv\.(?:db|db_url)\(\s*\)")
"""They read DATABASE_URL where no other name is said."""
_PARTS = {
    "NAME": "u.path[1:]",
    "USER": "u.username",
    "PASSWORD": "unquote(u.password)",
    "HOST": "u.hostname",
    "PORT": "str(u.port)",
}
"""Of DATABASES: https://docs.djangoproject.com/en/5.2/ref/settings/#databases"""
_HANDED = (
    "import os, sys; from urllib.parse import unquote, urlsplit; u = urlsplit(os.environ['{variable}']); "
    "os.environ.update({parts}); os.execv(sys.executable, [sys.executable, '{path}', 'migrate', '--noinput'])"
)


def django_command(path: str, files: Mapping[str, Path], variable: str) -> tuple[tuple[str, ...], str]:
    """`path` of manage.py → the command, which finds a URL in `variable`, and what shows that it works or may not."""
    plain = ("python", path, "migrate", "--noinput")
    settings = dict(_settings(path, files))
    if any(_reads(data, variable) for data in settings.values()):
        return plain, f"{path}, whose settings read {variable}"
    for where, data in settings.items():
        default = _default(data)
        if default is None:
            continue
        names = {part: _variable(default.get(part)) for part in _PARTS}
        read = {part: name for part, name in names.items() if name is not None}
        if len(read) == len(_PARTS):
            parts = ", ".join(f"{name}={_PARTS[part]}" for part, name in read.items())
            handed = _HANDED.format(variable=variable, parts=parts, path=path)
            return ("python", "-c", handed), f"{path}; {where} reads {', '.join(read.values())}"
        fixed = ", ".join(part for part in _PARTS if part not in read)
        return plain, f"NOT YET: have {where} read {variable} (the URL of an empty database): it fixes {fixed}"
    return plain, f"{path}, if its settings read {variable}"


def _settings(path: str, files: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """The module that manage.py names, and those beside it where it is in a package of settings."""
    found = _MODULE.search(_read(files[path]))
    if found is None:
        return
    module = posixpath.join(posixpath.dirname(path), *found[1].decode().split("."))
    package = module if f"{module}/__init__.py" in files else posixpath.dirname(module)
    for one in files:
        beside = posixpath.dirname(one) == package and "settings" in posixpath.basename(package)
        if one == f"{module}.py" or (beside and one.endswith(".py")):
            yield one, _read(files[one])


def _read(path: Path) -> bytes:
    try:
        return bytes_of(path)
    except Unreadable:
        return b""


def _reads(data: bytes, variable: str) -> bool:
    if re.search(rb"[\"']" + variable.encode() + rb"[\"']", data):
        return True
    return variable == "DATABASE_URL" and _OF_URL.search(data) is not None


def _default(data: bytes) -> Mapping[str, ast.expr] | None:
    """`DATABASES["default"]`, where it is written out."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="DATABASES")], value=ast.Dict() as databases):
                default = _items(databases).get("default")
                return _items(default) if isinstance(default, ast.Dict) else None
            case _:
                pass
    return None


def _items(node: ast.Dict) -> Mapping[str, ast.expr]:
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _variable(node: ast.expr | None) -> str | None:
    """The name in `os.environ["X"]`, `os.getenv("X", …)`, `env("X")`, `config("X")`."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if re.fullmatch(r"[A-Z]\w*", name):
            return name
        case _:
            return None

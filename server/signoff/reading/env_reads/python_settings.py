"""Packages that read the environment for the code: pydantic's settings, decouple, environ, environs, starlette.

https://docs.pydantic.dev/latest/concepts/pydantic_settings/ · https://pypi.org/project/python-decouple/ ·
https://django-environ.readthedocs.io/ · https://pypi.org/project/environs/ · https://www.starlette.io/config/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.values import (
    NOTHING,
    PRESENT,
    UNKNOWN,
    Choice,
    Class,
    Const,
    External,
    Instance,
    Keyed,
    Listed,
    Made,
    Value,
    truth,
)  # fmt: skip

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine

_SETTINGS = re.compile(r"pydantic(?:_settings)?(?:\.\w+)*\.BaseSettings")
_OLD = re.compile(r"pydantic(?:\.v1|\.env_settings)?\.BaseSettings")
_READERS = {
    "decouple.config": "decouple", "decouple.Config": "decouple", "decouple.AutoConfig": "decouple",
    "environ.Env": "environ", "environ.FileAwareEnv": "environ", "environs.Env": "environs", "environs.env": "environs",
    "environs.FileAwareEnv": "environs", "starlette.config.Config": "starlette",
}  # fmt: skip
_NAMED = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL",
          "email": "EMAIL_URL", "email_url": "EMAIL_URL", "search_url": "SEARCH_URL"}  # fmt: skip
"""django-environ's readers whose name has a default."""
_NOT_READING = frozenset(
    {"read_env", "read_envfile", "seal", "prefix", "load", "dump", "add_parser", "parser_for", "get_value_"}
)


def is_settings(made: Class) -> bool:
    return any(isinstance(one, External) and _SETTINGS.fullmatch(one.name) for one in made.lineage())


@dataclass(frozen=True, slots=True)
class _Field:
    names: tuple[str, ...]
    attribute: str
    required: bool
    default: Value
    place: Place


def instance(m: Machine, made: Class, named: dict[str, Value], place: Place) -> Value:
    """`Settings()`: a field without a default is required, unless it is handed over or another source may have it."""
    result = Instance(made)
    config = _config(made)
    elsewhere = "secrets_dir" in config or made.find("settings_customise_sources") is not None
    supplied = _env_file(m, config.get("env_file"), place)
    with m.world.at(Place(place.path, place.line, f"makes {made.name}")):
        for field in _fields(made, config):
            if field.attribute in named:
                result.attributes[field.attribute] = named[field.attribute]
                continue
            if any(name in supplied for name in field.names):
                result.attributes[field.attribute] = PRESENT
                continue
            result.attributes[field.attribute] = _read_field(m, field, made.name, elsewhere)
    return result


def _read_field(m: Machine, field: _Field, of: str, elsewhere: bool) -> Value:
    """The first name is the one that is told; with a further alias the field is not required by one name alone."""
    if not field.required:
        values = [m.world.read(name, field.place, field.default) for name in field.names]
        return values[0] if values else UNKNOWN
    why = f"{of} has no default for {field.attribute}"
    values = [m.world.read(name, field.place, None, why) for name in field.names]
    if all(isinstance(value, Choice) for value in values) and values and not elsewhere:
        first = values[0]
        assert isinstance(first, Choice)
        others = [value.read.name for value in values[1:] if isinstance(value, Choice)]
        m.world.trip(first.read, why + (f" (nor for {', '.join(others)})" if others else ""), "ValidationError")
        first.read.unless |= frozenset(others)
        for value in values[1:]:
            m.world.defaulted(value, "another name does as well")
    return PRESENT


def _config(made: Class) -> dict[str, Value]:
    """`model_config = SettingsConfigDict(…)`, or the class `Config` of pydantic 1; nearest first."""
    found: dict[str, Value] = {}
    for one in reversed(made.lineage()):
        if isinstance(one, Class):
            held = one.attributes.get("model_config")
            if isinstance(held, Keyed):
                found |= held.items
            inner = one.attributes.get("Config")
            if isinstance(inner, Class):
                found |= inner.attributes
            for keyword in one.node.keywords:
                if isinstance(keyword.value, ast.Constant) and keyword.arg:
                    found[keyword.arg] = Const(keyword.value.value)  # type: ignore[arg-type]
    return found


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def _fields(made: Class, config: dict[str, Value]) -> Iterator[_Field]:
    prefix = _text(config.get("env_prefix"))
    exact = truth(config.get("case_sensitive", NOTHING)) is True
    seen: dict[str, _Field] = {}
    for one in reversed(made.lineage()):
        if not isinstance(one, Class):
            continue
        old = any(isinstance(base, External) and _OLD.fullmatch(base.name) for base in made.lineage())
        for node in one.node.body:
            field = _field(one, node, prefix, exact, old)
            if field is not None:
                seen[field.attribute] = field
    yield from seen.values()


def _field(of: Class, node: ast.stmt, prefix: str, exact: bool, old: bool) -> _Field | None:
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        return None
    name, annotation = node.target.id, ast.unparse(node.annotation)
    if name.startswith("_") or name == "model_config" or re.match(r"(?:typing\.)?ClassVar\b", annotation):
        return None
    default = of.attributes.get(name, UNKNOWN) if node.value is not None else UNKNOWN
    required = node.value is None and not (old and re.search(r"\bOptional\b|\bNone\b", annotation))
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and _called(one) in {"Field", "field"}]
    written = _call_options(calls[0]) if calls else {}
    if isinstance(node.value, ast.Call) and _called(node.value) == "Field":
        given = node.value.args[0] if node.value.args else written.get("default")
        required = "default_factory" not in written and (given is None or _is_ellipsis(given))
        told = isinstance(given, ast.Constant) and isinstance(given.value, str | int)
        default = Const(given.value) if told else UNKNOWN  # type: ignore[union-attr]
    elif isinstance(node.value, ast.Constant) and node.value.value is ...:
        required = True
    elif calls and node.value is None:
        required = required and not {"default", "default_factory"} & set(written)
    names = _names(written)
    if not names or ("env" in written and not old):
        names = [prefix + name]
    if not exact:
        names = [one.upper() for one in names]
    return _Field(tuple(names), name, required, default, Place(of.module.path or "", node.lineno))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _call_options(node: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _names(options: dict[str, ast.expr]) -> list[str]:
    """From validation_alias, alias and pydantic 1's env; AliasChoices and lists give several."""
    for option in ("validation_alias", "env", "alias"):
        if option in options:
            parts = ast.walk(options[option])
            return [one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return []


def _env_file(m: Machine, value: Value | None, place: Place) -> frozenset[str]:
    """Names that a file of the tree supplies; one that is not in the tree is not there when a clean clone is built."""
    from signoff.reading.env_reads.dotenv import names_of

    held = value.items if isinstance(value, Listed) else [value] if value is not None else []
    found: set[str] = set()
    for one in held:
        path = _text(one)
        for candidate in (path, f"{place.path.rpartition('/')[0]}/{path}".lstrip("/")):
            if path and candidate in m.files.files:
                found |= {name.upper() for name in names_of(m.files.files[candidate])}
    return frozenset(found)


def make(m: Machine, name: str, args: list[Value], named: dict[str, Value], place: Place) -> Value:
    """A call of a package's own name: one of the readers, or not known."""
    if name in {"decouple.config", "environs.env"}:
        return reader_call(m, Made(_READERS[name]), "", args, named, place)
    if name.startswith("environs.env."):
        return reader_call(m, Made("environs"), name.rpartition(".")[2], args, named, place)
    if name in _READERS:
        return Made(_READERS[name], dict(named))
    if name == "contextlib.suppress":
        return Made(name)
    if name == "dj_database_url.config":
        m.world.read(_text(args[0] if args else named.get("env")) or "DATABASE_URL", place, NOTHING)
    if name in {"pydantic_settings.SettingsConfigDict", "pydantic.ConfigDict"}:
        return Keyed(dict(named))
    if name in {"dotenv.load_dotenv", "environ.Env.read_env"}:
        _load(m, args, named, place)
    return UNKNOWN


def _load(m: Machine, args: list[Value], named: dict[str, Value], place: Place) -> None:
    from signoff.reading.env_reads.dotenv import names_of

    given = _text(args[0]) if args else _text(named.get("dotenv_path"))
    folder = place.path.rpartition("/")[0]
    while True:  # as python-dotenv's find_dotenv: upward from the file that calls
        path = f"{folder}/{given or '.env'}".lstrip("/")
        if path in m.files.files:
            for name in names_of(m.files.files[path]):
                m.world.assign(name, PRESENT)
            return
        if not folder:
            return
        folder = folder.rpartition("/")[0]


def reader_call(
    m: Machine, reader: Made, method: str, args: list[Value], named: dict[str, Value], place: Place
) -> Value:
    """`config("X")`, `env.str("X", default="d")`: without a default they raise."""
    if method == "prefixed":
        return Made(reader.kind, {**reader.parts, "prefix": args[0] if args else UNKNOWN})
    if reader.kind not in {"decouple", "environ", "environs", "starlette"} or method in _NOT_READING:
        if method in {"read_env", "read_envfile"}:
            _load(m, args, named, place)
        return UNKNOWN
    key = args[0] if args else named.get("name") or named.get("var") or named.get("option")
    if key is None and method in _NAMED:
        key = Const(_NAMED[method])
    if not isinstance(key, Const) or not isinstance(key.value, str):
        if key is not None:
            m.world.tell(place, "reads a name that is computed")
        return UNKNOWN
    name = _text(reader.parts.get("prefix") or reader.parts.get("env_prefix")) + key.value
    default = named.get("default")
    if default is None:
        at = {"decouple": 1, "environs": 1, "starlette": 2, "environ": 2 if not method else 1}[reader.kind]
        default = args[at] if len(args) > at else None
    if default is None and reader.kind == "environ":
        scheme = reader.parts.get(name)
        if isinstance(scheme, Listed) and len(scheme.items) > 1:
            default = scheme.items[1]
    if default is not None:
        return m.world.read(name, place, default)
    raised = {"decouple": "UndefinedValueError", "environ": "ImproperlyConfigured", "environs": "EnvError",
              "starlette": "KeyError"}[reader.kind]  # fmt: skip
    return m.world.demand(name, place, f"{reader.kind} raises without it", raised)

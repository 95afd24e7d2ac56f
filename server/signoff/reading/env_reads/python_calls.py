"""Python's calls: of the tree's own functions and classes, of what reads the environment, and of what refuses None."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from signoff.reading.env_reads import python_settings
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Const,
    Environment,
    External,
    Function,
    Instance,
    Keyed,
    Listed,
    Made,
    Value,
    settled,
    truth,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine

_ENDS = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit", "os.abort"})
_REFUSES_NONE = frozenset(
    {
        "builtins.int",
        "builtins.float",
        "builtins.len",
        "builtins.list",
        "builtins.tuple",
        "builtins.set",
        "builtins.iter",
        "builtins.sorted",
        "builtins.sum",
        "builtins.min",
        "builtins.max",
        "builtins.open",
        "builtins.bytes",
        "builtins.map",
        "builtins.frozenset",
        "builtins.enumerate",
        "json.loads",
        "pathlib.Path",
        "pathlib.PurePath",
        "os.path.join",
        "os.path.exists",
        "os.path.abspath",
        "os.path.dirname",
        "os.path.basename",
        "os.path.expanduser",
        "os.path.isfile",
        "os.path.isdir",
        "os.makedirs",
        "os.listdir",
        "ast.literal_eval",
        "base64.b64decode",
        "re.compile",
        "uuid.UUID",
        "decimal.Decimal",
        "importlib.import_module",
        "shlex.split",
        "sqlalchemy.create_engine",
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.engine.make_url",
        "redis.from_url",
        "redis.Redis.from_url",
        "redis.asyncio.from_url",
        "redis.asyncio.Redis.from_url",
        "cryptography.fernet.Fernet",
        "yaml.safe_load",
    }
)
"""The first argument of these may not be None: each raises a TypeError, ValueError or AttributeError."""
_OF_TEXT = frozenset(
    {
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "title",
        "removeprefix",
        "removesuffix",
        "startswith",
        "endswith",
        "isdigit",
        "capitalize",
    }
)
_RUNS = frozenset({"asyncio.run", "anyio.run", "trio.run", "asgiref.sync.async_to_sync"})


def call(m: Machine, node: ast.Call, frame: Frame) -> Value:
    place = m.place(frame, node)
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.scope.find("super") is None:
        return _super(frame)
    callee = m.evaluate(node.func, frame)
    args, named = _arguments(m, node, frame)
    return m.world.lift(callee, lambda held: apply(m, held, args, named, place))


def _super(frame: Frame) -> Value:
    of = frame.scope.find("__class__")
    this = next(iter(frame.scope.names.values()), UNKNOWN)
    return Made("super", {"class": of, "self": this}) if of is not None else UNKNOWN


def _arguments(m: Machine, node: ast.Call, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
    args: list[Value] = []
    named: dict[str, Value] = {}
    for one in node.args:
        value = m.evaluate(one, frame)
        args += value.items if isinstance(one, ast.Starred) and isinstance(value, Listed) else [value]
    for keyword in node.keywords:
        value = m.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif isinstance(value, Keyed):
            named |= value.items
    return args, named


def apply(m: Machine, held: Value, args: list[Value], named: dict[str, Value], place: Place) -> Value:
    match held:
        case Const(value=None):
            raise Thrown(f"{place} calls it", "TypeError")
        case Function():
            return m.call(held, args, named, place)
        case Class():
            if python_settings.is_settings(held):
                return python_settings.instance(m, held, named, place)
            return m.construct(held, args, named, place)
        case Instance():
            method = held.of.find("__call__")
            if isinstance(method, Function):
                from dataclasses import replace

                return m.call(replace(method, bound=held), args, named, place)
            return UNKNOWN
        case Made(kind="method", parts={"self": this, "name": Const(value=str() as name)}):
            return _method(m, this, name, args, named, place)
        case Made():
            return python_settings.reader_call(m, held, "", args, named, place)
        case External(name=name):
            return _external(m, name, args, named, place)
        case _:
            return UNKNOWN


def _external(m: Machine, name: str, args: list[Value], named: dict[str, Value], place: Place) -> Value:
    if name in _ENDS:
        raise Thrown(f"{place} ends the program", "SystemExit")
    if name in _RUNS and args:
        return m.awaited(apply(m, args[0], [], {}, place) if isinstance(args[0], Function) else args[0])
    if name == "os.getenv":
        return environment_get(m, args, named, place)
    if name == "os.putenv" and args and isinstance(args[0], Const):
        m.world.assign(str(args[0].value), UNKNOWN)
    if name in _REFUSES_NONE and args:
        m.world.lift(args[0], lambda held: _refuse(held, name, place))
    match name, args:
        case "builtins.bool", [value]:
            return m.world.lift(value, lambda held: UNKNOWN if truth(held) is None else Const(truth(held)))
        case "builtins.str", [value]:
            return m.world.lift(value, lambda held: Const(str(held.value)) if isinstance(held, Const) else UNKNOWN)
        case "builtins.int", [value]:
            return m.world.lift(value, _number)
        case (("builtins.dict" | "copy.copy" | "copy.deepcopy"), [Environment() as value]):
            return value
        case (
            ("builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.sorted" | "builtins.frozenset"),
            [Listed() as value],
        ):
            return Listed(list(value.items), value.more, list(value.hanging))
        case "builtins.dict", []:
            return Keyed(dict(named))
        case "builtins.list", []:
            return Listed([])
        case "builtins.len", [Listed(more=False, hanging=[]) as value]:
            return Const(len(value.items))
        case "builtins.len", [Listed() as value]:
            return m.world.lift(settled(value), _length)
        case (("builtins.any" | "builtins.all"), [Listed() as value]):
            return _any_all(m, name, value)
        case "builtins.getattr", [of, Const(value=str() as attribute), *rest]:
            return _getattr(of, attribute, rest)
        case "builtins.globals", []:
            return UNKNOWN
        case "importlib.import_module", [Const(value=str() as module), *_]:
            return m.import_module(module, place)
        case "functools.partial", [Function() as function, *_]:
            return function
        case (("dataclasses.field" | "pydantic.Field"), _) if isinstance(named.get("default_factory"), Function):
            return Made("field", {"factory": named["default_factory"]})
        case _:
            return python_settings.make(m, name, args, named, place)


def _length(held: Value) -> Value:
    return Const(len(held.items)) if isinstance(held, Listed) and (held.items or not held.more) else UNKNOWN


def _refuse(held: Value, name: str, place: Place) -> Value:
    if held == NOTHING:
        raise Thrown(f"{place} hands it to {name.removeprefix('builtins.')}", "TypeError")
    return held


def _number(held: Value) -> Value:
    if isinstance(held, Const) and isinstance(held.value, str | int | float):
        try:
            return Const(int(held.value))
        except ValueError:
            raise Thrown("it is no number", "ValueError") from None
    return UNKNOWN


def _any_all(m: Machine, name: str, value: Listed) -> Value:
    """Item by item, as `or` and `and` do."""
    wanted = name == "builtins.any"

    def rest(at: int) -> Value:
        if at == len(value.items):
            return UNKNOWN if value.more else Const(not wanted)

        def one(held: Value) -> Value:
            known = truth(held)
            return UNKNOWN if known is None else (Const(wanted) if known is wanted else rest(at + 1))

        return m.world.lift(value.items[at], one)

    return rest(0)


def _getattr(of: Value, name: str, rest: list[Value]) -> Value:
    from signoff.reading.env_reads.python_expressions import external

    if isinstance(of, Instance | Class):
        found = of.attributes.get(name) or (of.find(name) if isinstance(of, Class) else of.of.find(name))
        return found if found is not None else (rest[0] if rest else UNKNOWN)
    return external(f"{of.name}.{name}") if isinstance(of, External) else UNKNOWN


def environment_get(m: Machine, args: list[Value], named: dict[str, Value], place: Place) -> Value:
    """os.getenv and environ.get: None where neither a value nor a default is there."""
    key = args[0] if args else named.get("key", UNKNOWN)
    default = args[1] if len(args) > 1 else named.get("default")
    if isinstance(key, Const) and isinstance(key.value, str):
        return m.world.read(key.value, place, None if default == NOTHING else default)
    if default is None or default == NOTHING:
        m.world.tell(place, "reads a name that is computed")
    return default if default is not None else UNKNOWN


def _method(m: Machine, this: Value, name: str, args: list[Value], named: dict[str, Value], place: Place) -> Value:
    match this:
        case Environment():
            return _of_environment(m, this, name, args, named, place)
        case Made():
            return python_settings.reader_call(m, this, name, args, named, place)
        case Const(value=str() as text):
            return _of_text(text, name, args)
        case Listed():
            return _of_list(m, this, name, args)
        case Keyed():
            return _of_dict(this, name, args)
        case _:
            return UNKNOWN


def _of_environment(
    m: Machine, this: Environment, name: str, args: list[Value], named: dict[str, Value], place: Place
) -> Value:
    key = args[0] if args else None
    text = key.value if isinstance(key, Const) and isinstance(key.value, str) else None
    if name == "get" or (name == "pop" and len(args) > 1):
        return environment_get(m, args, named, place)
    if name in {"pop", "__getitem__"} and text is not None:
        return m.world.demand(text, place, f"{this.written}.{name} raises without it", "KeyError")
    if name == "setdefault" and text is not None and len(args) > 1:
        value = m.world.read(text, place, args[1])
        m.world.assign(text, value if not hasattr(value, "absent") else args[1])
        return value
    if name == "update":
        given = [*(one.items for one in args if isinstance(one, Keyed)), named]
        for items in given:
            for one, value in items.items():
                m.world.assign(one, value)
        return NOTHING
    return this if name == "copy" else UNKNOWN


def _of_text(text: str, name: str, args: list[Value]) -> Value:
    given = [one.value for one in args if isinstance(one, Const)]
    if len(given) == len(args) and all(isinstance(one, str) for one in given):
        if name == "split" and len(given) <= 1 and given != [""]:
            return Listed([Const(part) for part in text.split(str(given[0]) if given else None)])
        if name in _OF_TEXT:
            try:
                result = getattr(text, name)(*given)
            except TypeError:
                return UNKNOWN
            return Const(result)
    return UNKNOWN


def _of_list(m: Machine, this: Listed, name: str, args: list[Value]) -> Value:
    if name in {"append", "add", "insert"} and args:
        if m.world.missing is not None and not this.items:
            this.hanging.append(m.world.missing)
        elif m.world.surely():
            this.items.append(args[-1])
        else:
            this.more = True
    elif name in {"extend", "update", "remove", "pop", "clear", "discard"}:
        this.more = True
    return NOTHING if name in {"append", "extend", "insert", "add"} else UNKNOWN


def _of_dict(this: Keyed, name: str, args: list[Value]) -> Value:
    match name, args:
        case "get", [Const(value=str() as key), *rest]:
            return this.items.get(key) or (UNKNOWN if this.more else (rest[0] if rest else NOTHING))
        case "items", []:
            return Listed([Listed([Const(key), value]) for key, value in this.items.items()], this.more)
        case "keys", []:
            return Listed([Const(key) for key in this.items], this.more)
        case "values", []:
            return Listed(list(this.items.values()), this.more)
        case "update", [Keyed() as other]:
            this.items |= other.items
        case "setdefault", [Const(value=str() as key), value]:
            return this.items.setdefault(key, value)
        case _:
            pass
    return UNKNOWN

"""Calls and `new` in JavaScript: of the tree's own, of what calls back at once, and of what refuses undefined."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_expressions, script_lists, script_schemas
from signoff.reading.env_reads.flow import FALLS, Flow, Frame, attempt
from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.script_modules import ScriptModule, text_of
from signoff.reading.env_reads.values import (
    FALSE,
    NOTHING,
    PRESENT,
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
    from tree_sitter import Node

    from signoff.reading.env_reads.script_machine import Machine

_INTEROP = frozenset(
    {
        "__importDefault",
        "__importStar",
        "__toESM",
        "_interopRequireDefault",
        "_interopRequireWildcard",
        "_interop_require_default",
        "_interop_require_wildcard",
    }
)
"""Helpers that compilers write around require."""
_ASSERTS = frozenset(
    {
        "assert",
        "assert.ok",
        "assert.strict",
        "tiny-invariant",
        "ts-invariant.invariant",
        "invariant",
        "tiny-invariant.default",
        "assert.default",
    }
)
_REFUSES = frozenset(
    {
        "new URL",
        "JSON.parse",
        "BigInt",
        "Buffer.from",
        "path.join",
        "path.resolve",
        "path.dirname",
        "path.basename",
        "fs.readFileSync",
        "new Stripe",
        "new stripe",
        "new stripe.Stripe",
        "new resend.Resend",
        "@supabase/supabase-js.createClient",
        "@supabase/ssr.createBrowserClient",
        "@supabase/ssr.createServerClient",
        "@neondatabase/serverless.neon",
    }
)
"""The first argument of these may not be undefined; of packages, those whose first line of code refuses it."""
_WRAPS = frozenset({"cache", "once", "memoize", "memo", "memoizeOne", "lazy"})


def _args(m: Machine, node: Node, frame: Frame) -> list[Value]:
    given = node.child_by_field_name("arguments")
    args: list[Value] = []
    for child in given.named_children if given is not None and given.type == "arguments" else []:
        if child.type == "comment":
            continue
        value = m.evaluate(child, frame)
        args += value.items if child.type == "spread_element" and isinstance(value, Listed) else [value]
    return args


def call(m: Machine, node: Node, frame: Frame) -> Value:
    written = node.child_by_field_name("function")
    if written is None:
        return UNKNOWN
    place = m.place(frame, node)
    match written.type:
        case "import":
            args = _args(m, node, frame)
            name = args[0] if args else UNKNOWN
            found = _import(m, name, frame, place)
            return Made("promise", {"value": found})
        case "super":
            return _super(m, _args(m, node, frame), frame, place)
        case "identifier" if text_of(written) == "require" and frame.scope.find("require") is None:
            args = _args(m, node, frame)
            return _required(_import(m, args[0] if args else UNKNOWN, frame, place))
        case "identifier" if text_of(written) in _INTEROP:
            args = _args(m, node, frame)
            return args[0] if args else UNKNOWN
        case "member_expression" if text_of(written.child_by_field_name("property")) == "catch":
            return _caught(m, node, written, frame, place)
        case _:
            pass
    callee = m.evaluate(written, frame)
    optional = script_expressions.short_circuits(node)
    args = _args(m, node, frame)

    def applied(held: Value) -> Value:
        return NOTHING if optional and held == NOTHING else apply(m, held, args, place, frame)

    return m.world.lift(callee, applied)


def _import(m: Machine, name: Value, frame: Frame, place: Place) -> Value:
    if isinstance(name, Const) and isinstance(name.value, str):
        if name.value == "dotenv/config":
            load_dotenv(m)
        return m.import_module(frame.module.path, name.value, place)
    return UNKNOWN


def _required(found: Value) -> Value:
    return found.common if isinstance(found, ScriptModule) and found.common is not None else found


def _super(m: Machine, args: list[Value], frame: Frame, place: Place) -> Value:
    of = frame.scope.find("__class__")
    base = of.bases[0] if isinstance(of, Class) and of.bases else None
    if isinstance(base, Class) and isinstance(frame.this, Instance):
        m.construct(base, args, place, frame.this)
    return UNKNOWN


def _caught(m: Machine, node: Node, written: Node, frame: Frame, place: Place) -> Value:
    """`main().catch(handler)`: an error within is caught, unless the handler ends the program."""
    held: list[Value] = []

    def body() -> Flow:
        held.append(m.evaluate(written.child_by_field_name("object"), frame))
        return FALLS

    def handler() -> Flow:
        args = _args(m, node, frame)
        if args and isinstance(args[0], Function):
            m.call(args[0], [UNKNOWN], place)
        return FALLS

    attempt(m.world, frame, body, [(lambda _kind: True, handler)])
    return held[0] if held else UNKNOWN


def apply(m: Machine, held: Value, args: list[Value], place: Place, frame: Frame) -> Value:
    match held:
        case Const(value=None):
            raise Thrown(f"{place} calls it")
        case Function():
            return m.call(held, args, place)
        case Made(kind="method", parts={"self": this, "name": Const(value=str() as name)}):
            return _method(m, this, name, args, place)
        case ScriptModule():
            inner = held.export("default")
            return apply(m, inner, args, place, frame) if isinstance(inner, Function) else UNKNOWN
        case External(name=name):
            return _external(m, name, args, place)
        case _:
            return UNKNOWN


def new(m: Machine, node: Node, frame: Frame) -> Value:
    place = m.place(frame, node)
    callee = m.evaluate(node.child_by_field_name("constructor"), frame)
    args = _args(m, node, frame)
    match callee:
        case Class():
            return m.construct(callee, args, place)
        case External(name="Promise") if args and isinstance(args[0], Function):
            m.call(args[0], [UNKNOWN, UNKNOWN], place)
            return Made("promise", {})
        case External(name=("Set" | "Array")) if args and isinstance(args[0], Listed):
            return args[0]
        case External(name=name):
            _refused(m, f"new {name}", args, place)
            return UNKNOWN
        case Function():
            instance = Instance(Class(callee.name, callee.node, callee.scope, callee.module, ()))
            m.call(replace(callee, bound=instance), args, place)
            return instance
        case _:
            return UNKNOWN


def _refused(m: Machine, name: str, args: list[Value], place: Place) -> None:
    if name in _REFUSES and args:

        def refuse(held: Value) -> Value:
            if held == NOTHING:
                raise Thrown(f"{place} hands it to {name}")
            return held

        m.world.lift(args[0], refuse)


def _external(m: Machine, name: str, args: list[Value], place: Place) -> Value:
    first = args[0] if args else UNKNOWN
    if name in {"process.exit", "process.abort"}:
        raise Thrown(f"{place} ends the program")
    if name in _ASSERTS:
        m.world.lift(settled(first), lambda held: _assert(held, place))
        return UNKNOWN
    _refused(m, name, args, place)
    match name:
        case "Boolean":
            return m.world.lift(settled(first), lambda held: UNKNOWN if truth(held) is None else Const(truth(held)))
        case "String" | "Number" | "parseInt" | "parseFloat":
            m.world.defaulted(first, "it may be nothing there")
            return UNKNOWN
        case "Object.keys" | "Object.entries" | "Object.values":
            return script_lists.of_object(first, name.rpartition(".")[2])
        case "Object.freeze" | "Object.seal" | "Promise.resolve" | "structuredClone":
            return first
        case "Object.assign":
            if isinstance(first, Environment):
                for one in args[1:]:
                    for key, value in one.items.items() if isinstance(one, Keyed) else ():
                        m.world.assign(key, value)
            return first
        case "Object.defineProperty":
            return first
        case "Array.isArray":
            return Const(True) if isinstance(first, Listed) else (FALSE if isinstance(first, Const) else UNKNOWN)
        case "dotenv.config" | "dotenv.default.config":
            load_dotenv(m)
            return UNKNOWN
        case _ if name.rpartition(".")[2] in _WRAPS and isinstance(first, Function):
            return first
        case _:
            return script_schemas.make(m, name, args, place)


def _assert(held: Value, place: Place) -> Value:
    if truth(held) is False:
        raise Thrown(f"{place} asserts it")
    return held


def load_dotenv(m: Machine) -> None:
    """`.env` of the folder that the command runs in; those of the tree alone, since a clean clone has no others."""
    from signoff.reading.env_reads.dotenv import names_of

    for path in m.files.files:
        if posixpath.basename(path) == ".env":
            for name in names_of(m.files.files[path]):
                m.world.assign(name, PRESENT)


def _method(m: Machine, this: Value, name: str, args: list[Value], place: Place) -> Value:
    if name in {"call", "apply"} and isinstance(this, Function):
        return m.call(replace(this, bound=args[0] if args else None), args[1:] if name == "call" else [], place)
    if name == "bind" and isinstance(this, Function):
        return this
    match this:
        case Made(kind="promise"):
            if name in {"then", "finally"} and args and isinstance(args[0], Function):
                held = m.call(args[0], [this.parts.get("value", UNKNOWN)] if name == "then" else [], place)
                return held if isinstance(held, Made) and held.kind == "promise" else Made("promise", {"value": held})
            return this
        case Made():
            return script_schemas.method(m, this, name, args, place)
        case Listed():
            return script_lists.method(m, this, name, args, place)
        case Keyed():
            return UNKNOWN
        case Const(value=str() as text):
            return _of_text(text, name, args)
        case _:
            return UNKNOWN


def _of_text(text: str, name: str, args: list[Value]) -> Value:
    given = [one.value for one in args if isinstance(one, Const) and isinstance(one.value, str)]
    match name, given:
        case "toLowerCase", []:
            return Const(text.lower())
        case "toUpperCase", []:
            return Const(text.upper())
        case "trim", []:
            return Const(text.strip())
        case "startsWith", [part]:
            return Const(text.startswith(part))
        case "endsWith", [part]:
            return Const(text.endswith(part))
        case "includes", [part]:
            return Const(part in text)
        case "split", [part] if part:
            return Listed([Const(piece) for piece in text.split(part)])
        case _:
            return UNKNOWN

"""JavaScript and TypeScript, followed as they would be evaluated: modules, imports, calls, `new`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from signoff.reading.env_reads import script_classes, script_expressions, script_statements
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.script_modules import ScriptModule, line_of, parsed
from signoff.reading.env_reads.values import (
    UNKNOWN,
    Class,
    Environment,
    External,
    Function,
    Instance,
    Made,
    Scope,
    Value,
    mark,
)  # fmt: skip
from signoff.reading.env_reads.world import World
from signoff.reading.source.script_resolution import Resolution

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(slots=True)
class Machine:
    files: Resolution
    world: World
    modules: dict[str, ScriptModule] = field(default_factory=dict)
    _memo: dict[tuple[object, ...], Value] = field(default_factory=dict)
    _active: list[int] = field(default_factory=list)
    _kept: list[object] = field(default_factory=list)

    def place(self, frame: Frame, node: Node, what: str = "") -> Place:
        return Place(frame.module.path, line_of(node), what)

    def evaluate(self, node: Node | None, frame: Frame) -> Value:
        self.world.step()
        return UNKNOWN if node is None else script_expressions.evaluate(self, node, frame)

    def run_module(self, path: str) -> ScriptModule:
        """Its imports and then its own code, once."""
        module = self.modules.get(path)
        if module is None:
            module = self.modules[path] = ScriptModule(path)
            program = parsed(path, self.files.files[path])
            if program is None:
                self.world.tell(Place(path, 1), "is too large to be read")
                return module
            module.begun = True
            script_statements.whole_module(self, program, Frame(module, module.scope))
        return module

    def import_module(self, importer: str, written: str, place: Place) -> Value:
        """The module of the tree, else an External by the name of its package."""
        path = self.files.find(importer, written)
        if path is None:
            self.world.unresolved.add((importer, written))
            return external(written.removeprefix("node:"))
        if path in self.modules or self.world.deep:
            return self.modules.get(path, UNKNOWN)
        with self.world.at(Place(place.path, place.line, f"imports {path}")):
            return self.run_module(path)

    def call(self, function: Function, args: list[Value], place: Place) -> Value:
        """Follows the body with its parameters bound; the same call in the same context is followed once."""
        node = function.node
        if self._active.count(node.id) > 1 or self.world.deep:
            return UNKNOWN
        key = (node.id, id(function.scope), id(function.bound), *map(mark, args), *self.world.context())
        if key in self._memo:
            return self._memo[key]
        frame = Frame(function.module, Scope({}, function.scope), function.bound)
        self._active.append(node.id)
        try:
            with self.world.at(Place(place.path, place.line, f"calls {function.name}")):
                result = script_statements.body_of(self, function, args, frame)
        finally:
            self._active.pop()
        if function.lazy:
            result = Made("promise", {"value": result})
        self._kept += [*args, function]  # their ids stay theirs
        self._memo[key] = result
        return result

    def construct(self, made: Class, args: list[Value], place: Place, this: Instance | None = None) -> Value:
        """`new`: fields and constructor of each class, the base first where there is no constructor to call it."""
        instance = this if this is not None else Instance(made)
        constructor = made.attributes.get("constructor")
        base = made.bases[0] if made.bases else None
        if isinstance(base, Class) and not isinstance(constructor, Function):
            self.construct(base, args, place, instance)
        with self.world.at(Place(place.path, place.line, f"makes {made.name}")):
            script_classes.fields(self, made, instance)
        if isinstance(constructor, Function):
            self.call(replace(constructor, bound=instance), args, place)
        return instance


def external(name: str) -> Value:
    """A package's or the language's own name; the environment by all of its names."""
    if name in {"process.env", "process.default.env", "Bun.env", "global.process.env"}:
        return Environment("process.env")
    return External(name)

"""Python code, followed as it would be evaluated: modules, imports and calls, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from signoff.reading.env_reads import python_definitions, python_expressions, python_statements
from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.model import Place
from signoff.reading.env_reads.python_modules import PythonFiles, PythonModule, parsed
from signoff.reading.env_reads.values import (
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Instance,
    Made,
    Pending,
    Scope,
    Value,
    mark,
)  # fmt: skip
from signoff.reading.env_reads.world import World


@dataclass(slots=True)
class Machine:
    files: PythonFiles
    world: World
    evaluated: set[str] = field(default_factory=set)
    _memo: dict[tuple[object, ...], Value] = field(default_factory=dict)
    _active: list[int] = field(default_factory=list)
    _kept: list[object] = field(default_factory=list)

    def place(self, frame: Frame, node: ast.AST, what: str = "") -> Place:
        return Place(frame.module.path or "", getattr(node, "lineno", 1), what)

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        self.world.step()
        return python_expressions.evaluate(self, node, frame)

    def execute(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        python_statements.block(self, body, frame)

    def run_module(self, module: PythonModule) -> None:
        """Its own code, once; an error in it, in so far as it hangs on no name, ends nothing but the module."""
        if module.begun or module.path is None:
            return
        module.begun = True
        tree = parsed(self.files.files[module.path])
        if tree is None:
            self.world.tell(Place(module.path, 1), "is not Python that can be read")
            return
        self.run_code(module, tree)

    def run_code(self, module: PythonModule, tree: ast.Module) -> None:
        module.begun = True
        self.evaluated.add(module.path or "")
        module.scope.names |= {"__name__": Const(module.name), "__file__": Const(module.path), "__doc__": UNKNOWN}
        frame = Frame(module, module.scope)
        python_statements.whole_module(self, tree.body, frame)

    def import_module(self, name: str, place: Place) -> Value:
        """Every package on the way and the module itself; UNKNOWN's stand-in External where it is not of the tree."""
        parts = name.split(".")
        module: PythonModule | None = None
        for count in range(1, len(parts) + 1):
            found = self.files.find(".".join(parts[:count]))
            if found is None:
                if module is None:
                    self.world.unresolved.add((place.path, name))
                return External(name)
            if not found.begun:
                with self.world.at(Place(place.path, place.line, f"imports {found.path or found.name}")):
                    if not self.world.deep:
                        self.run_module(found)
            if module is not None:
                module.scope.names.setdefault(parts[count - 1], found)
            module = found
        return module or UNKNOWN

    def member(self, module: PythonModule, name: str, place: Place) -> Value:
        """`from module import name`: what it holds, else its submodule."""
        held = module.scope.names.get(name)
        if held is not None:
            return held
        if self.files.find(f"{module.name}.{name}") is not None and module.name != "__main__":
            return self.import_module(f"{module.name}.{name}", place)
        maker = module.scope.names.get("__getattr__")
        return self.call(maker, [Const(name)], {}, place) if isinstance(maker, Function) else UNKNOWN

    def call(self, function: Function, args: list[Value], named: Mapping[str, Value], place: Place) -> Value:
        """Follows the body with its parameters bound; the same call with the same context is followed once."""
        node = function.node
        if function.lazy:
            return Pending(lambda: self._call(function, args, named, place))
        return self._call(function, args, named, place) if node is not None else UNKNOWN

    def _call(self, function: Function, args: list[Value], named: Mapping[str, Value], place: Place) -> Value:
        node = function.node
        if self._active.count(id(node)) > 1 or self.world.deep:
            return UNKNOWN
        key = (
            id(node), id(function.scope), id(function.bound), *map(mark, args),
            *((name, mark(value)) for name, value in named.items()), *self.world.context(),
        )  # fmt: skip
        if key in self._memo:
            return self._memo[key]
        scope = Scope({}, function.scope)
        frame = Frame(function.module, scope)
        python_definitions.bind(function, args, named, frame)
        self._active.append(id(node))
        try:
            with self.world.at(Place(place.path, place.line, f"calls {function.name}")):
                if isinstance(node, ast.Lambda):
                    result = self.evaluate(node.body, frame)
                else:
                    self.execute(node.body, frame)
                    result = frame.result()
        finally:
            self._active.pop()
        self._kept += [*args, *named.values(), function]  # their ids stay theirs
        self._memo[key] = result
        return result

    def construct(self, made: Class, args: list[Value], named: Mapping[str, Value], place: Place) -> Value:
        instance = Instance(made)
        init = made.find("__init__")
        if isinstance(init, Function):
            self.call(init, [instance, *args], named, place)
        else:
            instance.attributes.update(named)
            self._made_fields(made, instance, len(args), place)
            after = made.find("__post_init__")
            if isinstance(after, Function):
                self.call(after, [instance], {}, place)
        return instance

    def _made_fields(self, made: Class, instance: Instance, given: int, place: Place) -> None:
        """What `default_factory` makes of fields that are not handed over, by name or as one of the first `given`."""
        fields = {
            node.target.id: one.attributes.get(node.target.id)
            for one in reversed(made.lineage())
            if isinstance(one, Class)
            for node in one.node.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        with self.world.at(Place(place.path, place.line, f"makes {made.name}")):
            for name, value in list(fields.items())[given:]:
                match value:
                    case Made(kind="field", parts={"factory": Function() as factory}) if (
                        name not in instance.attributes
                    ):
                        instance.attributes[name] = self.call(factory, [], {}, place)

    def awaited(self, value: Value) -> Value:
        return value.run() if isinstance(value, Pending) else value

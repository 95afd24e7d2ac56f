"""Evaluates one file of an application and writes down every missing name that it reads from the environment.

    python tracer.py ROOT ENTRY      (ENVSCAN_TRACE: the file that gets the names, one JSON text a line)

Packages that are not installed are stood in for by modules that take anything, so that the application's own code runs.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Anything(types.ModuleType):
    """A module, class, decorator or value of a package that is not here."""

    def __init__(self, name: str = "anything", *_args: Any, **_named: Any) -> None:
        super().__init__(str(name))
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        made = type(name, (Anything,), {}) if name[:1].isupper() else Anything(name)
        setattr(self, name, made)
        return made

    def __call__(self, *args: Any, **_named: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else Anything("result")

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, _key: Any) -> Any:
        return Anything("item")

    def __class_getitem__(cls, _key: Any) -> Any:
        return cls

    def __or__(self, _other: Any) -> Any:
        return self

    __ror__ = __or__

    def __mro_entries__(self, _bases: Any) -> tuple[type, ...]:
        return (object,)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        return None


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last: for what nothing else finds, where the application itself imports it, never for its own modules."""

    def __init__(self, root: str, own: frozenset[str]) -> None:
        self.root = root
        self.own = own

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if name.partition(".")[0] in self.own:
            return None
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is None or not frame.f_code.co_filename.startswith(self.root):
            return None  # the standard library asks for modules that are not meant to be here
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Anything(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def trace(path: str) -> None:
    """Every way of os.environ to a name that is missing goes through its `__getitem__` or `__contains__`."""
    kind = type(os.environ)
    standard = {os.__file__, "<frozen os>", "<frozen _collections_abc>", __file__}
    settings = [
        str(Path(spec.origin).parent)
        for spec in [importlib.util.find_spec("pydantic_settings")]
        if spec and spec.origin
    ]
    there, within = kind.__getitem__, kind.__contains__
    out = Path(path).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115  open as long as the process is

    root = os.environ.pop("ENVSCAN_ROOT")

    def note(key: Any) -> None:
        """Where the application's own code asks, directly or by os.getenv; what its packages ask is theirs."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename in standard:
            frame = frame.f_back
        if frame is not None and frame.f_code.co_filename.startswith((root, *settings)):
            out.write(json.dumps(str(key)) + "\n")

    def item(self: Any, key: Any) -> Any:
        try:
            return there(self, key)
        except KeyError:
            note(key)
            raise

    def contains(self: Any, key: Any) -> bool:
        found = within(self, key)
        if not found:
            note(key)
        return found

    kind.__getitem__, kind.__contains__ = item, contains  # type: ignore[method-assign]


def main() -> None:
    root, entry = sys.argv[1:]
    sys.path[0] = root
    own = frozenset(path.stem for path in Path(root).iterdir())
    sys.meta_path.append(StandIns(root, own))
    trace(os.environ.pop("ENVSCAN_TRACE"))
    importlib.import_module(entry.removesuffix(".py").replace("/", "."))
    os._exit(0)  # threads that the application has started do not hold the rehearsal


if __name__ == "__main__":
    main()

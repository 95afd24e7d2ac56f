"""Google's packages, loaded without what they bring in for services, transports and frameworks that are not used here.

They take more time than anything else of a process that asks Google a few things. A package of generated clients loads
every client that it has; here it loads the ones that are imported by name. And what is optional is found wherever
something else installed it: aiohttp for REST in asyncio, web frameworks for handlers of Python's logging.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_GENERATED = ("google.cloud.run_v2", "google.cloud.devtools.cloudbuild_v1", "google.cloud.logging_v2")
_CERTIFICATES = "cryptography.x509"
"""Google's login loads it for checking certificates, which nothing here does."""
_OPTIONAL = ("aiohttp", "django", "flask")
_loading = threading.Lock()
_loaded = False


def are_loaded() -> bool:
    """Whether `load` has nothing to do any more."""
    return _loaded


def load() -> None:
    """What every walk and every action asks with. For a worker thread: git is read meanwhile."""
    global _loaded
    with _loading, _without(_OPTIONAL):
        for name in (*_GENERATED, _CERTIFICATES):
            _defer(name)
        import google.cloud.devtools.cloudbuild_v1.services.cloud_build
        import google.cloud.run_v2.services.services  # noqa: F401
    _loaded = True


def load_logging() -> None:
    """What logs are asked with."""
    load()
    with _loading, _without(_OPTIONAL):
        import google.cloud.logging_v2.services.logging_service_v2  # noqa: F401


class _Deferred(ModuleType):
    """A package whose own code runs when a name is asked for that is none of its modules."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = f"{self.__name__}.{name}"
        if importlib.util.find_spec(inner) is not None:
            return importlib.import_module(inner)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(self)
        return getattr(self, name)


def _defer(name: str) -> None:
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None:
        return
    parent, _, own = name.rpartition(".")
    module = _Deferred(name)
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    module.__package__, module.__path__ = name, spec.submodule_search_locations or []
    sys.modules[name] = module
    setattr(sys.modules[parent], own, module)


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Meanwhile these count as not installed, but for those that are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # as the import system has it: ImportError
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)

"""What is modelled, method by method: the published table, and the names that faults can be planted on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signoff_sandbox.wire import discovery
from signoff_sandbox.wire.dispatch import HANDLERS, MODULES
from signoff_sandbox.wire.paths import PathMethod
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.templates import routes

#: Package of gRPC services -> the API that its methods are of.
PACKAGES = {
    "google.cloud.run.v2": "run.v2",
    "google.devtools.cloudbuild.v1": "cloudbuild.v1",
    "google.devtools.artifactregistry.v1": "artifactregistry.v1",
    "google.devtools.containeranalysis.v1": "containeranalysis.v1",
    "grafeas.v1": "containeranalysis.v1",
    "google.logging.v2": "logging.v2",
    "google.cloud.scheduler.v1": "cloudscheduler.v1",
    "google.cloud.secretmanager.v1": "secretmanager.v1",
    "google.cloud.resourcemanager.v3": "cloudresourcemanager.v3",
}
#: gRPC services that several APIs share, and what is of no API of Google's discovery.
OPERATIONS, REGISTRY = "Operations and locations, of several APIs", "Docker Registry API v2"


@dataclass(frozen=True, slots=True)
class Method:
    """`missing`: what of it is not modelled; "" where all of it is, None where nothing is."""

    api: str
    name: str
    missing: str | None


def partly() -> dict[str, str]:
    """Method of the gRPC table -> what of it is not modelled, as its module says."""
    return {method: what for module in MODULES for method, what in getattr(module, "PARTLY", {}).items()}


def methods(paths: Iterable[PathMethod]) -> list[Method]:
    """Every method of every API that the sandbox knows by name, `paths` being those beside the table."""
    gaps = partly()
    found = [Method(_package(name), name, gaps.get(name, "") if name in HANDLERS else None) for name in rpcs()]
    beside: dict[tuple[str, str], str] = {}
    for path in paths:
        for api in _owners(path):
            said = (beside.get((api, path.name)), path.missing)
            beside[api, path.name] = "; ".join(dict.fromkeys(filter(None, said)))
    found += [Method(api, name, missing) for (api, name), missing in beside.items()]
    in_table = set(_of_the_table())
    for known in discovery.apis():
        for method in known.methods:
            if (known.title, method.name) not in beside and method not in in_table:
                found.append(Method(known.title, method.name, None))
    return found


def _package(method: str) -> str:
    """The title of the API that a method of the gRPC table belongs to."""
    titles = {api.key: api.title for api in discovery.apis()}
    package = method.partition("/")[0].rpartition(".")[0]
    return titles[PACKAGES[package]] if package in PACKAGES else OPERATIONS


def _owners(path: PathMethod) -> list[str]:
    """The titles of the APIs that a method beside the table belongs to; versions of an API share names."""
    if not path.name:
        return []
    named = [(api, method) for api in discovery.apis() for method in api.methods if method.name == path.name]
    exact = [api.title for api, method in named if path.pattern.fullmatch(method.example())]
    return exact or [api.title for api, _ in named] or [REGISTRY]


def _of_the_table() -> Iterator[discovery.Declared]:
    """What discovery documents declare and the gRPC table has."""
    table = routes(rpcs().values())
    for api in discovery.apis():
        for method in api.methods:
            fitting = (route for route in table.get(method.verb, ()) if route.match(method.example()) is not None)
            if any(route.binding.host == api.host for route in fitting):
                yield method

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
    found = [Method(_api(name), name, gaps.get(name, "") if name in HANDLERS else None) for name in rpcs()]
    titles = {method.name: api.title for api in discovery.apis() for method in api.methods}
    beside: dict[str, str] = {}
    for path in paths:
        if path.name:
            beside[path.name] = "; ".join(dict.fromkeys(filter(None, (beside.get(path.name), path.missing))))
    found += [Method(titles.get(name, REGISTRY), name, missing) for name, missing in beside.items()]
    in_table = set(_of_the_table())
    found += [Method(titles[name], name, None) for name in titles if name not in beside and name not in in_table]
    return found


def _api(method: str) -> str:
    package = method.partition("/")[0].rpartition(".")[0]
    titles = {api.key: api.title for api in discovery.apis()}
    return titles[PACKAGES[package]] if package in PACKAGES else OPERATIONS


def _of_the_table() -> Iterator[str]:
    """Names that discovery documents give to methods of the gRPC table."""
    table = routes(rpcs().values())
    for api in discovery.apis():
        for method in api.methods:
            if any(
                route.binding.host == api.host and route.match(method.example()) for route in table.get(method.verb, ())
            ):
                yield method.name

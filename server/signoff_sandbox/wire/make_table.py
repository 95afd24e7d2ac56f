"""Makes `rpcs.json` from Google's official clients: `python -m signoff_sandbox.wire.make_table`.

The clients' transports know every method, its messages and its REST bindings, but only under private names. They are
read here once, and a test compares, so that nothing of it is used while a sandbox runs.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pool

TABLE = Path(__file__).with_name("rpcs.json")

#: Package and client names whose methods are served.
CLIENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("google.cloud.run_v2", ("Services", "Revisions", "Jobs", "Executions", "Tasks", "WorkerPools", "Builds")),
    ("google.cloud.devtools.cloudbuild_v1", ("CloudBuild",)),
    ("google.cloud.artifactregistry_v1", ("ArtifactRegistry",)),
    ("google.cloud.logging_v2.services.logging_service_v2", ("LoggingServiceV2",)),
    ("google.cloud.scheduler_v1", ("CloudScheduler",)),
    ("google.cloud.secretmanager_v1", ("SecretManagerService",)),
    ("google.cloud.devtools.containeranalysis_v1", ("ContainerAnalysis",)),
    ("grafeas.grafeas_v1", ("Grafeas",)),
)
#: Grafeas is an open API, so its client names no host: in Google Cloud it is part of Container Analysis.
GRAFEAS_HOST = "containeranalysis.googleapis.com"
#: Cloud Build's operations, which its client leaves to a generic one; from the discovery document cloudbuild.v1.
BUILD_OPERATIONS: dict[str, tuple[str, str]] = {
    "google.longrunning.Operations/GetOperation": ("get", ""),
    "google.longrunning.Operations/CancelOperation": ("post", ":cancel"),
}
#: REST bindings of clients that have no REST transport, from Google's discovery document logging.v2, and
#: Resource Manager's check of permissions (its client is not needed for one method).
LOGGING = "google.logging.v2.LoggingServiceV2"
LOGGING_HOST = "logging.googleapis.com"
LOGGING_REST: dict[str, tuple[str, str, str | None]] = {
    f"{LOGGING}/WriteLogEntries": ("post", "/v2/entries:write", "*"),
    f"{LOGGING}/ListLogEntries": ("post", "/v2/entries:list", "*"),
    f"{LOGGING}/ListMonitoredResourceDescriptors": ("get", "/v2/monitoredResourceDescriptors", None),
    f"{LOGGING}/ListLogs": ("get", "/v2/{parent=*/*}/logs", None),
    f"{LOGGING}/DeleteLog": ("delete", "/v2/{log_name=projects/*/logs/*}", None),
}
RESOURCE_MANAGER = {
    "google.cloud.resourcemanager.v3.Projects/TestIamPermissions": {
        "request": "google.iam.v1.TestIamPermissionsRequest",
        "response": "google.iam.v1.TestIamPermissionsResponse",
        "rest": [
            {
                "host": "cloudresourcemanager.googleapis.com",
                "verb": "post",
                "uri": f"/{version}/{{resource=projects/*}}:testIamPermissions",
                "body": "*",
            }
            for version in ("v1", "v3")
        ],
    }
}
IAM_PB2 = "google.iam.v1.iam_policy_pb2"
MIXINS = {
    "google.longrunning.Operations": "google.longrunning.operations_pb2",
    "google.cloud.location.Locations": "google.cloud.location.locations_pb2",
}
RAW_MODULES = {
    "google.longrunning": "google.longrunning.operations_pb2",
    "google.cloud.location": "google.cloud.location.locations_pb2",
    "google.protobuf.Empty": "google.protobuf.empty_pb2",
    "google.iam.v1.Policy": "google.iam.v1.policy_pb2",
    "google.iam.v1": IAM_PB2,
}


class RecordingChannel(grpc.Channel):
    """A channel that only notes which methods are asked for."""

    def __init__(self) -> None:
        self.methods: dict[str, tuple[Any, Any]] = {}

    def unary_unary(self, method: str, *_: Any, **kwargs: Any) -> Any:
        self.methods[method.lstrip("/")] = (kwargs["request_serializer"], kwargs["response_deserializer"])
        return lambda *_args, **_kwargs: None

    def _streaming(self, *_: Any, **__: Any) -> Any:
        """No streaming method is served, so none is noted."""
        return lambda *_args, **_kwargs: None

    unary_stream = stream_unary = stream_stream = _streaming

    def subscribe(self, callback: Callable[..., Any], try_to_connect: bool = False) -> None: ...

    def unsubscribe(self, callback: Callable[..., Any]) -> None: ...

    def close(self) -> None: ...


def recorded(client: Any) -> dict[str, tuple[Any, Any]]:
    """Every method of a client's gRPC transport with its serializer and deserializer."""
    channel = RecordingChannel()
    transport = client.get_transport_class("grpc")(channel=channel)
    transport._logged_channel = channel  # without the interceptor that hides the channel until a call is made
    transport._stubs.clear()
    for name, member in inspect.getmembers(type(transport)):
        if isinstance(member, property) and not name.startswith("_") and name != "operations_client":
            getattr(transport, name)
    return channel.methods


def bindings(client: Any) -> dict[str, list[dict[str, str]]]:
    """Method name -> REST bindings, of a client that has a REST transport."""
    if "rest" not in client.get_transport_class.__self__._transport_registry:
        return {}
    found = {}
    for base in client.get_transport_class("rest").__mro__:
        for name, member in vars(base).items():
            if inspect.isclass(member) and name.startswith("_Base") and hasattr(member, "_get_http_options"):
                found[name.removeprefix("_Base")] = member._get_http_options()
    return found


def table() -> dict[str, Any]:
    """The whole table as JSON: {"modules": {type: module}, "methods": {method: {request, response, rest}}}."""
    modules: dict[str, str] = {}
    methods: dict[str, dict[str, Any]] = {}
    for package, names in CLIENTS:
        for name in names:
            client = getattr(importlib.import_module(package), f"{name}Client")
            rest = bindings(client)
            for method, coders in recorded(client).items():
                request, response = types_of(method, coders, modules)
                entry = methods.setdefault(method, {"request": request, "response": response, "rest": []})
                for binding in _rest(method, rest, getattr(client, "DEFAULT_ENDPOINT", GRAFEAS_HOST)):
                    if binding not in entry["rest"]:
                        entry["rest"].append(binding)
    for method, (verb, suffix) in BUILD_OPERATIONS.items():
        for name in ("operations/**", "projects/*/locations/*/operations/*"):
            extra = {"host": "cloudbuild.googleapis.com", "verb": verb, "uri": f"/v1/{{name={name}}}{suffix}"}
            methods[method]["rest"].append(extra | ({"body": "*"} if verb == "post" else {}))
    for method, entry in RESOURCE_MANAGER.items():
        methods[method] = entry
        for kind in ("request", "response"):
            modules[str(entry[kind])] = IAM_PB2
    return {"modules": dict(sorted(modules.items())), "methods": dict(sorted(methods.items()))}


def _rest(method: str, rest: dict[str, list[dict[str, str]]], host: str) -> Iterator[dict[str, str]]:
    if method in LOGGING_REST:
        verb, uri, body = LOGGING_REST[method]
        yield {"host": LOGGING_HOST, "verb": verb, "uri": uri} | ({"body": body} if body else {})
    for option in rest.get(method.rpartition("/")[2], []):
        binding = {"host": host, "verb": option["method"], "uri": option["uri"]}
        yield binding | ({"body": option["body"]} if "body" in option else {})


def types_of(method: str, coders: tuple[Any, Any], modules: dict[str, str]) -> tuple[str, str]:
    """Full names of request and response; notes in `modules` where each is defined."""
    service, _, name = method.partition("/")
    request, response = (getattr(coder, "__self__", None) for coder in coders)
    if service in MIXINS:  # their clients do not always say what they answer; their descriptors do
        importlib.import_module(MIXINS[service])
        described = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
        names = [str(described.input_type.full_name), str(described.output_type.full_name)]
    else:
        # The serializer of a plain protobuf does not tell its class: those are the IAM methods.
        asked = _full_name(request) if request is not None else f"google.iam.v1.{name}Request"
        answered = _full_name(response) if response is not None else "google.protobuf.Empty"
        names = [asked, answered]
    for full_name, owner in zip(names, (request, response), strict=True):
        modules[full_name] = owner.__module__ if hasattr(owner, "pb") else _raw_module(full_name)
    return names[0], names[1]


def _full_name(owner: Any) -> str:
    return str((owner.pb() if hasattr(owner, "pb") else owner).DESCRIPTOR.full_name)


def _raw_module(full_name: str) -> str:
    for prefix, module in RAW_MODULES.items():
        if full_name.startswith(prefix):
            return module
    raise KeyError(f"no module known that defines {full_name}")


def text() -> str:
    """The table as it is committed."""
    return json.dumps(table(), indent=1) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")

"""The state file: one JSON object whose entries are Google's own REST JSON.

What is loaded is served as it stands: nothing reconciles it. Saving and loading again gives the same state.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from google.iam.v1.policy_pb2 import Policy
from google.protobuf import json_format

from signoff_sandbox.world import git_remotes, policies
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.collections import COLLECTIONS, message_class
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.faults import Faults
from signoff_sandbox.world.google_json import from_json, to_json
from signoff_sandbox.world.identities import by_id
from signoff_sandbox.world.logbook import Entry

OBJECTS = frozenset({"iamPolicies", "gitRemotes"})
#: State file key -> what names of its entries have before the last id, where that is not the key itself.
SEGMENTS = {"buildTriggers": "triggers", "schedulerJobs": "jobs"} | dict.fromkeys(
    ("secretVersions", "secretPayloads"), "versions"
)
KEYS = (
    *COLLECTIONS,
    *("logEntries", "iamPolicies", "gitRemotes", "deniedPermissions", "unreachableLocations", "unfinished", "faults"),
)


class StateError(Exception):
    """The state cannot be read; the message names file, key, index and cause."""


def load_file(cloud: Cloud, path: Path) -> None:
    """Merge a state file into the cloud. Raises StateError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except OSError as error:
        raise StateError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path}: is not JSON: {error}") from error
    merge(cloud, content, str(path))


def merge(cloud: Cloud, content: Any, source: str = "state") -> None:
    """Add entries to the cloud; one of a known name replaces it. All or nothing. Raises StateError."""
    if not isinstance(content, Mapping):
        raise StateError(f"{source}: the state must be a JSON object with keys such as 'services'")
    planting: list[Callable[[], None]] = []
    known: dict[tuple[str, str], Any] = {}
    for key, value in content.items():
        if key not in KEYS:
            raise StateError(f"{source}: unknown key {key!r}; known are {', '.join(KEYS)}")
        shape = Mapping if key in OBJECTS else list
        if not isinstance(value, shape):
            raise StateError(f"{source}: {key}: must be {'an object' if shape is Mapping else 'a list'}")
        entries = value.items() if isinstance(value, Mapping) else enumerate(value)
        for index, entry in entries:
            try:
                name, plant = _planter(cloud, key, index, entry)
            except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
                raise StateError(f"{source}: {key}[{json.dumps(index)}]: {error}") from error
            except ApiError as error:  # a package is missing
                raise StateError(f"{source}: {key}[{json.dumps(index)}]: {error.message}") from error
            if name and (before := known.setdefault((key, name), index)) != index:
                raise StateError(f"{source}: {key}[{json.dumps(index)}]: {name!r} is {key}[{before}] already")
            planting.append(plant)
    for plant in planting:
        plant()
    cloud.noted()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two values for one key JSON would forget the first."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return made


def _planter(cloud: Cloud, key: str, index: Any, entry: Any) -> tuple[str, Callable[[], None]]:
    """What tells the entry from others of its key ("" where nothing does), and what plants it."""
    if key == "deniedPermissions":
        if not isinstance(entry, str):
            raise TypeError("a permission is a string such as 'run.services.list'")
        return "", lambda: cloud.denied_permissions.add(entry)
    if key == "gitRemotes":
        if not isinstance(entry, str):
            raise TypeError("a repository lies at an address, a string such as '/srv/git/shop.git'")
        return str(index), lambda: git_remotes.tell(cloud, str(index), entry)
    if key == "unreachableLocations":
        if not isinstance(entry, str):
            raise TypeError("a location is a string such as 'europe-west1'")
        return "", lambda: cloud.unreachable_locations.add(entry)
    if key == "unfinished":
        if not isinstance(entry, str):
            raise TypeError("work that was not finished is the name of an operation or an execution")
        return "", lambda: cloud.unfinished.add(entry)
    if not isinstance(entry, dict):
        raise TypeError("must be an object")
    if key == "faults":
        return "", cloud.faults.planter(entry)
    if key == "logEntries":
        log_entry = json_format.ParseDict(entry, Entry())
        if not log_entry.log_name:
            raise ValueError("a log entry needs its 'logName'")
        return "", lambda: cloud.logbook.plant(log_entry, cloud.clock())
    if key == "iamPolicies":
        policy = json_format.ParseDict(entry, Policy())
        return str(index), lambda: cloud.store.plant(policies.COLLECTION, str(index), policy)
    message: Any = from_json(entry, message_class(COLLECTIONS[key])())
    name = by_id(cloud, resource_name(key, message))
    return name, lambda: cloud.store.plant(key, name, message)


def resource_name(collection: str, message: Any) -> str:
    """The full name under which a resource is stored. Raises ValueError if it has none, or one of something else."""
    field = "resourceName" if collection == "buildTriggers" else "name"
    name = str(message.resource_name if collection == "buildTriggers" else message.name)
    if not name:
        raise ValueError(f"needs its {field!r}")
    segment = SEGMENTS.get(collection, collection)
    if collection != "operations" and not (name.startswith("projects/") and f"/{segment}/" in name):
        raise ValueError(f"{field!r} is a full name such as 'projects/P/…/{segment}/ID', not {name!r}")
    return name


def dump(cloud: Cloud) -> dict[str, Any]:
    """The whole state as JSON; keys without entries are left out."""
    return snapshot(cloud)()


def snapshot(cloud: Cloud) -> Callable[[], dict[str, Any]]:
    """The state as it is now; what is answered makes JSON of it, in any thread, while the cloud goes on."""
    resources = {key: cloud.store.references(key) for key in (*COLLECTIONS, policies.COLLECTION)}
    entries = tuple(cloud.logbook.everything())
    rest = nameless(cloud)

    def written() -> dict[str, Any]:
        content: dict[str, Any] = {key: [to_json(message) for _, message in resources[key]] for key in COLLECTIONS}
        content["logEntries"] = [json_format.MessageToDict(entry) for entry in entries]
        content["iamPolicies"] = {
            name: json_format.MessageToDict(policy) for name, policy in resources[policies.COLLECTION]
        }
        return {key: value for key, value in (content | rest).items() if value}

    return written


def nameless(cloud: Cloud) -> dict[str, Any]:
    """What of the state is no resource and no log entry: its part of the state file."""
    return {
        "gitRemotes": dict(sorted(cloud.git_remotes.items())),
        "deniedPermissions": sorted(cloud.denied_permissions),
        "unreachableLocations": sorted(cloud.unreachable_locations),
        "unfinished": sorted(cloud.work()),
        "faults": [fault.rest() for fault in cloud.faults.planted],
    }


def forget(cloud: Cloud, keys: Collection[str]) -> None:
    """Let go of everything under these keys of what `nameless` has."""
    holders: dict[str, dict[str, str] | set[str] | Faults] = {
        "gitRemotes": cloud.git_remotes,
        "deniedPermissions": cloud.denied_permissions,
        "unreachableLocations": cloud.unreachable_locations,
        "unfinished": cloud.unfinished,
        "faults": cloud.faults,
    }
    for key in keys:
        holders[key].clear()


def save_file(cloud: Cloud, path: Path) -> None:
    """Write the state so that a reader sees the old file or the new one, never a half. Raises StateError."""
    write_file(path, dump(cloud))


def write_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write what `dump` answered, as `save_file` does. Raises StateError."""
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError as error:
        raise StateError(f"{path}: cannot be written: {error.strerror}") from error

"""The state file: what is loaded is served, saved and loaded again the same; what is wrong is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.iam.v1.policy_pb2 import Policy
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox, serve
from signoff_sandbox.settings import Settings
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.collections import COLLECTIONS, message_class
from signoff_sandbox.world.logbook import Entry
from support.filled import filled
from support.planted import AT, PLACE, SERVICE, STATE

FAULT = {"method": "x.Y/*", "code": "UNAVAILABLE", "message": "m", "latencySeconds": 1.5, "drop": True, "times": 3}
EVERYTHING = {
    **STATE,
    "operations": [{"name": "projects/demo/locations/us-central1/operations/o-1", "done": True}],
    "deniedPermissions": ["run.jobs.list", "run.services.list"],
    "unreachableLocations": ["me-west1"],
    "unfinished": ["projects/demo/locations/us-central1/operations/o-2"],
    "gitRemotes": {"https://github.com/acme/shop": "/srv/git/shop.git"},
    "faults": [FAULT, {"method": "z", "emptyList": True}, {"method": "z", "truncate": 2}],
}


def by_name(content: dict[str, Any]) -> dict[str, Any]:
    """The content with resources in the order of their names, as they are saved."""
    made = copy.deepcopy(content)
    for key in COLLECTIONS:
        made[key].sort(key=lambda entry: str(entry.get("resourceName", entry["name"])))
    return made


def test_what_is_loaded_is_saved_the_same(tmp_path: Path) -> None:
    assert set(EVERYTHING) == set(state.KEYS), "every key is tried"
    path = tmp_path / "new" / "state.json"
    cloud = Cloud(Settings())
    state.merge(cloud, EVERYTHING)
    state.save_file(cloud, path)
    assert json.loads(path.read_text(encoding="utf-8")) == by_name(EVERYTHING)
    again = Cloud(Settings())
    state.load_file(again, path)
    assert state.dump(again) == state.dump(cloud)
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"], "no temporary file is left"


def test_an_empty_cloud_has_an_empty_state() -> None:
    assert state.dump(Cloud(Settings())) == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"service": []}, "file.json: unknown key 'service'; known are services, "),
        ({"services": {}}, "file.json: services: must be a list"),
        ({"iamPolicies": []}, "file.json: iamPolicies: must be an object"),
        ([], "file.json: the state must be a JSON object"),
        (
            {"services": [{"name": SERVICE}, {"nam": "b"}]},
            'file.json: services[1]: Message type "google.cloud.run.v2.Serv',
        ),
        ({"services": [{"uri": "b"}]}, "file.json: services[0]: needs its 'name'"),
        (
            {"services": [{"name": "web"}]},
            "file.json: services[0]: 'name' is a full name such as 'projects/P/…/services/ID', not 'web'",
        ),
        (
            {"schedulerJobs": [{"name": "projects/p/locations/l/services/a"}]},
            "file.json: schedulerJobs[0]: 'name' is a full name such as 'projects/P/…/jobs/ID'",
        ),
        ({"services": ["web"]}, "file.json: services[0]: must be an object"),
        ({"services": [{"name": "a", "createTime": "now"}]}, "file.json: services[0]: Failed to parse createTime"),
        ({"services": [{"name": "a", "ingress": "OPEN"}]}, "file.json: services[0]: Failed to parse ingress"),
        ({"buildTriggers": [{"name": "a"}]}, "file.json: buildTriggers[0]: needs its 'resourceName'"),
        ({"logEntries": [{"textPayload": "a"}]}, "file.json: logEntries[0]: a log entry needs its 'logName'"),
        ({"iamPolicies": {"s": {"binding": []}}}, 'file.json: iamPolicies["s"]: '),
        ({"services": [{"name": SERVICE}] * 2}, f"file.json: services[1]: {SERVICE!r} is services[0] already"),
        ({"deniedPermissions": [1]}, "file.json: deniedPermissions[0]: a permission is a string"),
        ({"unreachableLocations": [{}]}, "file.json: unreachableLocations[0]: a location is a string"),
        ({"faults": [{"method": "*"}]}, "file.json: faults[0]: a fault needs an effect"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_taken_in(tmp_path: Path, content: Any, complaint: str) -> None:
    cloud = Cloud(Settings())
    with pytest.raises(state.StateError) as refused:
        state.merge(cloud, content, "file.json")
    assert str(refused.value).startswith(complaint)
    assert state.dump(cloud) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "is not JSON: Expecting value: line 1"),
        (b'{"services": [\n{"name": "a"', "is not JSON: .* line 2 column 13"),
        (b'{"services": [], "services": []}', "is not JSON: the key 'services' is there twice"),
        (b'{"services": [{"name": "\xff"}]}', "is not JSON: 'utf-8' codec can't decode byte 0xff"),
        (b"[" * 100_000, "is not JSON: maximum recursion depth"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: bytes | None, complaint: str) -> None:
    path = tmp_path / "state.json"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(state.StateError, match=complaint) as refused:
        state.load_file(Cloud(Settings()), path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("key", sorted(COLLECTIONS))
def test_every_field_of_every_collection_is_kept(key: str, tmp_path: Path) -> None:
    name = f"{PLACE}/{state.SEGMENTS.get(key, key)}/one"
    message = filled(message_class(COLLECTIONS[key]))
    message.name = name
    if key == "buildTriggers":
        message.resource_name = name
    entry = json_format.MessageToDict(message)
    cloud = Cloud(Settings())
    state.merge(cloud, {key: [entry]})
    assert state.dump(cloud) == {key: [entry]}
    state.save_file(cloud, tmp_path / "state.json")
    again = Cloud(Settings())
    state.load_file(again, tmp_path / "state.json")
    assert again.store.get(key, name) == message


@pytest.mark.parametrize(("key", "kind"), [("logEntries", Entry), ("iamPolicies", Policy)])
def test_every_field_of_log_entries_and_policies_is_kept(key: str, kind: Any) -> None:
    entry = json_format.MessageToDict(filled(kind))
    cloud = Cloud(Settings())
    state.merge(cloud, {key: {"r": entry} if key == "iamPolicies" else [entry]})
    assert state.dump(cloud) == {key: {"r": entry} if key == "iamPolicies" else [entry]}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from([SERVICE, AT, "1s"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "a"]), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


PLACES = list(places(EVERYTHING))


@settings(max_examples=300)
@given(st.sampled_from(PLACES), JSON)
def test_whatever_is_broken_is_named_with_its_key_or_taken_in_whole(place: tuple[Any, ...], value: Any) -> None:
    content = json.loads(json.dumps(EVERYTHING))  # nothing in it is shared
    *parents, last = place
    holder: Any = content
    for parent in parents:
        holder = holder[parent]
    holder[last] = value
    cloud = Cloud(Settings())
    try:
        state.merge(cloud, content, "file.json")
    except state.StateError as error:
        where = f"{place[0]}[{json.dumps(place[1])}]" if len(place) > 1 else place[0]
        assert str(error).startswith("file.json: ")
        assert where in str(error)
        assert state.dump(cloud) == {}
    else:
        again = Cloud(Settings())
        state.merge(again, json.loads(json.dumps(state.dump(cloud))))
        assert state.dump(again) == state.dump(cloud)


async def test_the_control_paths_plant_show_and_save(running: RunningSandbox, http: httpx2.AsyncClient) -> None:
    assert (await http.post("/sandbox/state", json={"services": STATE["services"]})).json() == {}
    assert (await http.get("/sandbox/state")).json() == {"services": STATE["services"]}
    assert (await http.get(f"/v2/{SERVICE}")).json() == STATE["services"][0]
    wrong = await http.post("/sandbox/state", json={"services": [{"nam": "b"}]})
    assert wrong.status_code == 400
    assert "services[0]" in wrong.json()["error"]["message"]
    assert (await http.post("/sandbox/state", content=b"{")).status_code == 400
    assert "without --state" in (await http.post("/sandbox/state:save")).json()["error"]["message"]
    assert (await http.get("/sandbox/calls")).json() == {"google.cloud.run.v2.Services/GetService": 1}
    await http.post("/sandbox/calls:reset")
    assert (await http.get("/sandbox/calls")).json() == {}
    stranger = {"authorization": "Bearer stranger"}
    assert (await http.get("/sandbox/state", headers=stranger)).status_code == 401


async def test_state_is_saved_on_request_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    sandbox = await serve(Settings(state=path, data=tmp_path / "data"))
    try:
        async with httpx2.AsyncClient(trust_env=False, headers={"authorization": "Bearer sandbox"}) as http:
            base = f"http://{sandbox.http_address}/sandbox/state"
            assert (await http.post(f"{base}:save")).json() == {"saved": str(path)}
            assert json.loads(path.read_text()) == {}
            await http.post(base, json={"deniedPermissions": ["run.jobs.list"]})
    finally:
        await sandbox.close()
    assert json.loads(path.read_text()) == {"deniedPermissions": ["run.jobs.list"]}

"""The journal: whatever was answered is there again, whenever the sandbox was killed."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.cloud.run_v2.types import Job, Service
from google.iam.v1.policy_pb2 import Binding, Policy
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff_sandbox import journal, state
from signoff_sandbox.holding import hold
from signoff_sandbox.journal import Journal
from signoff_sandbox.settings import Settings
from signoff_sandbox.state import StateError
from signoff_sandbox.world import run_logs
from signoff_sandbox.world.cloud import Cloud
from support.planted import STATE

PLACE = "projects/demo/locations/us-central1"
names = st.sampled_from(["a", "b", "c"])


def kept(path: Path) -> tuple[Cloud, Journal]:
    """A cloud whose state is kept in `path`, with what is there."""
    cloud = Cloud(Settings(state=path))
    made = Journal(cloud, path)
    made.load()
    return cloud, made


def files(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def journal_size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.glob("*.journal*"))


def put_service(cloud: Cloud, name: str) -> None:
    full = f"{PLACE}/services/{name}"
    before: Any = cloud.store.get("services", full)
    generation = before.generation + 1 if before is not None else 1
    cloud.store.put("services", full, Service.pb()(name=full, generation=generation))


def put_job(cloud: Cloud, name: str) -> None:
    full = f"{PLACE}/jobs/{name}"
    cloud.store.plant("jobs", full, Job.pb()(name=full, create_time=cloud.now()))


def delete_service(cloud: Cloud, name: str) -> None:
    cloud.store.delete("services", f"{PLACE}/services/{name}")


def log(cloud: Cloud, name: str) -> None:
    place = run_logs.revision_resource(f"{PLACE}/services/{name}", f"{name}-1")
    entry = run_logs.entry(place, f"stdout-{name}")
    entry.text_payload = f"line {len(list(cloud.logbook.everything()))}"
    run_logs.write(cloud, entry)


def forget_log(cloud: Cloud, name: str) -> None:
    cloud.logbook.delete(f"projects/demo/logs/run.googleapis.com%2Fstdout-{name}")


def grant(cloud: Cloud, name: str) -> None:
    policy = Policy(bindings=[Binding(role="roles/run.invoker", members=[f"user:{name}@example.com"])])
    cloud.iam_policies[f"{PLACE}/services/{name}"] = policy


def deny(cloud: Cloud, name: str) -> None:
    state.merge(cloud, {"deniedPermissions": [f"run.services.{name}"], "unreachableLocations": [name]})


def tell(cloud: Cloud, name: str) -> None:
    state.merge(cloud, {"gitRemotes": {f"https://example.com/{name}": f"/srv/{name}"}})


def plant_fault(cloud: Cloud, name: str) -> None:
    state.merge(cloud, {"faults": [{"method": f"x.Y/{name}", "code": "UNAVAILABLE", "times": 2}]})


def strike(cloud: Cloud, name: str) -> None:
    cloud.faults.strike(f"x.Y/{name}")


def clear_faults(cloud: Cloud, name: str) -> None:
    cloud.faults.clear()


Change = Callable[[Cloud, str], None]
CHANGES: list[Change] = [
    *(put_service, put_job, delete_service, log, forget_log, grant, deny, tell, plant_fault, strike, clear_faults),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CHANGES), names), max_size=25), st.integers(0, 25))
def test_whenever_it_is_killed_everything_before_is_there_again(changes: list[tuple[Change, str]], saved: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        cloud, keeping = kept(path)
        for number, (change, name) in enumerate(changes):
            if number == saved:
                keeping.save()
            change(cloud, name)
        again, _ = kept(path)
        assert state.dump(again) == state.dump(cloud)
        third, _ = kept(path)
        assert state.dump(third) == state.dump(cloud)


def test_a_line_that_was_not_written_to_its_end_is_as_if_it_had_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    cloud, _ = kept(path)
    put_service(cloud, "a")
    before = state.dump(cloud)
    put_service(cloud, "b")
    written = tmp_path / "state.json.journal"
    written.write_bytes(written.read_bytes()[:-5])
    again, _ = kept(path)
    assert state.dump(again) == before


def test_a_journal_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    written = tmp_path / "state.json.journal"
    written.write_text('{"services": []}\nnonsense\n')
    with pytest.raises(StateError, match=r"state\.json\.journal:2: is not JSON"):
        kept(tmp_path / "state.json")
    written.write_text('{"services": [{"nonsense": 1}]}\n')
    with pytest.raises(StateError, match=r"state\.json\.journal:1: services\[0\]"):
        kept(tmp_path / "state.json")


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    kept(path)
    assert files(tmp_path) == ["state.json"]
    assert json.loads(path.read_text()) == STATE


async def test_at_the_end_only_the_state_file_is_left_and_names_what_was_not_finished(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    cloud, keeping = kept(path)
    put_service(cloud, "a")
    await keeping.close({f"{PLACE}/operations/o-1"})
    assert files(tmp_path) == ["state.json"]
    assert json.loads(path.read_text())["unfinished"] == [f"{PLACE}/operations/o-1"]
    put_service(cloud, "b")
    assert files(tmp_path) == ["state.json"], "a closed journal writes nothing"


async def test_a_journal_that_has_grown_long_becomes_the_state_file_while_changes_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LONG", 20_000)
    path = tmp_path / "state.json"
    cloud, keeping = kept(path)
    state.merge(cloud, STATE)
    longest = 0
    for number in range(400):
        put_service(cloud, "abc"[number % 3])
        log(cloud, "a")
        await asyncio.sleep(0)
        longest = max(longest, journal_size(tmp_path))
    again, _ = kept(path)
    assert state.dump(again) == state.dump(cloud)
    await keeping.close(set())
    assert longest < 400 * 1000, "the journal does not grow for ever"
    assert state.dump(kept(path)[0]) == state.dump(cloud)


async def test_a_state_file_that_cannot_be_written_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal, "LONG", 2_000)
    path = tmp_path / "state.json"
    path.mkdir()  # a file cannot take its place
    cloud = Cloud(Settings())
    keeping = Journal(cloud, path)
    monkeypatch.setattr(state, "load_file", lambda *_: None)
    keeping.load()
    for number in range(60):
        put_service(cloud, "abc"[number % 3])
        await asyncio.sleep(0)
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # what is being written beside
    assert "cannot be written" in caplog.text
    path.rmdir()
    monkeypatch.undo()
    assert state.dump(kept(path)[0]) == state.dump(cloud)


def test_what_was_killed_while_it_wrote_the_state_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    cloud, _ = kept(path)
    put_service(cloud, "a")
    put_service(cloud, "b")
    delete_service(cloud, "a")
    (tmp_path / "state.json.journal").rename(tmp_path / "state.json.journal.old")
    for written in (False, True):  # before the file was there, and after
        if written:
            state.save_file(cloud, path)
        again = Cloud(Settings())
        Journal(again, path).load()
        assert state.dump(again) == state.dump(cloud)


def test_secrets_in_the_journal_are_readable_for_their_owner_alone(tmp_path: Path) -> None:
    cloud, _ = kept(tmp_path / "state.json")
    put_service(cloud, "a")
    assert (tmp_path / "state.json.journal").stat().st_mode & 0o777 == 0o600


def test_two_sandboxes_cannot_use_the_same_files(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    with hold(lock, "x"), pytest.raises(OSError, match="x: another sandbox is using it"), hold(lock, "x"):
        raise AssertionError("it was held twice")
    with hold(lock, "x"):
        assert files(tmp_path) == ["x.lock"]
    assert not files(tmp_path)

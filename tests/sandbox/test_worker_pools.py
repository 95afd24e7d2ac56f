"""Worker pools: instances that nobody sends requests to, kept running and moved between revisions."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from signoff_sandbox import state
from signoff_sandbox.server import serve
from signoff_sandbox.settings import Settings
from signoff_sandbox.world import run_worker_reconciler
from support.cloudrun import IMAGE, PLACE, Lab, lab
from support.jobs import DOCKERFILE, condition
from support.waiting import eventually

POOL = f"{PLACE}/workerPools/crunch"
State, Common = run_v2.Condition.State, run_v2.Condition.CommonReason
OfRevision = run_v2.Condition.RevisionReason
WORK = "import os, time\nprint('pid', os.getpid(), os.environ['CLOUD_RUN_WORKER_POOL_REVISION'], flush=True)\n"
FOREVER = WORK + "time.sleep(3600)"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path, worker_steady_seconds=0) as made:
        yield made


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Lab]:
    """A sandbox that watches a new instance for so long that one that ends at once is always seen to end."""
    async with lab(tmp_path, worker_steady_seconds=60) as made:
        yield made


def pool(count: int | None = None, image: str = f"{IMAGE}:latest", **fields: Any) -> run_v2.WorkerPool:
    scaling = {} if count is None else {"scaling": {"manual_instance_count": count}}
    return run_v2.WorkerPool({"template": {"containers": [{"image": image}]}, **scaling, **fields})


async def create(cloud: Lab, made: run_v2.WorkerPool) -> run_v2.WorkerPool:
    request = {"parent": PLACE, "worker_pool": made, "worker_pool_id": "crunch"}
    return await cloud.finish(await cloud.worker_pools.create_worker_pool(request=request))


async def update(cloud: Lab, made: run_v2.WorkerPool, **request: Any) -> run_v2.WorkerPool:
    request = {"worker_pool": made, **request}
    return await cloud.finish(await cloud.worker_pools.update_worker_pool(request=request))


async def running(cloud: Lab, count: int) -> Counter[str]:
    """Wait until that many instances have said hello; revision (short) -> how many of those that live."""

    def alive() -> list[str]:
        greetings = [e.text_payload.split() for e in cloud.entries("stdout", worker_pool_name="crunch")]
        return [revision for _, pid, revision in greetings if Path(f"/proc/{pid}").exists()]

    await eventually(lambda: len(alive()) == count)
    return Counter(alive())


def short(name: str) -> str:
    return name.rpartition("/")[2]


async def test_a_pool_runs_its_instances_without_a_port(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": "import os\nprint(sorted(os.environ))\n" + FOREVER})
    made = await create(cloud, pool(2))
    await eventually(lambda: len(cloud.entries("stdout")) == 4)
    names = next(e for e in cloud.entries("stdout") if e.text_payload.startswith("["))
    assert "CLOUD_RUN_WORKER_POOL'" in names.text_payload
    assert "'PORT'" not in names.text_payload and "K_SERVICE" not in names.text_payload
    assert names.resource.type == "cloud_run_worker_pool"
    assert dict(names.resource.labels) == {
        "project_id": "demo",
        "location": "us-central1",
        "worker_pool_name": "crunch",
        "revision_name": short(made.latest_ready_revision),
    }
    assert cloud.cloud.machine.workers.count(made.latest_ready_revision) == 2


async def test_a_pool_is_completed_with_the_defaults_of_cloud_run(cloud: Lab) -> None:
    digest = await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    made = await create(cloud, pool())
    assert made.scaling.manual_instance_count == 1
    assert (made.generation, made.observed_generation, made.reconciling) == (1, 1, False)
    assert made.terminal_condition.state == State.CONDITION_SUCCEEDED
    assert made.latest_ready_revision == made.latest_created_revision
    (split,) = made.instance_split_statuses
    assert (split.revision, split.percent) == (short(made.latest_ready_revision), 100)
    revision = await cloud.revisions.get_revision(name=made.latest_ready_revision)
    assert revision.containers[0].image == f"{IMAGE}@{digest}"
    assert revision.containers[0].name == "web-1"
    assert revision.scaling_status.desired_min_instance_count == 1
    for kind in ("Ready", "Active", "ContainerReady", "ResourcesAvailable", "MinInstancesProvisioned"):
        assert condition(revision, kind).state == State.CONDITION_SUCCEEDED, kind
    assert await cloud.worker_pools.get_worker_pool(name=POOL) == made


async def test_a_new_template_is_a_new_revision_and_takes_over(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    first = await create(cloud, pool())
    await running(cloud, 1)
    await cloud.build({"main.py": FOREVER + "\n# another"})
    second = await update(cloud, first, force_new_revision=True)
    assert await running(cloud, 1) == {short(second.latest_ready_revision): 1}
    assert second.latest_ready_revision != first.latest_ready_revision
    old = await cloud.revisions.get_revision(name=first.latest_ready_revision)
    assert condition(old, "Active").revision_reason == OfRevision.RETIRED
    listed = [one.name async for one in await cloud.revisions.list_revisions(parent=POOL)]
    assert listed == [second.latest_ready_revision, first.latest_ready_revision]


async def test_instances_are_split_between_revisions(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    first = await create(cloud, pool(3))
    second = await update(cloud, first, force_new_revision=True)
    old, new = short(first.latest_ready_revision), short(second.latest_ready_revision)
    second.instance_splits = [
        {"type_": run_v2.InstanceSplitAllocationType.INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION, "revision": old}
        | {"percent": 70},
        {"type_": run_v2.InstanceSplitAllocationType.INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST, "percent": 30},
    ]
    split = await update(cloud, second, update_mask={"paths": ["instance_splits"]})
    assert [(status.revision, status.percent) for status in split.instance_split_statuses] == [(old, 70), (new, 30)]
    assert await running(cloud, 3) == {old: 2, new: 1}
    for name in (old, new):
        with pytest.raises(exceptions.FailedPrecondition, match="actively serving"):
            await cloud.revisions.delete_revision(name=f"{POOL}/revisions/{name}")


async def test_scaling_changes_no_revision(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    made = await create(cloud, pool(1))
    made.scaling.manual_instance_count = 3
    bigger = await update(cloud, made)
    assert (bigger.latest_created_revision, bigger.generation) == (made.latest_created_revision, 2)
    assert (await running(cloud, 3)).total() == 3
    bigger.scaling.manual_instance_count = 0
    await update(cloud, bigger)
    assert await running(cloud, 0) == {}


async def test_an_instance_that_ends_is_started_again(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    made = await create(cloud, pool())
    await running(cloud, 1)
    (greeting,) = cloud.entries("stdout")
    os.kill(int(greeting.text_payload.split()[1]), signal.SIGKILL)
    await eventually(lambda: len(cloud.entries("stdout")) == 2)
    (ended,) = cloud.entries("varlog%2Fsystem", revision_name=short(made.latest_ready_revision))
    assert ended.text_payload == "Container terminated on signal 9."


async def test_a_revision_whose_container_ends_at_once_is_not_ready_and_the_old_one_goes_on(patient: Lab) -> None:
    await patient.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    patient.cloud.machine.workers.steady_seconds = 0  # the first revision holds: no need to watch it
    first = await create(patient, pool())
    patient.cloud.machine.workers.steady_seconds = 60
    await patient.build({"main.py": "import sys\nsys.exit(4)"})
    with pytest.raises(exceptions.GoogleAPICallError, match=r"exit\(4\)"):
        await update(patient, first, force_new_revision=True)
    made = await patient.worker_pools.get_worker_pool(name=POOL)
    assert made.latest_created_revision != made.latest_ready_revision == first.latest_ready_revision
    assert made.terminal_condition.state == State.CONDITION_FAILED
    assert await running(patient, 1) == {short(first.latest_ready_revision): 1}
    failed = await patient.revisions.get_revision(name=made.latest_created_revision)
    assert condition(failed, "Ready").revision_reason == OfRevision.HEALTH_CHECK_CONTAINER_ERROR
    assert patient.cloud.machine.workers.names() == [first.latest_ready_revision]


async def test_a_pool_whose_image_does_not_exist_is_not_ready(cloud: Lab) -> None:
    with pytest.raises(exceptions.GoogleAPICallError, match=f"Image '{IMAGE}:none' not found"):
        await create(cloud, pool(image=f"{IMAGE}:none"))
    made = await cloud.worker_pools.get_worker_pool(name=POOL)
    assert made.terminal_condition.reason == Common.CONTAINER_MISSING
    assert (made.latest_created_revision != "", made.latest_ready_revision) == (True, "")


async def test_scaling_does_not_hide_that_the_last_revision_failed(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    made = await create(cloud, pool())
    made.template.containers[0].image = f"{IMAGE}:none"
    with pytest.raises(exceptions.GoogleAPICallError, match="not found"):
        await update(cloud, made)
    made = await cloud.worker_pools.get_worker_pool(name=POOL)
    made.scaling.manual_instance_count = 2
    scaled = await update(cloud, made)
    assert scaled.terminal_condition.state == State.CONDITION_FAILED
    assert scaled.terminal_condition.reason == Common.CONTAINER_MISSING
    assert await running(cloud, 2) == {short(made.latest_ready_revision): 2}
    scaled.template.containers[0].image = f"{IMAGE}:latest"
    assert (await update(cloud, scaled)).terminal_condition.state == State.CONDITION_SUCCEEDED


async def test_a_pool_goes_away_with_its_instances_and_revisions(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
    made = await create(cloud, pool(2))
    await running(cloud, 2)
    with pytest.raises(exceptions.Aborted):
        await cloud.worker_pools.delete_worker_pool(request={"name": POOL, "etag": '"stale"'})
    deleted = await cloud.finish(await cloud.worker_pools.delete_worker_pool(request={"name": POOL, "etag": made.etag}))
    assert deleted.delete_time
    assert await running(cloud, 0) == {}
    assert not list(cloud.cloud.store.items("revisions"))
    with pytest.raises(exceptions.NotFound):
        await cloud.worker_pools.get_worker_pool(name=POOL)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (run_v2.WorkerPool(), "at least one container"),
        (pool(-1), "manual_instance_count"),
        (pool(template={"revision": "other-1", "containers": [{"image": "x"}]}), "must begin with 'crunch-'"),
        (pool(instance_splits=[{"type_": 1, "percent": 60}]), "sum to 100"),
        (pool(instance_splits=[{"type_": 2, "revision": "crunch-1", "percent": 100}]), "'crunch-1' referenced"),
    ],
)
async def test_a_pool_that_makes_no_sense_is_refused(cloud: Lab, made: run_v2.WorkerPool, words: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=words):
        await create(cloud, made)
    assert not list(cloud.cloud.store.items("workerPools"))


async def test_automatic_scaling_is_refused_by_name(cloud: Lab) -> None:
    made = pool(1)
    run_v2.WorkerPool.pb(made).scaling.MergeFromString(b"\x18\x01")  # field 3, the mode of early access: automatic
    with pytest.raises(exceptions.MethodNotImplemented, match="automatic scaling"):
        await create(cloud, made)


async def test_a_pool_runs_again_after_a_restart_from_its_state(tmp_path: Path) -> None:
    async with lab(tmp_path, worker_steady_seconds=0) as before:
        await before.build({"Dockerfile": DOCKERFILE, "main.py": FOREVER})
        made = await create(before, pool(2))
        await running(before, 2)
        saved = state.dump(before.cloud)
    assert await running(before, 0) == {}, "its processes end with the sandbox"
    again = await serve(Settings(data=tmp_path / "data", instance_grace_seconds=0.2))
    try:
        state.merge(again.cloud, saved)
        await run_worker_reconciler.resume(again.cloud)
        assert again.cloud.machine.workers.count(made.latest_ready_revision) == 2
    finally:
        await again.close()

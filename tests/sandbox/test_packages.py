"""A package that is not installed is named by what needs it; everything else works."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import run_v2, scheduler_v1, secretmanager_v1

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world.packages import DISTRIBUTIONS, MESSAGES
from support.google_clients import over_grpc
from support.planted import PLACE, STATE

SCHEDULER, SECRETS = "google.cloud.scheduler_v1", "google.cloud.secretmanager_v1"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the import of a package fail, as it does where it is not installed."""

    def forget(package: str) -> None:
        for name in list(sys.modules):
            if name == package or name.startswith(f"{package}."):
                monkeypatch.setitem(sys.modules, name, None)

    return forget


@pytest.mark.parametrize(
    ("module", "kind", "method", "distribution"),
    [
        (SCHEDULER, scheduler_v1.CloudSchedulerAsyncClient, "list_jobs", "google-cloud-scheduler"),
        (SECRETS, secretmanager_v1.SecretManagerServiceAsyncClient, "list_secrets", "google-cloud-secret-manager"),
    ],
)
async def test_a_method_whose_package_is_missing_is_unimplemented_and_names_it(
    connected: grpc.aio.Channel, running: RunningSandbox, without: Any, module: str, kind: Any, method: str,
    distribution: str,
) -> None:  # fmt: skip
    without(module)
    with pytest.raises(exceptions.MethodNotImplemented) as refused:
        await getattr(over_grpc(kind, connected), method)(parent=PLACE)
    assert refused.value.message.endswith(
        f" needs the package {distribution}, which is not installed: pip install {distribution}"
    )
    services = over_grpc(run_v2.ServicesAsyncClient, connected)
    assert [service async for service in await services.list_services(parent=PLACE)] == []


async def test_rest_says_the_same_and_the_methods_name(
    running: RunningSandbox, http: httpx2.AsyncClient, without: Any
) -> None:
    without(SCHEDULER)
    answer = await http.get(f"/v1/{PLACE}/jobs")
    assert answer.status_code == 501
    assert answer.json()["error"]["message"] == (
        "google.cloud.scheduler.v1.CloudScheduler/ListJobs needs the package google-cloud-scheduler, which is not "
        "installed: pip install google-cloud-scheduler"
    )


async def test_a_state_that_needs_a_missing_package_is_refused_and_the_rest_of_it_is_not(
    running: RunningSandbox, without: Any
) -> None:
    without(SCHEDULER)
    with pytest.raises(state.StateError, match=r"schedulerJobs\[0\]: .* google-cloud-scheduler"):
        state.merge(running.cloud, {"schedulerJobs": [{"name": f"{PLACE}/jobs/x"}]})
    state.merge(running.cloud, {"services": STATE["services"]})
    assert state.dump(running.cloud)["services"] == STATE["services"]


def test_the_extra_names_every_package_that_may_be_missing() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    extra = {requirement.partition(">=")[0] for requirement in project["optional-dependencies"]["sandbox"]}
    assert extra == set(DISTRIBUTIONS.values())
    assert set(MESSAGES.values()) <= set(DISTRIBUTIONS)

"""Whom a planted fault strikes and how often; what makes no sense is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world.callers import Caller
from signoff_sandbox.world.faults import EFFECTS, Effects, Fault, Faults
from signoff_sandbox.world.identities import access_token
from support.planted import PLACE, SERVICE

LIST = "google.cloud.run.v2.Services/ListServices"
GET = "google.cloud.run.v2.Services/GetService"


def planted(*entries: dict[str, Any], seed: int = 0) -> Faults:
    faults = Faults(seed)
    for entry in entries:
        faults.planter(entry)()
    return faults


def test_a_fault_strikes_as_often_as_planted_and_only_its_methods() -> None:
    faults = planted({"method": "a.B/*", "code": "ABORTED", "times": 2})
    codes = [faults.strike(method).code for method in ("a.B/X", "a.C/X", "a.B/Y", "a.B/X")]
    assert codes == ["ABORTED", None, "ABORTED", None]
    assert [fault.times for fault in faults.planted] == [0]


def test_faults_of_the_same_effect_take_turns() -> None:
    faults = planted(
        {"method": "*", "code": "ABORTED", "message": "one", "times": 1},
        {"method": "*", "code": "INTERNAL", "message": "two", "times": 1},
        {"method": "*", "latencySeconds": 1},
    )
    met = [faults.strike("a") for _ in range(3)]
    assert [(one.code, one.message, one.latency_seconds) for one in met] == [
        ("ABORTED", "one", 1),
        ("INTERNAL", "two", 1),
        (None, "planted fault", 1),
    ]


@given(st.integers(), st.floats(0.05, 0.95))
def test_a_probability_is_kept_and_is_the_same_for_the_same_seed(seed: int, probability: float) -> None:
    entry = {"method": "*", "drop": True, "probability": probability}
    runs = []
    for _ in range(2):
        faults = planted(entry, seed=seed)
        runs.append([faults.strike("a").drop for _ in range(400)])
    assert runs[0] == runs[1]
    deviation = (400 * probability * (1 - probability)) ** 0.5
    assert abs(sum(runs[0]) - 400 * probability) < 6 * deviation


def test_what_else_is_planted_does_not_change_whom_chance_strikes() -> None:
    entry = {"method": "a", "drop": True, "probability": 0.5}
    alone, among = planted(entry), planted({"method": "*", "latencySeconds": 1, "probability": 0.5}, entry)
    assert [alone.strike("a").drop for _ in range(50)] == [among.strike("a").drop for _ in range(50)]


def test_a_quota_is_there_again_after_its_time() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    faults = Faults(clock=lambda: now)
    faults.planter({"method": "*", "quota": 1, "perSeconds": 10})()
    assert faults.strike("a") == Effects()
    now += timedelta(seconds=4)
    met = faults.strike("a")
    assert (met.code, met.retry_seconds) == ("RESOURCE_EXHAUSTED", 6)
    now += timedelta(seconds=6)
    assert faults.strike("a") == Effects()


def test_a_fault_for_one_caller_spares_the_others() -> None:
    faults = planted(
        {"method": "*", "code": "INTERNAL", "caller": "*gcloud/*"}, {"method": "*", "drop": True, "caller": "bot@x.com"}
    )
    gcloud = Caller("you@example.com", ("google-cloud-sdk gcloud/528.0.0 command/gcloud.run", "gl-python/3.11"))
    assert faults.strike("a", gcloud) == Effects(code="INTERNAL")
    assert faults.strike("a", Caller("bot@x.com", ("grpc-python",))) == Effects(drop=True)
    assert faults.strike("a", Caller("you@example.com", ("grpc-python",))) == Effects()


async def test_a_caller_is_known_by_identity_and_by_program(
    running: RunningSandbox, http: httpx2.AsyncClient, plant: Any
) -> None:
    await plant(method=LIST, code="UNAVAILABLE", caller="*curl*")
    await plant(method=LIST, code="ABORTED", caller="robot@demo.iam.gserviceaccount.com")
    path = f"/v2/{PLACE}/services"
    assert (await http.get(path)).status_code == 200
    assert (await http.get(path, headers={"user-agent": "curl/8"})).status_code == 503
    token = access_token(running.cloud, "robot@demo.iam.gserviceaccount.com")
    assert (await http.get(path, headers={"authorization": f"Bearer {token}"})).status_code == 409


async def test_a_planted_fault_can_be_seen_and_removed(running: RunningSandbox, http: httpx2.AsyncClient) -> None:
    fault = {"method": GET, "code": "RESOURCE_EXHAUSTED", "message": "slow down", "retrySeconds": 1, "times": 2}
    await http.post("/sandbox/faults", json=[fault, {"method": LIST, "emptyList": True}])
    await http.get(f"/v2/{SERVICE}")
    left = (await http.get("/sandbox/faults")).json()["faults"]
    assert left == [{**fault, "times": 1}, {"method": LIST, "emptyList": True}]
    await http.delete("/sandbox/faults")
    assert (await http.get("/sandbox/faults")).json() == {"faults": []}


EXAMPLES: dict[str, Any] = {
    **dict.fromkeys(("drop", "dropAfter", "emptyList", "losePage", "repeatPage"), True),
    **dict.fromkeys(("latencySeconds", "staleSeconds", "skewSeconds"), 1.5),
    **dict.fromkeys(("truncate", "pageSize", "staleWrites", "quota"), 2),
    "code": "UNAVAILABLE",
    "malformed": "*.createTime",
    "unknownEnum": "*.state",
}


@pytest.mark.parametrize("effect", sorted(EFFECTS))
def test_every_effect_goes_through_the_state_unchanged(effect: str) -> None:
    entry = {"method": "a", effect: EXAMPLES[effect], "caller": "c*", "times": 3, "probability": 0.25}
    assert Fault.parse(Fault.parse(entry).rest()).rest() == entry


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"code": "UNAVAILABLE"}, "'method' must be"),
        ({"method": "*"}, "needs an effect"),
        ({"method": "*", "times": 1}, "needs an effect"),
        ({"method": "*", "code": "503"}, "'code' must be a gRPC status code such as UNAVAILABLE, not \"503\""),
        ({"method": "*", "code": "OK"}, "'code' must be"),
        ({"method": "*", "cod": "UNAVAILABLE"}, "unknown key 'cod'"),
        ({"method": "*", "latencySeconds": -1}, "'latencySeconds' must be"),
        ({"method": "*", "latencySeconds": True}, "'latencySeconds' must be"),
        ({"method": "*", "drop": True, "times": "twice"}, "'times' must be"),
        ({"method": "*", "drop": False}, "'drop' must be true"),
        ({"method": "*", "drop": True, "probability": 2}, "'probability' must be above 0 and at most 1, not 2"),
        ({"method": "*", "pageSize": 0}, "'pageSize' must be"),
        ({"method": "*", "truncate": 1.5}, "'truncate' must be"),
        ({"method": "*", "drop": True, "retrySeconds": 1}, "'retrySeconds' says more about 'code', which is missing"),
        ({"method": "*", "drop": True, "perSeconds": 1}, "'perSeconds' says more about 'quota'"),
        ({"method": "sandbox.Builder/build", "emptyList": True}, "'emptyList' has no meaning for sandbox.Builder/"),
        ({"method": "sandbox.Clock/now", "skewSeconds": 1, "times": 1}, "'times' has no meaning for sandbox.Clock/"),
        ({"method": "google.cloud.run.v2.Service/List*", "drop": True}, "is like no method; GET /sandbox/methods"),
        ("drop", "must be an object"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    running: RunningSandbox, http: httpx2.AsyncClient, fault: Any, complaint: str
) -> None:
    answer = await http.post("/sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]["message"]
    assert running.cloud.faults.planted == []


async def test_the_methods_that_faults_can_be_planted_on_are_listed(
    running: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    methods = (await http.get("/sandbox/methods")).json()["methods"]
    assert {LIST, "storage.objects.list", "sandbox.Reconciler/*"} <= set(methods)
    assert "" not in methods

"""`gcloud run services …-iam-policy…` on the sandbox."""

from __future__ import annotations

from support.cloudrun import PLACE
from support.gcloud import REGION, Gcloud
from support.planted import STATE

MEMBER = "serviceAccount:app@demo.iam.gserviceaccount.com"


def plant(gcloud: Gcloud, name: str) -> None:
    gcloud.sandbox.plant({"services": [{**STATE["services"][0], "name": f"{PLACE}/services/{name}"}]})


def test_who_may_invoke_a_service_is_given_taken_and_shown(gcloud: Gcloud) -> None:
    plant(gcloud, "guarded")
    where = ("guarded", f"--region={REGION}")
    invoker = (f"--member={MEMBER}", "--role=roles/run.invoker")
    given = gcloud("run", "services", "add-iam-policy-binding", *where, *invoker)
    assert "Updated IAM policy for service [guarded]." in given.err
    assert f"- members:\n  - {MEMBER}\n  role: roles/run.invoker\n" in given.out
    policy = gcloud.json("run", "services", "get-iam-policy", *where)
    assert policy["bindings"] == [{"members": [MEMBER], "role": "roles/run.invoker"}]
    assert policy["etag"]
    gcloud("run", "services", "remove-iam-policy-binding", *where, *invoker)
    assert gcloud.sandbox.state()["iamPolicies"][f"{PLACE}/services/guarded"].get("bindings", []) == []


def test_the_policy_of_an_unknown_service_is_not_found(gcloud: Gcloud) -> None:
    missing = gcloud("run", "services", "get-iam-policy", "none", f"--region={REGION}", code=1)
    assert "NOT_FOUND" in missing.err
    assert "services/none" in missing.err


def test_whoever_speaks_for_a_service_account_may_what_that_may(gcloud: Gcloud) -> None:
    caller = "caller@demo.iam.gserviceaccount.com"
    as_caller = ("run", "services", "list", f"--region={REGION}", f"--impersonate-service-account={caller}")
    assert "Permission 'run.services.list' denied" in gcloud(*as_caller, code=1).err
    binding = {"role": "roles/run.admin", "members": [f"serviceAccount:{caller}"]}
    gcloud.sandbox.plant({"iamPolicies": {"projects/demo": {"bindings": [binding]}}})
    assert "SERVICE" in gcloud(*as_caller).out

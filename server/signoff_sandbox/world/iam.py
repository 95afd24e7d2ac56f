"""IAM: policies of resources, and which permissions the caller has (see `identities.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from google.iam.v1.iam_policy_pb2 import TestIamPermissionsResponse
from google.iam.v1.policy_pb2 import Policy

from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import aborted, invalid_argument, not_found
from signoff_sandbox.world.identities import caller_may

#: The etag that Google gives a policy that was never set.
NEVER_SET = b"\x00\x20\x01"
RUN_RESOURCES = {"Services": "services", "Jobs": "jobs", "WorkerPools": "workerPools"}


def policy_methods(key_of: Callable[[Cloud, str], str]) -> dict[str, Handler]:
    """Get, set and test for resources of a kind; `key_of`: the name that policies are kept under, or NOT_FOUND."""

    async def get_policy(cloud: Cloud, request: Any) -> Any:
        return cloud.iam_policies.get(key_of(cloud, request.resource), Policy(etag=NEVER_SET))

    async def set_policy(cloud: Cloud, request: Any) -> Any:
        key = key_of(cloud, request.resource)
        current = cloud.iam_policies.get(key, Policy(etag=NEVER_SET))
        if request.policy.etag and request.policy.etag != current.etag:
            raise aborted(request.resource)
        policy = Policy()
        policy.CopyFrom(request.policy)
        policy.version = 3 if any(binding.HasField("condition") for binding in policy.bindings) else 1
        policy.etag = hashlib.sha256(current.etag + policy.SerializeToString(deterministic=True)).digest()[:8]
        cloud.iam_policies[key] = policy
        return policy

    async def test_permissions(cloud: Cloud, request: Any) -> Any:
        key_of(cloud, request.resource)
        return granted(cloud, request)

    return {"GetIamPolicy": get_policy, "SetIamPolicy": set_policy, "TestIamPermissions": test_permissions}


def _stored_in(collection: str) -> Callable[[Cloud, str], str]:
    def key_of(cloud: Cloud, resource: str) -> str:
        if cloud.store.get(collection, resource) is None:
            raise not_found(resource)
        return resource

    return key_of


def granted(cloud: Cloud, request: Any) -> Any:
    """Those of the asked permissions that the caller has."""
    for permission in request.permissions:
        if "*" in permission or permission.count(".") < 2:
            raise invalid_argument(f"'{permission}' is no permission.", permissions=f"'{permission}'")
    return TestIamPermissionsResponse(
        permissions=[one for one in request.permissions if caller_may(cloud, one, request.resource)]
    )


async def test_project_permissions(cloud: Cloud, request: Any) -> Any:
    """Resource Manager's check; every project exists."""
    return granted(cloud, request)


METHODS: dict[str, Handler] = {
    "google.cloud.resourcemanager.v3.Projects/TestIamPermissions": test_project_permissions,
}
for _rpc, _collection in RUN_RESOURCES.items():
    for _method, _handler in policy_methods(_stored_in(_collection)).items():
        METHODS[f"google.cloud.run.v2.{_rpc}/{_method}"] = _handler
PARTLY = {
    method: "conditions of bindings give nothing; an update mask and audit configurations are not looked at"
    for method in METHODS
    if method.endswith("/SetIamPolicy")
}
PARTLY["google.cloud.resourcemanager.v3.Projects/TestIamPermissions"] = "every project exists"

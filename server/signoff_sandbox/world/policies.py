"""IAM policies by the full name of their resource: kept in the store, so that a stale read sees old ones."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import cast

from google.iam.v1.policy_pb2 import Policy

from signoff_sandbox.world.store import Store

COLLECTION = "iamPolicies"


class Policies(MutableMapping[str, Policy]):
    """Copies go in and out, as with every resource."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, resource: str) -> Policy:
        found = self._store.get(COLLECTION, resource)
        if found is None:
            raise KeyError(resource)
        return cast(Policy, found)

    def __setitem__(self, resource: str, policy: Policy) -> None:
        self._store.put(COLLECTION, resource, policy)

    def __delitem__(self, resource: str) -> None:
        if not self._store.delete(COLLECTION, resource):
            raise KeyError(resource)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._store.items(COLLECTION))

    def __len__(self) -> int:
        return sum(1 for _ in self)

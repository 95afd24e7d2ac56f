"""List, get, create, replace and delete of a kind of v1 object: the same for services, jobs and worker pools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.knative.meta import listing, read_object, require_version
from signoff_sandbox.wire.knative.selectors import selected
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.run_names import short


@dataclass(frozen=True, slots=True)
class Kind:
    """`api`: group and version; `collection`: of the v2 resources; `message`: makes an empty v2 resource.

    `shown` gives the v1 object of a stored one, `take` changes one in place so that it shows metadata and spec of v1.
    `create(cloud, place, name, resource, dry_run)` and `update(cloud, resource, dry_run)` answer an operation whose
    metadata is the resource. `missing`: by Google's word for a method, what of it is not modelled.
    """

    kind: str
    kinds: str
    word: str
    api: str
    group: str
    collection: str
    message: Callable[[], Any]
    shown: Callable[[Cloud, Any], dict[str, Any]]
    take: Callable[[Any, dict[str, Any], dict[str, Any]], None]
    create: Callable[[Cloud, str, str, Any, bool], Any]
    update: Callable[[Cloud, Any, bool], Any]
    delete: Callable[[Cloud, str, bool], Awaitable[Any]]
    by_location: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def plural(self) -> str:
        """As v1's paths and permissions have it."""
        return self.collection.lower()

    def find(self, visit: Visit) -> Any:
        """The stored resource that the path names. Raises NOT_FOUND."""
        name = places.resource_of(visit, self.collection)
        found = visit.cloud.store.get(self.collection, name)
        if found is None:
            raise places.missing(name, self.word)
        return found

    def routes(self) -> tuple[PathMethod, ...]:
        """Its five methods."""
        return (
            *self._method("list", "GET", self._list),
            *self._method("create", "POST", self._create),
            *self._method("get", "GET", self._get, places.NAME),
            *self._method(f"replace{self.kind}", "PUT", self._replace, places.NAME),
            *self._method("delete", "DELETE", self._delete, places.NAME),
        )

    def _method(
        self, name: str, verb: str, answer: Callable[[Visit], Awaitable[Response]], tail: str = ""
    ) -> tuple[PathMethod, ...]:
        missing = self.missing.get(name, "")
        return places.methods(
            self.group, self.plural, name, verb, answer, tail, missing=missing, by_location=self.by_location
        )

    async def _list(self, visit: Visit) -> Response:
        place = places.place_of(visit)
        places.require(visit, f"run.{self.plural}.list", place)
        stored, unreachable = places.reached(visit, self.collection, place)
        items, more = selected(visit, [self.shown(visit.cloud, one) for one in stored])
        return json_response(listing(self.api, self.kinds, items, more=more, unreachable=unreachable))

    async def _get(self, visit: Visit) -> Response:
        places.require(visit, f"run.{self.plural}.get", places.resource_of(visit, self.collection))
        return json_response(self.shown(visit.cloud, self.find(visit)))

    async def _create(self, visit: Visit) -> Response:
        cloud, place = visit.cloud, places.place_of(visit)
        places.require(visit, f"run.{self.plural}.create", place)
        name, meta, spec = read_object(await places.body_of(visit), api=self.api, kind=self.kind)
        if place.endswith("/-"):
            place = f"{place[:-1]}{cloud.settings.location}"
        made = self.message()
        self.take(made, meta, spec)
        return self._written(cloud, self.create(cloud, place, name, made, places.dry_run(visit)))

    async def _replace(self, visit: Visit) -> Response:
        cloud, resource = visit.cloud, places.resource_of(visit, self.collection)
        places.require(visit, f"run.{self.plural}.update", resource)
        current = self.find(visit)
        name, meta, spec = read_object(await places.body_of(visit), api=self.api, kind=self.kind)
        if name != short(resource):
            raise invalid_argument(f"metadata.name: must be '{short(resource)}'.", **{"metadata.name": "differs"})
        require_version(current, meta)
        self.take(current, meta, spec)
        return self._written(cloud, self.update(cloud, current, places.dry_run(visit)))

    async def _delete(self, visit: Visit) -> Response:
        cloud, name = visit.cloud, places.resource_of(visit, self.collection)
        places.require(visit, f"run.{self.plural}.delete", name)
        found = self.find(visit)
        await self.delete(cloud, name, places.dry_run(visit))
        return json_response(places.deleted(found, self.group, self.plural))

    def _written(self, cloud: Cloud, operation: Any) -> Response:
        """The resource as its operation found it."""
        made = self.message()
        operation.metadata.Unpack(made)
        return json_response(self.shown(cloud, made))

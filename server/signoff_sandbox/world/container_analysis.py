"""Container Analysis v1: the occurrences that builds left behind (`build_provenance.py`), and planted ones."""

from __future__ import annotations

from typing import Any

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world.build_provenance import OCCURRENCES
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import invalid_argument, not_found
from signoff_sandbox.world.logfilter import Dialect, FilterError, compiled

#: https://cloud.google.com/artifact-analysis/docs/view-metadata: the filters say resourceUrl, the message resource_uri.
FILTERS = Dialect({"resource_url": "resource_uri"}, exact=True)


async def get_occurrence(cloud: Cloud, request: Any) -> Any:
    found = cloud.store.get(OCCURRENCES, request.name)
    if found is None:
        raise not_found(request.name)
    return found


async def list_occurrences(cloud: Cloud, request: Any) -> Any:
    try:
        matches = compiled(request.filter, message_class("grafeas.v1.Occurrence"), FILTERS)
    except FilterError as error:
        raise invalid_argument(error.said(request.filter), filter=str(error)) from error
    found = [one for one in cloud.store.list(OCCURRENCES, request.parent) if matches(one)]
    response: Any = message_class("grafeas.v1.ListOccurrencesResponse")()
    response.occurrences.extend(page(request, found, response))
    return response


SERVICE = "grafeas.v1.Grafeas"
METHODS: dict[str, Handler] = {
    f"{SERVICE}/GetOccurrence": get_occurrence,
    f"{SERVICE}/ListOccurrences": list_occurrences,
}
_KINDS = "only build provenance is made, and without its signed envelope; other kinds are served as they are planted"
PARTLY: dict[str, str] = dict.fromkeys(METHODS, _KINDS)

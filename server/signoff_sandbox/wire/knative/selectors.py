"""Lists of v1: `labelSelector`, `limit` and `continue`.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.cloud.run_v2.types import ListRevisionsRequest, ListRevisionsResponse

from signoff_sandbox.wire.paging import page
from signoff_sandbox.wire.paths import Visit
from signoff_sandbox.world.errors import invalid_argument, unimplemented

_KEY = r"(?P<key>[\w./-]+)"
_EQUAL = re.compile(rf"{_KEY}\s*(?P<operator>==|=|!=)\s*(?P<value>[\w.-]*)")
_SET = re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[\w., -]*)\)")
_EXISTS = re.compile(rf"(?P<no>!\s*)?{_KEY}")
#: Commas between requirements, not those inside of parentheses.
_COMMA = re.compile(r",(?![^(]*\))")


def selected(visit: Visit, objects: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """The page of v1 objects that the request asks for, and the token of the next one. Raises INVALID_ARGUMENT."""
    query = visit.request.query_params
    if query.get("fieldSelector"):
        raise unimplemented("fieldSelector")
    wish = query.get("labelSelector", "")
    found = [one for one in objects if matches(wish, one["metadata"].get("labels", {}))]
    limit = query.get("limit", "0")
    if not limit.isdigit():
        raise invalid_argument("limit: must be a number.", limit="invalid")
    request = ListRevisionsRequest.pb()(
        parent=f"{visit.request.url.path}?{wish}", page_size=int(limit), page_token=query.get("continue", "")
    )
    response = ListRevisionsResponse.pb()()
    return list(page(request, found, response, default=len(found) + 1)), response.next_page_token


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels meet every requirement of a selector. Raises INVALID_ARGUMENT."""
    return all(_meets(one.strip(), labels) for one in _COMMA.split(selector) if one.strip())


def _meets(requirement: str, labels: Mapping[str, str]) -> bool:
    found = _EQUAL.fullmatch(requirement)
    if found:
        return (labels.get(found["key"]) == found["value"]) != (found["operator"] == "!=")
    found = _SET.fullmatch(requirement)
    if found:
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) != (found["operator"] == "notin")
    found = _EXISTS.fullmatch(requirement)
    if found:
        return (found["key"] in labels) != bool(found["no"])
    raise invalid_argument(f"labelSelector: '{requirement}' is no requirement.", labelSelector="invalid")

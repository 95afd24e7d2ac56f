"""Pages of a list: page_size and an opaque page_token that is bound to the request it came from."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from signoff_sandbox.world.errors import invalid_argument

T = TypeVar("T")
UNBOUND = ("page_size", "page_token")  # may differ between the pages of one list


def page(
    request: Any, items: Sequence[T], response: Any, *, default: int = 100, largest: int = 1000, mark: str = ""
) -> Sequence[T]:
    """The items of the page that `request` asks for; sets `response.next_page_token` when more follow.

    `default` is the size when none is asked for, `largest` the size that bigger wishes are cut to. A token of
    another request is INVALID_ARGUMENT, as with Google. `mark` goes with the list from page to page (see `mark_of`).
    """
    if request.page_size < 0:
        raise invalid_argument("The page size must not be negative.", page_size="negative")
    size = min(request.page_size or default, largest)
    start = _read(request)[0]
    end = start + size
    if end < len(items):
        response.next_page_token = _token(request, end, mark)
    return items[start:end]


def mark_of(request: Any) -> str:
    """The mark of the list that this request continues; empty for a first page."""
    return _read(request)[1]


def _fingerprint(request: Message) -> str:
    bound = type(request)()
    bound.CopyFrom(request)
    for field in UNBOUND:
        bound.ClearField(field)
    content = request.DESCRIPTOR.full_name.encode() + bound.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest()[:16]


def _token(request: Message, offset: int, mark: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([_fingerprint(request), offset, mark]).encode()).decode()


def _read(request: Any) -> tuple[int, str]:
    """Offset and mark of the request's page token."""
    if not request.page_token:
        return 0, ""
    try:
        fingerprint, offset, mark = json.loads(base64.urlsafe_b64decode(request.page_token))
        known = fingerprint == _fingerprint(request) and isinstance(offset, int) and offset > 0
    except (ValueError, TypeError):
        known = False
    if not known:
        raise invalid_argument("The page token is not one of this list.", page_token="invalid")  # noqa: S106
    return offset, str(mark)

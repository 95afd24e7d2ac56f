"""Lists of Google's APIs, page by page: each page is one call, and a list cut short is never taken for the whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.google.connection import Connection

T = TypeVar("T")

Fetch = Callable[[str], Awaitable[Any]]
"""Page token to the client's pager of that page, of which only the first page is used."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`token`: of the page that follows; empty on the last one."""

    items: tuple[T, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Items of the pages that were read. `whole`: nothing follows."""

    items: tuple[T, ...]
    whole: bool


class Pages:
    """How the adapters ask for lists."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def one(
        self,
        question: Question,
        fetch: Fetch,
        field: str,
        read: Callable[[Iterable[Any]], Iterable[T]],
        token: str = "",
    ) -> Known[Page[T]] | Unknown:
        """One page; `field` of the response has the entries, handed to `read` as raw protobuf messages."""

        async def raw() -> tuple[list[Any], str]:
            await self._google.login()
            response = await fetch(token)
            return [type(entry).pb(entry) for entry in getattr(response, field)], str(response.next_page_token)

        def whole(answer: tuple[list[Any], str]) -> Page[T]:
            entries, following = answer
            return Page(tuple(read(entries)), following)

        return await self._boundary.ask(question, raw, whole, self._google.why)

    async def up_to(
        self,
        question: Question,
        fetch: Fetch,
        field: str,
        read: Callable[[Iterable[Any]], Iterable[T]],
        limit: int,
    ) -> Known[Listing[T]] | Unknown:
        """The first `limit` pages."""
        items: list[T] = []
        token = ""
        for _ in range(limit):
            page = await self.one(question, fetch, field, read, token)
            if isinstance(page, Unknown):
                return page
            items.extend(page.value.items)
            token = page.value.token
            if not token:
                break
        return Known(Listing(tuple(items), whole=not token), page.ref)

    async def all(
        self, question: Question, fetch: Fetch, field: str, read: Callable[[Iterable[Any]], Iterable[T]]
    ) -> Known[tuple[T, ...]] | Unknown:
        """Every page; a list without an end is `incomplete`."""
        listing = await self.up_to(question, fetch, field, read, _ENDLESS)
        if isinstance(listing, Unknown):
            return listing
        if not listing.value.whole:
            return Unknown("incomplete", listing.ref, Quoted(f"more than {_ENDLESS} pages"))
        return Known(listing.value.items, listing.ref)


_ENDLESS = 100

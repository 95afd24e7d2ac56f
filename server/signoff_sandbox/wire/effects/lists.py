"""Lists gone wrong: emptied, cut short, in small pages, with a page lost or a page twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from signoff_sandbox.world.faults import Effects

#: Marks a token that leads to a page which was there already; the rest of it is that page's own token.
AGAIN = "again-"


class Page(Protocol):
    """One page of an answer. `token` leads to the next one; "" where there is none."""

    is_list: bool
    token: str

    def cut(self, length: int) -> None:
        """Leave the first `length` entries."""


P = TypeVar("P", bound=Page)


async def answered(met: Effects, token: str, ask: Callable[[str, int | None], Awaitable[P]]) -> P:
    """The page that a request with `token` gets. `ask(token, size)` asks for a page as it is, no longer than `size`."""
    token = token.removeprefix(AGAIN)
    page = await ask(token, met.page_size)
    if not page.is_list:
        return page
    if met.lose_page and page.token:
        page.token = (await ask(page.token, met.page_size)).token
    if met.repeat_page:
        page.token = AGAIN + token
    length = 0 if met.empty_list else met.truncate
    if length is not None:
        page.cut(length)
        page.token = ""
    return page


class MessagePage:
    """A response message of the table."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.is_list = "next_page_token" in response.DESCRIPTOR.fields_by_name

    @property
    def token(self) -> str:
        return str(self.response.next_page_token)

    @token.setter
    def token(self, value: str) -> None:
        self.response.next_page_token = value

    def cut(self, length: int) -> None:
        for field in self.response.DESCRIPTOR.fields:
            if field.is_repeated:
                del getattr(self.response, field.name)[length:]


class JsonPage:
    """A JSON answer of a method beside the table; Knative's lists say `metadata.continue`."""

    def __init__(self, content: Any, *, knative: bool) -> None:
        self.content = content
        self.is_list = isinstance(content, dict)
        self._knative = knative

    @property
    def token(self) -> str:
        return str(self._holder().get(self._key, ""))

    @token.setter
    def token(self, value: str) -> None:
        if value:
            self._holder()[self._key] = value
        else:
            self._holder().pop(self._key, None)

    @property
    def _key(self) -> str:
        return "continue" if self._knative else "nextPageToken"

    def _holder(self) -> dict[str, Any]:
        holder: dict[str, Any] = self.content.setdefault("metadata", {}) if self._knative else self.content
        return holder

    def cut(self, length: int) -> None:
        for key, value in self.content.items():
            if isinstance(value, list):
                self.content[key] = value[:length]

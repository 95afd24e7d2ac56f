"""An HTTP answer taken apart, for the rules that tell who gave it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

from signoff.model.http import Response
from signoff.model.quoted import Quoted

_TEXT = 64 * 1024
"""Characters of a body in which a wall is looked for: sign-in pages say what they are early."""


@dataclass(frozen=True)
class Reply:
    """`url`: what was asked."""

    url: str
    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def redirects(self) -> bool:
        return self.status in {301, 302, 303, 307, 308} and self.location is not None

    def header(self, name: str) -> str:
        """The first header of that name (small letters); empty where there is none."""
        return next((value.outside for key, value in self.response.headers if key == name), "")

    @cached_property
    def cookies(self) -> frozenset[str]:
        """Names of the cookies that are set; what they hold is never read."""
        found = (value.outside for key, value in self.response.headers if key == "set-cookie")
        return frozenset(cookie.partition("=")[0].strip() for cookie in found)

    @cached_property
    def asked(self) -> SplitResult:
        return urlsplit(self.url)

    @cached_property
    def location(self) -> SplitResult | None:
        """Where a redirect leads, as a whole URL; None where there is none or it can not be read."""
        said = self.header("location")
        try:
            return urlsplit(urljoin(self.url, said)) if said else None
        except ValueError:
            return None

    @property
    def leads_to(self) -> str:
        """Host of the redirect's target, without port; empty where it does not redirect."""
        try:
            return (self.location.hostname or "") if self.redirects and self.location else ""
        except ValueError:
            return ""

    @cached_property
    def query(self) -> dict[str, str]:
        """Of the redirect's target."""
        if not self.redirects or self.location is None:
            return {}
        return {key: values[0] for key, values in parse_qs(self.location.query, max_num_fields=100).items()}

    @cached_property
    def media_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def html(self) -> bool:
        return self.media_type in {"text/html", "application/xhtml+xml"}

    @cached_property
    def text(self) -> str:
        """The beginning of the body in small letters, with runs of blanks as one."""
        found = self.response.body[:_TEXT].decode("utf-8", "replace").lower()
        return re.sub(r"\s+", " ", found)

    def shown_location(self) -> Quoted:
        """Where it leads, without the query: what is in there may be a secret."""
        if self.location is None:
            return Quoted("")
        return Quoted(self.location._replace(query="", fragment="").geturl() + ("?…" if self.location.query else ""))

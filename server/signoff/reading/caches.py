"""Answers that a cache gave: what every cache says of itself in its headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from signoff.model.arrival import Cached
from signoff.model.http import Response
from signoff.model.quoted import Quoted
from signoff.reading.reply import Reply

_YEAR = 31_536_000
_HITS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    # https://developers.cloudflare.com/cache/concepts/cache-responses/
    ("cf-cache-status", lambda said: said in {"hit", "stale", "updating"}),
    # https://www.rfc-editor.org/rfc/rfc9211: the cache nearest to the user comes last
    ("cache-status", lambda said: bool(re.search(r";\s*hit(\s*;|\s*$|\s*,)", said))),
    # nginx, CloudFront ("Hit from cloudfront"), Fastly ("MISS, HIT")
    ("x-cache", lambda said: "hit" in said),
    ("x-cache-status", lambda said: said in {"hit", "stale", "updating"}),
    ("x-proxy-cache", lambda said: said == "hit"),
    ("x-vercel-cache", lambda said: said in {"hit", "stale", "prerender"}),
    ("cdn-cache", lambda said: said == "hit"),
)


def cached(url: str, response: Response) -> Cached | None:
    """How a cache says that it answered; None where none does. `age`: how old the answer is, where it is said."""
    reply = Reply(url, response)
    age = _age(reply.header("age"))
    lasting = _lasting(reply.header("cache-control").lower())
    for name, hit in _HITS:
        said = reply.header(name)
        if said and hit(said.strip().lower()):
            return Cached(f"header {name}", Quoted(said), age, lasting)
    if age:
        return Cached("header age", Quoted(reply.header("age")), age, lasting)
    return None


def _age(said: str) -> timedelta | None:
    """https://www.rfc-editor.org/rfc/rfc9111#section-5.1: seconds since it was made or asked for again."""
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _lasting(cache_control: str) -> bool:
    """Whether the answer's content is bound to its name, as of hashed assets."""
    found = re.search(r"max-age=([0-9]{1,10})", cache_control)
    return "immutable" in cache_control or (found is not None and int(found[1]) >= _YEAR)

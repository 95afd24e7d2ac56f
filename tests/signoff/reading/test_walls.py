from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from signoff.model.http import Response
from signoff.model.quoted import Quoted
from signoff.reading.caches import cached
from signoff.reading.walls import RULES, wall
from support.edges import FORBIDDEN, HTML, QUIET, RESERVED_404, WALLS, Given, found, given

URL = "https://app.example.com/api"


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_is_recognised_by_a_field_that_is_shown(name: str) -> None:
    kind, answer = WALLS[name]
    seen = wall(URL, answer.response)
    assert seen is not None
    assert seen.kind == kind
    assert seen.value.outside
    assert seen.shown == "body" or seen.shown.removeprefix("header ") in {n for n, _ in answer.response.headers}


@pytest.mark.parametrize("name", QUIET)
def test_what_an_application_answers_is_no_wall(name: str) -> None:
    assert wall(URL, QUIET[name].response) is None


def test_every_rule_has_an_answer_that_it_recognises() -> None:
    assert {rule.kind for rule in RULES} == {kind for kind, _ in WALLS.values()} | {"reserved-path"}


@pytest.mark.parametrize("path", ["/healthz", "/eventlog", "/_ah/start", "/statusz"])
def test_a_path_that_google_keeps_is_told_apart_from_an_address_that_it_does_not_know(path: str) -> None:
    seen = wall(f"https://web-x.a.run.app{path}", given("404 Not Found", HTML, body=RESERVED_404).response)
    assert seen is not None
    assert (seen.kind, seen.guards) == ("reserved-path", False)


def test_a_redirect_is_shown_without_its_query() -> None:
    seen = wall(URL, found("https://accounts.google.com/o/oauth2/auth?client_id=1&state=a-secret").response)
    assert seen is not None
    assert seen.value.outside == "https://accounts.google.com/o/oauth2/auth?…"


def test_a_cookie_is_shown_by_its_name_alone() -> None:
    answer = given("401 Unauthorized", "Set-Cookie: _oauth2_proxy_csrf=a-secret", body=FORBIDDEN)
    seen = wall(URL, answer.response)
    assert seen is not None
    assert (seen.kind, seen.value.outside) == ("oauth2-proxy", "_oauth2_proxy_csrf")


_TEXT = st.text(max_size=40) | st.sampled_from(["https://[", "//", "/login", "http://a:b:c/", "?SAMLRequest", "é\x00"])
_NAMES = st.sampled_from(
    ["location", "www-authenticate", "set-cookie", "content-type", "age", "x-cache", "cache-control"]
)
_ANSWERS = st.builds(
    Response,
    st.integers(100, 599),
    st.lists(st.tuples(_NAMES, _TEXT.map(Quoted)), max_size=6).map(tuple),
    st.binary(max_size=200) | st.just(FORBIDDEN.encode()),
)  # fmt: skip


@hypothesis_given(_ANSWERS)
def test_no_answer_breaks_a_rule(answer: Response) -> None:
    wall(URL, answer)
    cached(URL, answer)


HITS = (
    "CF-Cache-Status: HIT", "Age: 1003", "X-Cache: Hit from cloudfront", "X-Cache: MISS, HIT", "X-Cache-Status: STALE",
    "Cache-Status: edge; fwd=stale, cdn; hit; ttl=30", "X-Vercel-Cache: HIT", "CDN-Cache: HIT",
)  # fmt: skip
MISSES = (
    "CF-Cache-Status: DYNAMIC", "CF-Cache-Status: REVALIDATED", "Age: 0", "X-Cache: Miss from cloudfront",
    "Cache-Status: cdn; fwd=uri-miss", "X-Cache-Status: BYPASS", "Age: soon",
)  # fmt: skip


@pytest.mark.parametrize("header", HITS)
def test_an_answer_out_of_a_cache_says_so(header: str) -> None:
    seen = cached(URL, given("200 OK", header).response)
    assert seen is not None
    assert seen.shown == f"header {header.partition(':')[0].lower()}"


@pytest.mark.parametrize("header", MISSES)
def test_an_answer_that_a_cache_only_passed_on_is_not_cached(header: str) -> None:
    assert cached(URL, given("200 OK", header).response) is None


def test_the_age_of_a_cached_answer_is_known_and_whether_it_may_stay() -> None:
    asset: Given = given(
        "200 OK", "cf-cache-status: HIT", "age: 60", "cache-control: public, max-age=31536000, immutable"
    )
    seen = cached(URL, asset.response)
    assert seen is not None
    assert (seen.age, seen.lasting) == (timedelta(minutes=1), True)

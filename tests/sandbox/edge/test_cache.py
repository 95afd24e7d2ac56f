"""A CDN cache in front of a service: what it answers by itself, how old that is, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.deployed import deploy, requests_of
from support.edge import Edge, needs_nginx, running_edge
from support.sandbox import Sandbox, running_sandbox

from .conftest import echo

pytestmark = needs_nginx
FORCED = {"path": "/page/*", "service": "web", "cache": "FORCE_CACHE_ALL", "ttl": 7200}
ORIGIN = {"path": "/origin/*", "service": "web", "cache": "USE_ORIGIN_HEADERS"}
NEGATIVE = {"path": "/assets/*", "service": "web", "cache": "FORCE_CACHE_ALL", "negative_caching": True}
OPEN = {"path": "/*", "service": "web"}


@pytest.fixture(scope="module")
def edge(sandbox: Sandbox) -> Iterator[Edge]:
    with running_edge(sandbox, OPEN, FORCED, ORIGIN, NEGATIVE) as made:
        yield made


@pytest.fixture(autouse=True)
def _empty(edge: Edge) -> None:
    edge.purge()


def asked(sandbox: Sandbox, path: str) -> int:
    """How often the service was asked for a path so far."""
    return sum(entry["httpRequest"]["requestUrl"].endswith(path) for entry in requests_of(sandbox))


def test_the_second_answer_comes_from_the_cache_and_says_its_age(edge: Edge, sandbox: Sandbox) -> None:
    first, second = edge.get("/page/once"), edge.get("/page/once", headers={"user-agent": "another"})
    assert "age" not in first.headers
    assert int(second.headers["age"]) <= 5
    assert second.headers["via"] == "1.1 google"
    assert second.headers["cache-control"] == "public, max-age=3600"
    assert second.text == first.text
    assert asked(sandbox, "/page/once") == 1
    edge.age_cache(1003)
    assert 1003 <= int(edge.get("/page/once").headers["age"]) <= 1010


def test_another_query_another_host_and_another_verb_are_other_answers(edge: Edge, sandbox: Sandbox) -> None:
    edge.get("/page/keyed")
    assert edge.get("/page/keyed?x=1").json()["path"] == "/page/keyed?x=1"
    assert edge.get("/page/keyed", url="http://other.example.com").json()["headers"]["host"] == "other.example.com"
    assert edge.request("POST", "/page/keyed").json()["method"] == "POST"
    assert "age" not in edge.request("POST", "/page/keyed").headers


def test_by_the_headers_of_the_origin_only_what_they_allow_is_kept(edge: Edge, sandbox: Sandbox) -> None:
    for _ in range(2):
        plain = edge.get("/origin/plain")
        assert "age" not in plain.headers
        allowed = edge.get("/origin/cached")
    assert "age" in allowed.headers
    assert allowed.headers["cache-control"] == "public, max-age=600"
    assert (asked(sandbox, "/origin/plain"), asked(sandbox, "/origin/cached")) == (2, 1)


def test_a_404_is_kept_only_with_negative_caching(edge: Edge, sandbox: Sandbox) -> None:
    for path, times in (("/assets/missing", 1), ("/page/missing", 2)):
        assert [edge.get(path).status_code for _ in range(2)] == [404, 404]
        assert asked(sandbox, path) == times


def test_a_path_without_a_cache_is_always_asked(edge: Edge, sandbox: Sandbox) -> None:
    assert "age" not in edge.get("/free/cached").headers
    assert "age" not in edge.get("/free/cached").headers
    assert asked(sandbox, "/free/cached") == 2


def test_a_purge_takes_a_path_or_everything_below_one(edge: Edge) -> None:
    for path in ("/page/a/1", "/page/a/1?x=1", "/page/a/2", "/page/b"):
        edge.get(path)
    assert edge.purge("/page/a/1") == 2
    assert "age" not in edge.get("/page/a/1").headers
    assert "age" in edge.get("/page/a/2").headers
    assert edge.purge("/page/a/*") == 2
    assert "age" in edge.get("/page/b").headers
    assert edge.purge() == 1
    assert edge.purge() == 0


def test_after_a_deploy_the_old_answer_stays_until_it_is_purged(tmp_path: Path) -> None:
    with running_sandbox(None, "--data", str(tmp_path / "data"), "--reconcile-seconds", "0") as sandbox:
        deploy(sandbox, tmp_path, echo("before"))
        with running_edge(sandbox, OPEN, FORCED) as edge:
            edge.get("/page/reports")
            deploy(sandbox, tmp_path, echo("after"))
            assert edge.get("/open").json()["by"] == "after"
            stale = edge.get("/page/reports")
            assert (stale.json()["by"], "age" in stale.headers) == ("before", True)
            edge.purge("/page/reports")
            assert edge.get("/page/reports").json()["by"] == "after"


def test_cloudflare_says_so_of_every_answer(sandbox: Sandbox) -> None:
    with running_edge(sandbox, OPEN, FORCED, provider="cloudflare") as edge:
        statuses = [edge.get(path).headers["cf-cache-status"] for path in ("/x", "/page/cf", "/page/cf")]
        assert statuses == ["DYNAMIC", "MISS", "HIT"]
        hit = edge.get("/page/cf")
        assert hit.headers["cf-ray"].endswith("-FRA")
        assert "age" in hit.headers
        assert "via" not in hit.headers


def test_a_protected_page_in_the_cache_is_still_protected(sandbox: Sandbox) -> None:
    route = {**FORCED, "login": "basic", "credential": "ada:secret"}
    with running_edge(sandbox, route) as edge:
        for _ in range(2):
            with edge.client() as client:
                assert client.get("http://app.example.com/page/p", auth=("ada", "secret")).status_code == 200
            assert edge.get("/page/p").status_code == 401

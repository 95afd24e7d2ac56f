"""Which backend a path reaches, on a real nginx before real services."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.edge.config import Route
from signoff_sandbox.edge.urlmap import match
from support.deployed import requests_of
from support.edge import Edge, needs_nginx, running_edge
from support.sandbox import Sandbox

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def edge(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    app = tmp_path_factory.mktemp("app")
    (app / "index.html").write_text("<!doctype html><title>The app</title>")
    (app / "app.js").write_text("console.log('app')")
    routes = (
        {"path": "/*", "spa": str(app)},
        {"path": "/api/*", "service": "api"},
        {"path": "/api/legacy/*", "service": "web"},
        {"path": "/api/exact", "service": "web"},
        {"path": "/tagged/*", "service": "web", "tag": "live"},
        {"path": "/teapot", "answer": {"status": 418, "body": 'short $and "stout"', "headers": {"x-from": "edge"}}},
        {"path": "/moved", "redirect": "https://elsewhere.example.com/new"},
        {"path": "/gone/*", "backend": "127.0.0.1:9"},
        {"host": "web.example.com", "path": "/*", "service": "projects/demo/locations/us-central1/services/web"},
        {"host": "narrow.example.com", "path": "/only/*", "service": "web"},
    )
    with running_edge(sandbox, *routes) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "by"),
    [
        ("/api/reports", "api"),
        ("/api/", "api"),
        ("/api/legacy/1", "web"),
        ("/api/legacyx", "api"),
        ("/api/exact", "web"),
        ("/api/exact/more", "api"),
        ("/api/legacy", "api"),
        ("/tagged/1", "web"),
    ],
)
def test_the_longest_prefix_or_the_exact_path_decides(edge: Edge, path: str, by: str) -> None:
    answer = edge.get(f"{path}?q=%20a/b")
    assert (answer.status_code, answer.json()["by"], answer.json()["path"]) == (200, by, f"{path}?q=%20a/b")


def test_a_route_that_nobody_mapped_goes_to_the_single_page_app_with_200(edge: Edge) -> None:
    for verb, path in (("GET", "/mcp"), ("POST", "/mcp"), ("GET", "/api"), ("GET", "/deep/link")):
        answer = edge.request(verb, path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html"), (verb, path)
        assert "The app" in answer.text
    assert edge.get("/app.js").headers["content-type"] == "application/javascript"


def test_the_host_chooses_the_routes(edge: Edge) -> None:
    assert edge.get("/api/x", url="http://web.example.com").json()["by"] == "web"
    assert edge.get("/only/x", url="http://narrow.example.com").json()["by"] == "web"
    nowhere = edge.get("/api/x", url="http://narrow.example.com")
    assert (nowhere.status_code, nowhere.headers["via"]) == (404, "1.1 google")
    assert "was not found on this server" in nowhere.text


def test_the_edge_answers_by_itself(edge: Edge) -> None:
    teapot = edge.request("POST", "/teapot", content=b"x" * 100_000)
    assert (teapot.status_code, teapot.text, teapot.headers["x-from"]) == (418, 'short $and "stout"', "edge")
    moved = edge.get("/moved")
    assert (moved.status_code, moved.headers["location"]) == (301, "https://elsewhere.example.com/new")


def test_a_backend_that_does_not_answer_is_googles_502(edge: Edge) -> None:
    answer = edge.get("/gone/x")
    assert answer.status_code == 502
    assert "The server encountered a temporary error" in answer.text


def test_requests_and_bodies_go_through_as_they_are(edge: Edge) -> None:
    answer = edge.request("POST", "/api/%2Fa//b?x=1&x=2", content="grüße".encode() * 1000)
    said = answer.json()
    assert (said["method"], said["path"], said["body"]) == ("POST", "/api/%2Fa//b?x=1&x=2", "grüße" * 1000)


def test_the_headers_are_those_of_googles_load_balancer(edge: Edge) -> None:
    answer = edge.get("/api/x", headers={"x-forwarded-for": "10.9.9.9"})
    headers = answer.json()["headers"]
    assert headers["host"] == "app.example.com"
    assert headers["x-forwarded-for"] == "10.9.9.9,127.0.0.1,127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["via"] == "1.1 google"
    assert "x-sandbox-load-balancer" not in headers
    assert (answer.headers["via"], answer.headers["server"]) == ("1.1 google", "Google Frontend")
    assert edge.get("/api/x").json()["headers"]["x-forwarded-for"] == "127.0.0.1,127.0.0.1"
    assert edge.get("/api/x", url="https://app.example.com").json()["headers"]["x-forwarded-proto"] == "https"


def test_a_stream_comes_through_piece_by_piece(edge: Edge) -> None:
    with edge.client() as client, client.stream("GET", "http://app.example.com/api/stream") as answer:
        pieces = answer.iter_text()
        assert next(pieces) == "data: first\n\n"
        edge.get("/api/go")
        assert "".join(pieces) == "data: second\n\n"


def test_a_trace_is_kept_and_begun_where_there_is_none(edge: Edge, sandbox: Sandbox) -> None:
    trace = "105445aa7843bc8bf206b12000100000"
    agent = {"user-agent": "test-of-traces"}
    edge.get("/api/x", headers={"x-cloud-trace-context": f"{trace}/7;o=1", **agent})
    edge.get("/api/x", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01", **agent})
    edge.get("/api/x", headers=agent)
    logged = [e for e in requests_of(sandbox, "api") if e["httpRequest"]["userAgent"] == "test-of-traces"]
    kept, parent, begun = [entry["trace"].rpartition("/")[2] for entry in logged]
    assert kept == parent == trace
    assert len(begun) == 32
    assert begun != trace
    assert logged[0]["httpRequest"]["requestUrl"] == "http://app.example.com/api/x"
    assert logged[0]["httpRequest"]["remoteIp"] == "127.0.0.1"


def test_the_edge_counts_as_load_balancer_and_the_address_of_the_service_does_not(edge: Edge, sandbox: Sandbox) -> None:
    uri = next(s["uri"] for s in sandbox.state()["services"] if s["name"].endswith("/api"))
    assert httpx2.get(f"{uri}/api/x", trust_env=False).status_code == 404
    assert edge.get("/api/x").status_code == 200


@given(
    st.sets(st.sampled_from(["/*", "/a/*", "/a", "/a/b/*", "/a/b", "/b/*"])),
    st.sampled_from(["/", "/a", "/a/", "/ab", "/a/b", "/a/b/", "/a/b/c", "/b", "/b/x"]),
)
def test_a_path_takes_the_most_specific_route_that_covers_it(patterns: set[str], path: str) -> None:
    routes = [Route(path=pattern, redirect=pattern) for pattern in sorted(patterns)]
    covering = [p for p in patterns if p == path or (p.endswith("/*") and path.startswith(p[:-1]))]
    found = match(routes, path)
    if not covering:
        assert found is None
    else:
        assert found is not None
        assert found.path == max(covering, key=lambda p: (p == path, len(p)))


def test_nginx_agrees_with_the_map_of_paths(edge: Edge) -> None:
    patterns = ["/*", "/a/*", "/a/b", "/a/b/c/*", "/b/*", "/b"]
    with running_edge(None, *({"path": p, "answer": {"body": p}} for p in patterns)) as mapped:
        routes = [Route.model_validate({"path": p, "answer": {"body": p}}) for p in patterns]
        for path in ("/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/b/c/", "/a/b/c/d", "/b", "/b/", "/bc"):
            wanted = match(routes, path)
            assert wanted is not None
            assert mapped.get(path).text == wanted.path, path

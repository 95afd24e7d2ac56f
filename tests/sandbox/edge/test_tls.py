"""TLS at the edge: one certificate that is right, and each way in which one is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from support.edge import Edge, needs_nginx, running_edge

pytestmark = needs_nginx
ROUTE = {"path": "/*", "answer": {"body": "arrived"}}
HOST = "https://app.example.com"


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with running_edge(None, ROUTE) as made:
        yield made


@pytest.fixture(autouse=True)
def _right(edge: Edge) -> None:
    edge.change(ROUTE, hosts=["app.example.com"])


def test_a_client_that_trusts_the_authority_arrives(edge: Edge) -> None:
    for url in (HOST, "https://localhost", "https://127.0.0.1"):
        assert edge.get("/", url=url).text == "arrived"


def test_a_client_that_does_not_know_the_authority_refuses(edge: Edge) -> None:
    with edge.client(trusting=False) as client, pytest.raises(httpx2.ConnectError, match="local issuer certificate"):
        client.get(HOST)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("wrong-host", "not valid for 'app.example.com'"),
        ("unknown-ca", "unable to get local issuer certificate"),
        ("self-signed", "self-signed certificate"),
    ],
)
def test_a_certificate_that_is_wrong_in_one_way_is_refused_for_it(edge: Edge, kind: str, said: str) -> None:
    edge.change(ROUTE, hosts=["app.example.com"], certificate=kind)
    with pytest.raises(httpx2.ConnectError, match=said):
        edge.get("/", url=HOST)
    assert edge.get("/").text == "arrived", "plain http is as it was"


def test_a_name_that_was_not_asked_for_is_not_in_the_certificate(edge: Edge) -> None:
    with pytest.raises(httpx2.ConnectError, match=r"not valid for 'new\.example\.com'"):
        edge.get("/", url="https://new.example.com")
    edge.change({**ROUTE, "host": "new.example.com"})
    assert edge.get("/", url="https://new.example.com").text == "arrived"


def test_https_alone_redirects_http_with_path_and_query(edge: Edge) -> None:
    edge.change(ROUTE, hosts=["app.example.com"], https_only=True)
    answer = edge.get("/a/b?x=1")
    port = edge.https.rpartition(":")[2]
    assert (answer.status_code, answer.headers["location"]) == (301, f"{HOST}:{port}/a/b?x=1")
    assert edge.get("/a/b?x=1", url=HOST).text == "arrived"

"""Logins in front of a path: what a stranger gets without reaching the service, and who passes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from signoff_sandbox.edge.config import LoginKind
from support.deployed import requests_of
from support.edge import Edge, needs_nginx, running_edge
from support.sandbox import Sandbox

pytestmark = needs_nginx
KINDS = get_args(LoginKind)
BASIC = {"authorization": "Basic " + base64.b64encode(b"ada:let-me-in").decode()}
#: By kind: what a client shows that may pass.
PASSES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "iap": (
        {"authorization": "Bearer let-me-in"},
        {"proxy-authorization": "Bearer let-me-in", "authorization": "Bearer for-the-app"},
        {"cookie": "GCP_IAP_UID=1; __Host-GCP_IAP_AUTH_TOKEN_7978BFF0652D=let-me-in"},
    ),
    "cloudflare-access": (
        {"cf-access-client-id": "id.access", "cf-access-client-secret": "let-me-in"},
        {"cookie": "CF_AppSession=n1; CF_Authorization=let-me-in"},
        {"cf-access-token": "let-me-in"},
    ),
    "cloudflare-service-token": ({"cf-access-client-id": "id.access", "cf-access-client-secret": "let-me-in"},),
    "oauth2-proxy": ({"cookie": "_oauth2_proxy=let-me-in"}, {"authorization": "Bearer let-me-in"}),
    "oauth2-proxy-page": ({"cookie": "_oauth2_proxy=let-me-in"},),
    "form": ({"cookie": "sessionid=let-me-in"}, {"cookie": "session=let-me-in"}),
    "google": ({"cookie": "connect.sid=let-me-in"},),
    "oidc": ({"cookie": "session=let-me-in"},),
    "saml": ({"cookie": "session=let-me-in"},),
    "basic": (BASIC,),
    "bearer": ({"authorization": "Bearer let-me-in"}, {"x-api-key": "let-me-in"}),
}


@pytest.fixture(scope="module")
def edge(sandbox: Sandbox) -> Iterator[Edge]:
    routes = [
        {
            "path": f"/{kind}/*",
            "service": "web",
            "login": kind,
            **({"credential": "ada:let-me-in"} if kind == "basic" else {}),
        }
        for kind in KINDS
    ]
    with running_edge(sandbox, {"path": "/*", "service": "web"}, *routes) as made:
        yield made


def reached(sandbox: Sandbox, agent: str) -> list[dict[str, Any]]:
    return [entry for entry in requests_of(sandbox) if entry["httpRequest"].get("userAgent") == agent]


def location(answer: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Where a redirect leads, and its parameters."""
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["location"])
    return target._replace(query="").geturl(), {k: v[0] for k, v in parse_qs(target.query).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_never_reaches_the_service_and_a_visitor_with_the_credential_does(
    edge: Edge, sandbox: Sandbox, kind: str
) -> None:
    stranger, visitor = f"stranger-{kind}", f"visitor-{kind}"
    wrong = {"authorization": "Bearer wrong", "cookie": "session=wrong; CF_Authorization=wrong; _oauth2_proxy=wrong"}
    for headers in ({}, wrong, {"authorization": "Basic !!"}):
        answer = edge.get(f"/{kind}/reports", headers={"user-agent": stranger, **headers})
        assert answer.status_code in (302, 401, 403)
        posted = edge.request("POST", f"/{kind}/reports", content=b"x", headers={"user-agent": stranger, **headers})
        assert posted.status_code == answer.status_code
    for headers in PASSES[kind]:
        answer = edge.get(f"/{kind}/reports?d=1", headers={"user-agent": visitor, **headers})
        assert (answer.status_code, answer.json()["path"]) == (200, f"/{kind}/reports?d=1"), headers
    assert reached(sandbox, stranger) == []
    entries = reached(sandbox, visitor)
    assert len(entries) == len(PASSES[kind])
    assert all(entry["resource"]["labels"]["revision_name"].startswith("web-00001") for entry in entries)


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_beside_the_protected_one_is_open(edge: Edge, kind: str) -> None:
    assert edge.get(f"/{kind}").json()["path"] == f"/{kind}"
    assert edge.get(f"/{kind}x/reports").status_code == 200


def test_identity_aware_proxy_sends_browsers_to_google_and_refuses_scripts(edge: Edge) -> None:
    answer = edge.get("/iap/reports?d=1")
    target, asked = location(answer)
    assert target == "https://accounts.google.com/o/oauth2/v2/auth"
    assert asked["redirect_uri"].startswith("https://iap.googleapis.com/v1/oauth/clientIds/")
    assert asked["redirect_uri"].endswith(".apps.googleusercontent.com:handleRedirect")
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email")
    assert answer.headers["x-goog-iap-generated-response"] == "true"
    assert answer.headers["set-cookie"].startswith("GCP_IAP_XSRF_NONCE_")
    assert answer.text == "Invalid IAP credentials: empty token"
    for headers in ({"x-requested-with": "XMLHttpRequest"}, {"authorization": "Bearer eyJ.wrong.token"}):
        refused = edge.get("/iap/reports", headers=headers)
        assert (refused.status_code, refused.headers["x-goog-iap-generated-response"]) == (401, "true")
        assert refused.text.startswith("Invalid IAP credentials: ")


def test_the_service_behind_a_login_is_told_who_it_is_and_cannot_be_lied_to(edge: Edge) -> None:
    lie = {"x-goog-authenticated-user-email": "accounts.google.com:mallory@example.com"}
    seen = edge.get("/iap/x", headers={"authorization": "Bearer let-me-in", **lie}).json()["headers"]
    assert seen["x-goog-authenticated-user-email"] == "accounts.google.com:visitor@example.com"
    seen = edge.get("/cloudflare-access/x", headers={"cookie": "CF_Authorization=let-me-in"}).json()["headers"]
    assert seen["cf-access-authenticated-user-email"] == "visitor@example.com"


def test_cloudflare_access_sends_to_its_team_and_names_itself(edge: Edge) -> None:
    answer = edge.get("/cloudflare-access/reports?d=1")
    target, asked = location(answer)
    assert target == "https://sandbox.cloudflareaccess.com/cdn-cgi/access/login/app.example.com"
    assert asked["redirect_url"] == "/cloudflare-access/reports?d=1"
    assert len(asked["kid"]) == 64
    assert asked["meta"].count(".") == 2
    assert answer.headers["server"] == "cloudflare"
    assert answer.headers["cf-ray"].endswith("-FRA")
    assert answer.headers["www-authenticate"].startswith("Cloudflare-Access resource_metadata=")
    assert answer.headers["set-cookie"].startswith("CF_AppSession=")
    refused = edge.get("/cloudflare-service-token/reports")
    assert refused.status_code == 403
    assert refused.headers["cf-access-domain"] == "app.example.com"
    assert len(refused.headers["cf-access-aud"]) == 64


def test_oauth2_proxy_beside_nginx_sends_to_its_start_page_and_from_there_to_its_provider(edge: Edge) -> None:
    target, asked = location(edge.get("/oauth2-proxy/reports?d=1"))
    assert (target, asked) == ("http://app.example.com/oauth2/start", {"rd": "/oauth2-proxy/reports?d=1"})
    started = edge.get("/oauth2/start?rd=%2F")
    target, asked = location(started)
    assert target == "https://accounts.google.com/o/oauth2/auth"
    assert asked["redirect_uri"] == "http://app.example.com/oauth2/callback"
    assert started.headers["set-cookie"].startswith("_oauth2_proxy_csrf=")
    assert edge.get("/oauth2/auth").status_code == 401
    assert edge.get("/oauth2/auth", headers={"cookie": "_oauth2_proxy=let-me-in"}).status_code == 202


def test_oauth2_proxy_by_itself_shows_its_page_to_browsers_and_401_to_json_clients(edge: Edge) -> None:
    for accept in ("*/*", "text/html,application/json", "application/json, text/plain"):
        answer = edge.get("/oauth2-proxy-page/reports", headers={"accept": accept})
        assert answer.status_code == 403
        assert answer.headers["set-cookie"].startswith('_oauth2_proxy="";')
        assert "OAuth2 Proxy" in answer.text
    answer = edge.get("/oauth2-proxy-page/reports", headers={"accept": "application/json"})
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (401, "{}", "application/json")


def test_an_application_sends_to_its_own_login_page(edge: Edge) -> None:
    assert location(edge.get("/form/reports?d=1")) == ("/login", {"next": "/form/reports?d=1"})


def test_providers_are_asked_in_the_words_of_their_protocol(edge: Edge) -> None:
    target, asked = location(edge.get("/google/reports"))
    assert target == "https://accounts.google.com/o/oauth2/v2/auth"
    assert asked["redirect_uri"] == "http://app.example.com/auth/google/callback"
    target, asked = location(edge.get("/oidc/reports"))
    assert target == "https://sandbox.eu.auth0.com/authorize"
    assert {"client_id", "redirect_uri", "response_type", "scope", "state", "nonce"} == set(asked)
    assert "openid" in asked["scope"].split()
    target, asked = location(edge.get("/saml/reports"))
    assert target == "https://idp.example.com/sso/saml"
    assert asked["RelayState"] == "http://app.example.com/saml/reports"
    request = zlib.decompress(base64.b64decode(asked["SAMLRequest"]), wbits=-15).decode()
    assert request.startswith("<samlp:AuthnRequest ")
    assert 'Destination="https://idp.example.com/sso/saml"' in request


def test_the_schemes_of_http_itself(edge: Edge) -> None:
    answer = edge.get("/basic/reports")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="Restricted"')
    answer = edge.get("/bearer/reports")
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert "www-authenticate" not in answer.headers


def test_whoever_follows_redirects_ends_on_a_page_that_answers_200(edge: Edge) -> None:
    ended = {}
    with edge.client(follow_redirects=True) as browser:
        for kind in KINDS:
            answer = browser.get(f"http://app.example.com/{kind}/reports")
            if answer.status_code == 200:
                assert answer.headers["content-type"] == "text/html; charset=utf-8"
                ended[kind] = answer.url.host
    assert ended == {
        "iap": "accounts.google.com",
        "cloudflare-access": "sandbox.cloudflareaccess.com",
        "oauth2-proxy": "accounts.google.com",
        "form": "app.example.com",
        "google": "accounts.google.com",
        "oidc": "sandbox.eu.auth0.com",
        "saml": "idp.example.com",
    }


def test_a_login_page_may_be_somewhere_else_and_an_own_page_of_the_service_wins(sandbox: Sandbox) -> None:
    routes = (
        {"path": "/login", "service": "web"},
        {"path": "/a/*", "service": "web", "login": "form"},
        {"path": "/b/*", "service": "web", "login": "oidc", "login_at": "https://sso.acme.example/auth?tenant=1"},
        {"path": "/c/*", "service": "web", "login": "form", "login_at": "/accounts/login/"},
    )
    with running_edge(sandbox, *routes) as edge:
        assert edge.get("/login").json()["by"] == "web"
        assert edge.get("/b/x").headers["location"].startswith("https://sso.acme.example/auth?tenant=1&client_id=")
        assert edge.get("/c/x").headers["location"].startswith("/accounts/login/?next=")
        assert edge.get("/accounts/login/?next=%2F").status_code == 200
        assert edge.get("/", url="https://sso.acme.example").text.count("Sign in") == 2

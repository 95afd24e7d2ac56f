"""Behind a real nginx: each wall is told apart from arrival, and what is healthy stays quiet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.boundary import Boundary, Policy
from signoff.model.judgement import Status
from signoff.model.smoke import BearerFrom, JsonExpected, Smoke
from signoff.model.subject import Workload, WorkloadName
from signoff.systems import Systems
from support.deployed import deploy
from support.edge import Edge, needs_nginx, running_edge
from support.sandbox import Sandbox, running_sandbox
from support.smoked import Site, codes, said

pytestmark = needs_nginx

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'
APP = """\
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1
    def do_GET(self):
        page = self.path in ("/", "/dashboard", "/login")
        body = b"<form><input type=password></form>" if page else json.dumps({"by": NAME, "path": self.path}).encode()
        self.send_response(404 if self.path.endswith("/gone") else 401 if self.path.endswith("/mine") else 200)
        self.send_header("content-type", "text/html" if page else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
API = Smoke("/api/reports", content_type="application/json", json=(JsonExpected("by", "web"),))
LOGINS: Mapping[str, str] = {
    "iap": "reachable/iap",
    "cloudflare-access": "reachable/cloudflare-access",
    "cloudflare-service-token": "reachable/cloudflare-access",
    "oauth2-proxy": "reachable/oauth2-proxy",
    "oauth2-proxy-page": "reachable/oauth2-proxy",
    "form": "reachable/login",
    "google": "reachable/google-sign-in",
    "oidc": "reachable/oidc",
    "saml": "reachable/saml",
    "basic": "reachable/basic-auth",
    "bearer": "reachable/unexpected",
}
"""What the edge's login is, and the finding that names it; a bare 401 is named as what it is."""
OPEN = {"path": "/*", "service": "web"}
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
PINNED = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def files(name: str) -> dict[str, str]:
    return {"Dockerfile": DOCKERFILE, "main.py": f"NAME = {name!r}\n{APP}"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """`web`, whose tag `old` names its first revision; `api`, which admits load balancers alone."""
    folder = tmp_path_factory.mktemp("edge")
    with running_sandbox(None, "--data", str(folder / "data"), "--reconcile-seconds", "0") as running:
        first = deploy(running, folder, files("web"))["latestReadyRevision"].rpartition("/")[2]
        traffic = [{"type": LATEST, "percent": 100}, {"type": PINNED, "revision": first, "tag": "old"}]
        deploy(running, folder, files("web") | {"more.txt": "2"}, traffic=traffic)
        deploy(running, folder, files("api"), "api", ingress="INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER")
        yield running


@pytest.fixture(scope="module")
def running(sandbox: Sandbox) -> Iterator[Edge]:
    with running_edge(sandbox, OPEN) as made:
        yield made


@pytest.fixture
async def site(sandbox: Sandbox, running: Edge) -> AsyncIterator[Site]:
    """The workload web, whose users come in by the edge."""
    systems = Systems(Boundary(Policy(seconds=10.0, tries=1)), Path("/nowhere"), sandbox=sandbox.grpc, environment={})
    url = f"http://{running.http}"
    web = Workload(WorkloadName("web"), "service", "web", ("web/**",), url=url, smoke=(API,))
    yield Site(sandbox, systems, web, url)
    await systems.close()


def login(kind: str, path: str = "/api/*") -> dict[str, Any]:
    return {"path": path, "service": "web", "login": kind, **({"credential": "a:b"} if kind == "basic" else {})}


async def test_through_an_open_edge_the_request_arrives(site: Site, running: Edge) -> None:
    running.change(OPEN)
    judgement = await site.judged()
    assert judgement.status is Status.PASS
    assert "GET /api/reports was answered by web-00002" in said(judgement)


@pytest.mark.parametrize("kind", LOGINS)
async def test_each_login_is_told_apart_from_arrival_and_proves_a_route_that_is_to_be_blocked(
    kind: str, site: Site, running: Edge
) -> None:
    running.change(OPEN, login(kind))
    judgement = await site.judged()
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {LOGINS[kind]})
    assert judgement.findings[0].fix is not None
    blocked = await site.judged(smoke=(replace(API, expect="blocked", content_type=None, json=()), Smoke("/dashboard")))
    assert (blocked.status, codes(blocked)) == (Status.PASS, set()), "and the rest of the site is quiet"


def test_following_redirects_would_have_passed_most_of_the_logins(running: Edge) -> None:
    """What a plain status check sees: the sign-in page, 200."""
    passed = set()
    for kind in LOGINS:
        running.change(OPEN, login(kind))
        with running.client(follow_redirects=True) as client:
            if client.get("http://app.example.com/api/reports").status_code == 200:
                passed.add(kind)
    assert passed >= {"iap", "cloudflare-access", "oauth2-proxy", "form", "google", "oidc", "saml"}


async def test_path_scoped_auth_that_misses_a_new_route_is_found_and_only_there(site: Site, running: Edge) -> None:
    """Incident H1: the routes that were there are let through, the new ones are not."""
    running.change({"path": "/*", "service": "web", "login": "oauth2-proxy"}, {"path": "/api/*", "service": "web"})
    new = Smoke("/mcp", method="POST", body="{}", writes=False)
    judgement = await site.judged(smoke=(API, new))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/oauth2-proxy"})
    assert len(judgement.findings) == 1
    assert "POST /mcp was stopped by oauth2-proxy" in said(judgement)


async def test_a_protected_route_passes_with_the_identity_that_users_have(site: Site, running: Edge) -> None:
    running.change(OPEN, login("iap"))
    site.systems.environment = {"EDGE": "let-me-in"}
    assert (await site.judged(smoke=(replace(API, identity=BearerFrom("EDGE")),))).status is Status.PASS


async def test_a_route_that_must_be_protected_and_is_open_is_a_fault(site: Site, running: Edge) -> None:
    running.change(OPEN)
    judgement = await site.judged(smoke=(Smoke("/admin", "blocked"),))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/open"})


async def test_a_route_that_the_application_itself_protects_is_blocked(site: Site, running: Edge) -> None:
    running.change(OPEN)
    assert (await site.judged(smoke=(Smoke("/api/mine", "blocked"),))).status is Status.PASS
    wanted = await site.judged(smoke=(Smoke("/api/mine"),))
    assert (wanted.status, codes(wanted)) == (Status.FAIL, {"reachable/unexpected"})
    assert "reached web-00002" in said(wanted)


async def test_a_url_map_that_sends_a_route_to_the_single_page_app_is_named(
    site: Site, running: Edge, tmp_path: Path
) -> None:
    """Incident H2: POST /mcp is answered 200 text/html."""
    (tmp_path / "index.html").write_text("<div id=root></div>", "utf-8")
    running.change({"path": "/*", "spa": str(tmp_path)}, {"path": "/api/*", "service": "web"})
    mcp = Smoke("/mcp", method="POST", body="{}", writes=False)
    judgement = await site.judged(smoke=(API, mcp))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/other-backend"})
    assert (await site.judged(smoke=(API,))).status is Status.PASS


async def test_pages_of_the_workload_itself_are_quiet(site: Site, running: Edge) -> None:
    running.change(OPEN)
    for smoke in ((Smoke("/dashboard", content_type="text/html"), Smoke("/login")), ()):
        judgement = await site.judged(smoke=smoke)
        assert (judgement.status, codes(judgement)) == (Status.PASS, set())


async def test_an_answer_of_the_edge_or_of_another_backend_is_no_arrival(site: Site, running: Edge) -> None:
    running.change(OPEN, {"path": "/api/*", "answer": {"body": '{"by": "web"}', "type": "application/json"}})
    judgement = await site.judged()
    assert judgement.status is Status.UNKNOWN
    assert "who answered is not known" in said(judgement)


async def test_an_edge_that_names_an_old_tag_or_another_service_is_named(site: Site, running: Edge) -> None:
    """Incidents E3 and H6."""
    running.change({"path": "/*", "service": "web", "tag": "old"})
    judgement = await site.judged()
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/other-revision"})
    assert "was answered by web-00001" in said(judgement)
    running.change({"path": "/*", "service": "api"})
    judgement = await site.judged(smoke=(replace(API, json=()),))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/other-revision"})
    assert "of service api in us-central1" in said(judgement)


async def test_a_cache_that_answers_for_the_revision_before_is_named(site: Site, running: Edge) -> None:
    """Incident H5, the cached 404 too."""
    cache = {"path": "/api/*", "service": "web", "cache": "FORCE_CACHE_ALL", "negative_caching": True}
    running.change(OPEN, cache)
    running.purge()
    assert (await site.judged()).status is Status.PASS, "the first one is not cached yet"
    running.age_cache(100_000)
    stale = await site.judged()
    assert (stale.status, codes(stale)) == (Status.FAIL, {"reachable/cached"})
    assert "from before" in said(stale)
    running.purge()
    assert (await site.judged()).status is Status.PASS
    gone = Smoke("/api/gone")
    assert codes(await site.judged(smoke=(gone,))) == {"reachable/unexpected"}
    running.age_cache(60)
    assert codes(await site.judged(smoke=(gone,))) == {"reachable/cached"}


async def test_the_service_behind_the_load_balancer_is_reached_through_it_alone(site: Site, running: Edge) -> None:
    running.change({"path": "/*", "service": "api"})
    route = Smoke("/api/reports", json=(JsonExpected("by", "api"),))
    api = replace(site, workload=replace(site.workload, name=WorkloadName("api"), resource="api", smoke=(route,)))
    assert (await api.judged()).status is Status.PASS
    direct = await api.judged(url=None)
    assert (direct.status, codes(direct)) == (Status.FAIL, {"reachable/ingress"})
    assert (await api.judged(url=None, smoke=())).status in {Status.PASS, Status.WAITING}


async def test_the_path_that_google_keeps_is_named(site: Site, running: Edge) -> None:
    running.change(OPEN)
    judgement = await site.judged(smoke=(Smoke("/healthz"),))
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/reserved-path"})


async def test_a_backend_that_does_not_answer_is_the_edges_error(site: Site, running: Edge) -> None:
    running.change({"path": "/*", "backend": "127.0.0.1:1"})
    judgement = await site.judged()
    assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/edge-error"})


async def test_an_address_that_only_leads_to_another_is_no_wall(site: Site, running: Edge) -> None:
    running.change({**OPEN, "redirect": f"http://localhost:1{API.path}", "service": None})
    judgement = await site.judged()
    assert (judgement.status, codes(judgement)) == (Status.UNKNOWN, {"reachable/moved"})


@pytest.mark.parametrize("certificate", ["valid", "expired", "wrong-host", "unknown-ca", "self-signed"])
async def test_a_certificate_that_users_would_not_trust_is_named(
    certificate: str, site: Site, running: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(running.ca))
    running.change(OPEN, certificate=certificate)
    try:
        judgement = await site.judged(url=f"https://{running.https}")
    finally:
        running.change(OPEN)
    if certificate == "valid":
        assert judgement.status is Status.PASS
    else:
        assert (judgement.status, codes(judgement)) == (Status.FAIL, {"reachable/tls"})

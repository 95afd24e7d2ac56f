"""One sandbox for all tests of the edge, with a service that answers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.deployed import deploy
from support.sandbox import Sandbox, running_sandbox

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'
#: Answers its name, path and headers in JSON. Paths that end in /missing and /cached are what they say; /stream sends
#: a first piece, and the second one only after somebody asked for /go.
ECHO = """\
import http.server, json, os, threading
GO = threading.Event()
class Handler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1
    def do_GET(self):
        if self.path.endswith("/stream"):
            return self.stream()
        if self.path.endswith("/go"):
            GO.set()
        length = int(self.headers.get("content-length") or 0)
        said = {"by": NAME, "revision": os.environ["K_REVISION"], "method": self.command, "path": self.path,
                "body": self.rfile.read(length).decode(), "headers": {k.lower(): v for k, v in self.headers.items()}}
        body = json.dumps(said).encode()
        self.send_response(404 if self.path.endswith("/missing") else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.path.endswith("/cached"):
            self.send_header("cache-control", "public, max-age=600")
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: first\\n\\n")
        self.wfile.flush()
        if GO.wait(20):
            self.wfile.write(b"data: second\\n\\n")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def echo(name: str) -> dict[str, str]:
    """The files of that service."""
    return {"Dockerfile": DOCKERFILE, "main.py": f"NAME = {name!r}\n{ECHO}"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The services `web`, and `api` which admits load balancers alone; web has the tag `live`."""
    folder = tmp_path_factory.mktemp("edge")
    with running_sandbox(None, "--data", str(folder / "data"), "--reconcile-seconds", "0") as running:
        tagged = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100, "tag": "live"}]
        deploy(running, folder, echo("web"), traffic=tagged)
        deploy(running, folder, echo("api"), "api", ingress="INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER")
        yield running

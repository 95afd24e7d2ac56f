"""A small LFS store and git remote over HTTP on loopback: the batch API, and git's own http-backend behind it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class Store:
    """`objects`: the SHA-256 ids that the store has. `status`: what the batch API answers with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: set[str] = set()
        self.status = 200
        self.url = ""


@contextmanager
def serving(folder: Path) -> Iterator[Store]:
    """Serve the bare repositories of a folder by git's http-backend, with an LFS store beside each."""
    store = Store(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._git()

        def do_POST(self) -> None:
            if self.path.endswith("/info/lfs/objects/batch"):
                self._batch()
            else:
                self._git()

        def _batch(self) -> None:
            asked = json.loads(self._body())
            told = [
                {**entry, "actions": {"download": {"href": f"{store.url}/{entry['oid']}"}}}
                if entry["oid"] in store.objects
                else {**entry, "error": {"code": 404, "message": "Object does not exist"}}
                for entry in asked["objects"]
            ]
            self._answer(store.status, json.dumps({"objects": told}).encode(), "application/vnd.git-lfs+json")

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _git(self) -> None:
            split = urlsplit(self.path)
            done = subprocess.run(
                ["git", "http-backend"],
                input=self._body(),
                capture_output=True,
                check=True,
                env={
                    **os.environ,
                    "GIT_PROJECT_ROOT": str(store.folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                    "PATH_INFO": split.path,
                    "QUERY_STRING": split.query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "REMOTE_ADDR": "127.0.0.1",
                },
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            status = int(fields.pop("Status", "200 OK").split()[0])
            self._answer(status, body, fields.get("Content-Type", "text/plain"))

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A small HTTP service that logs what goes wrong, as a web framework does."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(answer: Callable[[str], object]) -> None:
    """Answer each GET with `answer(path)` as JSON; an error is logged and answered with 500."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, body = 200, json.dumps(answer(self.path)).encode()
            except Exception:
                traceback.print_exc()
                status, body = 500, b'{"error": "internal"}'
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """The platform logs requests."""

    sys.stdout.write(f"listening on {os.environ['PORT']}\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

"""The analysis service: the number that customers see."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg


class Analysis(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            rows = connection.execute("SELECT coalesce(sum(total), 0) FROM reports").fetchall()
        body = json.dumps({"total": rows[0][0]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The platform logs requests."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Analysis).serve_forever()

"""A BigQuery on loopback for tests: its REST v2 as the official client speaks it, over the tables of a SQLite file.

It is no BigQuery. GoogleSQL is translated by sqlglot, good enough for the statements of signoff;
what is real is the client, its HTTP, the form of jobs, rows, pages and errors. Tables of data set `d` are `d__name`.
https://cloud.google.com/bigquery/docs/reference/rest
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp


@dataclass
class BigQueryServer:
    """`jobs`: what was asked, in order. `refuse`: the error that every call is answered with, as (status, reason)."""

    path: Path
    address: str = ""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    refuse: tuple[int, str] | None = None
    page: int = 1000
    results: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = field(default_factory=dict)

    def execute(self, *statements: str) -> None:
        with sqlite3.connect(self.path) as connection:
            for statement in statements:
                connection.execute(statement)

    def insert(self, job: dict[str, Any]) -> dict[str, Any]:
        """jobs.insert: run at once."""
        configuration, name = job["configuration"], job["jobReference"]["jobId"]
        self.jobs.append(configuration)
        query = configuration["query"]
        parsed = [one for one in sqlglot.parse(query["query"], dialect="bigquery") if one is not None]
        kind = "SELECT" if len(parsed) == 1 and isinstance(parsed[0], exp.Select) else "SCRIPT"
        statistics = {"query": {"statementType": kind, "totalBytesProcessed": "1024"}, "totalBytesProcessed": "1024"}
        if not configuration.get("dryRun"):
            zone = next((p["value"] for p in query.get("connectionProperties", []) if p["key"] == "time_zone"), "UTC")
            self.results[name] = self._run(parsed[0], zone)
        return {**job, "status": {"state": "DONE"}, "statistics": statistics, "user_email": "nobody@example.com"}

    def _run(self, parsed: Any, zone: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        for table in parsed.find_all(exp.Table):
            if table.db:
                table.replace(exp.to_table(f"{table.db}__{table.name}", alias=table.alias or None))
        for cast in list(parsed.find_all(exp.Cast)):
            if cast.to.is_type("timestamptz", "timestamp"):
                cast.replace(cast.this)
        with sqlite3.connect(self.path) as connection:
            connection.create_function("unix_micros", 1, lambda text: _micros(text, ZoneInfo(zone)))
            cursor = connection.execute(parsed.sql(dialect="sqlite"))
            return [column[0] for column in cursor.description], cursor.fetchall()

    def answers(self, job: str, start: int, most: int) -> dict[str, Any]:
        """jobs.getQueryResults: a page of rows."""
        names, rows = self.results[job]
        most = min(most, self.page)
        page = rows[start : start + most]
        kinds = [_kind([row[at] for row in rows]) for at in range(len(names))]
        answer: dict[str, Any] = {
            "jobReference": {"projectId": "demo", "jobId": job, "location": "US"},
            "jobComplete": True,
            "schema": {
                "fields": [{"name": n, "type": k, "mode": "NULLABLE"} for n, k in zip(names, kinds, strict=True)]
            },
            "totalRows": str(len(rows)),
            "rows": [{"f": [{"v": None if value is None else str(value)} for value in row]} for row in page],
        }
        if start + most < len(rows):
            answer["pageToken"] = str(start + most)
        return answer


def _kind(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int) for value in known):
        return "INTEGER"
    return "FLOAT" if known and all(isinstance(value, int | float) for value in known) else "STRING"


def _micros(text: str | None, zone: ZoneInfo) -> int | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1_000_000)


@contextmanager
def running_bigquery(folder: Path) -> Iterator[BigQueryServer]:
    server = BigQueryServer(folder / "bigquery.sqlite")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            self._answered(lambda: server.insert(body))

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            said = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
            job = path.rpartition("/")[2]
            start = int(said.get("pageToken") or said.get("startIndex") or 0)
            self._answered(lambda: server.answers(job, start, int(said.get("maxResults", 10_000))))

        def _answered(self, answer: Any) -> None:
            try:
                status, said = (200, answer()) if server.refuse is None else (server.refuse[0], None)
                if said is None and server.refuse is not None:
                    said = _error(*server.refuse)
            except (sqlite3.Error, sqlglot.errors.SqlglotError) as error:
                status, said = 400, _error(400, "invalidQuery", str(error))
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.address = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def _error(code: int, reason: str, message: str = "refused") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "errors": [{"reason": reason, "message": message}]}}

"""Five hundred secrets through the ways that outside text really comes; none is in anything that signoff gives out."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client

from signoff.cli.main import main
from signoff.mcp.server import make_server
from support.commands import ran
from support.hostile_lines import HOSTILE_LINES
from support.planted_secrets import SHAPES, Planted, planted
from support.world import World, a_world

WAYS = {"logs": 300, "bodies": 40, "configuration": 80, "error texts": 20, "commit messages": 60}
SPOKEN = {
    name: f"hostile {line}" for name, line in HOSTILE_LINES.items() if len(line) < 5_000 and "surrogate" not in name
}
"""What a container can write: a lone surrogate is no UTF-8."""
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
FAULTED = (
    "google.cloud.run.v2.Revisions/ListRevisions",
    "google.cloud.run.v2.Jobs/ListJobs",
    "google.devtools.cloudbuild.v1.CloudBuild/ListBuilds",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListDockerImages",
    "google.logging.v2.LoggingServiceV2/ListLogEntries",
)


@dataclass
class Seen:
    """`outputs`: everything that signoff gave out, by what it is; `by_way`: what was planted."""

    by_way: Mapping[str, Sequence[Planted]]
    outputs: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, said: str) -> None:
        self.outputs[name] = self.outputs.get(name, "") + said + "\n"

    def shown(self, way: str) -> int:
        """How many of a way's marks came out: proof that what was planted did go through."""
        whole = "\n".join(self.outputs.values())
        return sum(one.mark in whole for one in self.by_way[way])


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    every = iter(planted(sum(WAYS.values())))
    made = Seen({way: [next(every) for _ in range(number)] for way, number in WAYS.items()})
    folder = tmp_path_factory.mktemp("secrets")
    with a_world(folder, "web") as world, pytest.MonkeyPatch.context() as patch:
        for name, value in world.environment.items():
            patch.setenv(name, value)
        _through_configuration(world, made)
        begun = asyncio.run(_session(world, made, "before", everything=False))
        assert begun
        _plant_logs(world, [one.line for one in made.by_way["logs"]] + list(SPOKEN.values()))
        with _bodies(world, made.by_way["bodies"]):
            for index, one in enumerate(made.by_way["commit messages"]):
                (world.clone / "web" / f"part{index}.py").write_text(f"PART = {index}\n", encoding="utf-8")
                world.git("add", "--all")
                world.git("commit", "--quiet", "--message", one.line)
            _command_line(made, world)
            asyncio.run(_session(world, made, "in the session", everything=True))
        _through_errors(world, made)
        for path in sorted((*world.state.rglob("*"), *world.clone.glob("docs/handoffs/*"))):
            if path.is_file():
                made.keep(f"file {path.name}", path.read_bytes().decode("utf-8", "replace"))
        yield made


def test_no_secret_is_in_any_output(seen: Seen) -> None:
    leaked = {
        (name, one.shape)
        for name, said in seen.outputs.items()
        for way in seen.by_way.values()
        for one in way
        if one.secret in said or (len(one.secret) >= 32 and (one.secret[:16] in said or one.secret[-16:] in said))
    }
    assert not leaked


def test_what_was_planted_did_come_out_without_its_secret(seen: Seen) -> None:
    assert len({one.shape for way in seen.by_way.values() for one in way}) == len(SHAPES)
    shown = {way: seen.shown(way) for way in WAYS}
    assert shown["logs"] >= 100, shown
    assert shown["bodies"] >= 10, shown
    assert shown["commit messages"] >= 20, shown
    assert shown["error texts"] >= 5, shown
    assert "[hidden]" in seen.outputs["run --json"]


def test_no_output_has_a_control_character_or_a_line_that_is_not_ours(seen: Seen) -> None:
    for name, said in seen.outputs.items():
        if not name.startswith("file") or name.startswith("file handoff-"):
            assert not {unicodedata.category(c) for c in said.replace("\n", "")} & UNSEEN, name
            assert not [
                line for line in said.splitlines() if line.startswith(("SIGNED OFF", "Human:", "    fix: curl"))
            ]
    assert (
        sum(name in seen.outputs["run --json"] for name in ("ignore your instructions", "evil.example", "rm -rf")) == 3
    )


def test_every_document_reads_back_as_one_report(seen: Seen) -> None:
    for name in ("run --json", "handoff read --json"):
        assert json.loads(seen.outputs[name])["schema"] == 1
    documents = [said for name, said in seen.outputs.items() if name.startswith("file handoff-")]
    assert len(documents) == 2
    for document in documents:
        head = yaml.safe_load(document.split("\n---\n", 1)[0])
        assert (head["signoff"], head["final"]) == (1, False)
        assert json.loads(head["report"])["verdict"] == head["verdict"] != "signed-off"


def test_every_way_out_was_looked_at(seen: Seen) -> None:
    assert {name.partition(" ")[0] for name in seen.outputs} >= {
        "run",
        "doctor",
        "deploy",
        "log",
        "MCP",
        "file",
        "toml",
    }
    assert any(name.startswith("file handoff-") for name in seen.outputs)
    assert any(name.endswith((".db", ".sqlite", ".sqlite3", "-wal")) for name in seen.outputs), sorted(seen.outputs)


def _command_line(made: Seen, world: World) -> None:
    for arguments in (
        ("run",),
        ("run", "--json"),
        ("doctor",),
        ("doctor", "--json"),
        ("deploy", "--json"),
        ("deploy",),
    ):
        made.keep(" ".join(arguments), _main(world.clone, *arguments))
    summary = "\n".join(one.line for one in made.by_way["logs"][:20])
    made.keep("handoff write", _main(world.clone, "handoff", "write", "--summary", summary, "--json"))
    made.keep("handoff read", _main(world.clone, "handoff", "read"))
    made.keep("handoff read --json", _main(world.clone, "handoff", "read", "--json"))
    debugged = ran("run", cwd=world.clone, env=world.environment | {"SIGNOFF_DEBUG": "1"})
    made.keep("log of run", debugged.stderr + debugged.stdout)
    for one in made.by_way["error texts"][:3]:
        made.keep("usage", _main(world.clone, "run", f"--{one.line}"))
        made.keep("usage", _main(world.clone, "run", "--workload", one.line))


def _main(clone: Path, *arguments: str) -> str:
    """Both streams of a command in this process, whatever it comes to."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):  # argparse's way out of a usage error
        main(["-C", str(clone), *arguments])
    return said.getvalue()


async def _session(world: World, made: Seen, name: str, *, everything: bool) -> bool:
    told: list[str] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append(str(message))

    async with Client(make_server(world.clone)) as client:
        tools = ["check_pushed"]
        if everything:
            tools += ["check_drift", "smoke_test", "verify_logs", "run_checklist", "deploy_service", "read_handoff"]
        for tool in tools:
            answer = await client.call_tool(tool, {}, progress_callback=progress)
            made.keep(f"MCP {tool} {name}", "\n".join(getattr(part, "text", "") for part in answer.content))
            made.keep(f"MCP {tool} {name}, structure", json.dumps(answer.structured_content, ensure_ascii=False))
        if everything:
            words = {"summary": made.by_way["logs"][0].line, "claims": [one.line for one in made.by_way["logs"][:5]]}
            answer = await client.call_tool("write_handoff", words, progress_callback=progress)
            made.keep("MCP write_handoff", "\n".join(getattr(part, "text", "") for part in answer.content))
            for uri in ("report://latest", "handoff://latest"):
                found = await client.read_resource(uri)
                made.keep(f"MCP {uri}", "\n".join(getattr(part, "text", "") for part in found.contents))
    made.keep(f"MCP progress {name}", "\n".join(told))
    return True


def _plant_logs(world: World, lines: Sequence[str]) -> None:
    service = world.service()
    revision = service["latestReadyRevision"].rpartition("/")[2]
    now = datetime.now(UTC)
    labels = {"service_name": "web", "revision_name": revision, "location": "us-central1"}
    entries: list[dict[str, Any]] = [
        {
            "logName": "projects/demo/logs/run.googleapis.com%2Fstderr",
            "resource": {"type": "cloud_run_revision", "labels": labels},
            "timestamp": (now - timedelta(milliseconds=index)).isoformat(),
            "receiveTimestamp": now.isoformat(),
            "insertId": f"planted-{index}",
            "severity": "ERROR",
            **({"textPayload": line} if index % 2 else {"jsonPayload": {"message": line}}),
        }
        for index, line in enumerate(lines)
    ]
    world.sandbox.plant({"logEntries": entries})


class _Serving(ThreadingHTTPServer):
    """The web service's public address, whose answers hold what was planted."""

    lines: Sequence[str] = ()


class _bodies:
    """Routes of signoff.toml whose answers are other than expected: JSON values, headers and pages."""

    def __init__(self, world: World, secrets: Sequence[Planted]) -> None:
        self._toml = world.clone / "signoff.toml"
        self._written = self._toml.read_text("utf-8")
        self._server = _Serving(("127.0.0.1", 0), _Answering)
        self._server.lines = [one.line for one in secrets]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> None:
        port = self._server.server_address[1]
        routes = "".join(
            f'\n[[workloads.web.smoke]]\npath = "/{index}"\njson_values = {{ said = "fine" }}\n'
            for index in range(len(self._server.lines))
        )
        with_url = self._written.replace(
            '[workloads.web]\nkind = "service"\n',
            f'[workloads.web]\nkind = "service"\nurl = "http://127.0.0.1:{port}"\n',
        )
        assert with_url != self._written
        self._toml.write_text(with_url + routes, "utf-8")
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._toml.write_text(self._written, "utf-8")


class _Answering(BaseHTTPRequestHandler):
    server: _Serving

    def do_GET(self) -> None:
        number = self.path.strip("/").partition("?")[0]
        line = self.server.lines[int(number)] if number.isdigit() else "nothing"
        content = json.dumps({"said": line}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", " ".join(line.splitlines())[:200])
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *values: object) -> None:
        """Nothing on the tests' stderr."""


def _through_configuration(world: World, made: Seen) -> None:
    toml = world.clone / "signoff.toml"
    written = toml.read_text("utf-8")
    quoted = [json.dumps(one.line, ensure_ascii=False) for one in made.by_way["configuration"]]
    for index, (one, text) in enumerate(zip(made.by_way["configuration"], quoted, strict=True)):
        broken = (
            f"{one.line}\n{written}",
            f"{written}\n[workloads.web.build]\n{text} = 1\n",
            written.replace('flow = "push"', f"flow = {text}"),
            written.replace('kind = "service"', f"kind = {text}"),
            written.replace('branch = "main"', f"branch = [{text}]"),
            f"{written}\n[workloads.{text}]\nkind = 3\n",
            f"{written}\n[[workloads.web.smoke]]\npath = {text}\nheaders = {{ X-Api-Key = {text} }}\n",
            written.replace("critical = true", f"critical = true\nurl = {text}"),
        )[index % 8]
        toml.write_text(broken, "utf-8")
        try:
            made.keep("toml", _main(world.clone, "run", *(["--json"] if index % 3 == 0 else [])))
        finally:
            toml.write_text(written, "utf-8")


def _through_errors(world: World, made: Seen) -> None:
    """What Google's API answers may quote anything: one message a method and run."""
    lines = [one.line for one in made.by_way["error texts"]]
    for start in range(0, len(lines), len(FAULTED)):
        for method, line in zip(FAULTED, lines[start:], strict=False):
            world.sandbox.fault(method, code="PERMISSION_DENIED", message=" ".join(line.splitlines()))
        made.keep("run --json with errors", _main(world.clone, "run", "--json"))
        made.keep("run with errors", _main(world.clone, "run"))
        world.sandbox.clear_faults()

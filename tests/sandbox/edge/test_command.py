"""`python -m signoff_sandbox edge`: one line of addresses, changes while it runs, a clean end, plain errors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from signoff_sandbox.__main__ import main
from signoff_sandbox.edge import nginx
from support.edge import Edge, connected, ended, needs_nginx, running_edge
from support.interrupts import heeded
from support.sandbox import Sandbox, start

HELLO = {"path": "/*", "answer": {"body": "hello"}}


def written(folder: Path, *routes: Any, **config: Any) -> Path:
    path = folder / "edge.json"
    path.write_text(json.dumps({"routes": routes or [HELLO], **config}))
    return path


def family(edge: Edge) -> list[int]:
    """Living processes of the group of the edge's nginx."""
    group = int((edge.ca.parent / "nginx.pid").read_text())
    return members(group)


def members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, pgrp, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(entry.name))
    return found


def emptied(group: int, within: float = 8.0) -> bool:
    deadline = time.monotonic() + within
    while members(group):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@needs_nginx
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_however_it_ends_nothing_of_it_is_left_running(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    process = start("edge", "--config", str(written(tmp_path)), preexec_fn=heeded)
    edge = connected(process)
    assert {address.partition(":")[0] for address in (edge.http, edge.https, edge.control)} == {"127.0.0.1"}
    assert edge.get("/").text == "hello"
    group = os.getpgid(family(edge)[0])
    assert len(family(edge)) >= 2, "a master and a worker at least"
    process.send_signal(sent)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (code, "", "")
    assert emptied(group)
    assert edge.ca.parent.exists() == (sent == signal.SIGKILL)
    shutil.rmtree(edge.ca.parent, ignore_errors=True)


@needs_nginx
def test_it_ends_when_its_parent_closes_the_pipe() -> None:
    with running_edge(None, HELLO) as edge:
        group = os.getpgid(family(edge)[0])
    assert edge.process.returncode == 0
    assert emptied(group)


@needs_nginx
def test_it_ends_when_nginx_is_gone(tmp_path: Path) -> None:
    process = start("edge", "--config", str(written(tmp_path)))
    edge = connected(process)
    os.kill(int((edge.ca.parent / "nginx.pid").read_text()), signal.SIGKILL)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith("signoff sandbox edge: nginx is gone: ")


@needs_nginx
def test_a_file_is_read_again_on_sighup_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path)
    process = start("edge", "--config", str(path), "--until-stdin-closes")
    edge = connected(process)
    assert process.stdout is not None
    assert process.stderr is not None
    path.write_text('{"routes": [{"path": "no"}]}')
    process.send_signal(signal.SIGHUP)
    assert "not changed" in process.stderr.readline()
    assert edge.get("/").text == "hello"
    written(tmp_path, {"path": "/*", "answer": {"body": "changed"}})
    process.send_signal(signal.SIGHUP)
    assert json.loads(process.stdout.readline()) == {"reloaded": True}
    assert edge.get("/").text == "changed"
    with ended(process):
        pass


@needs_nginx
def test_a_change_loses_no_request_and_nobody_is_answered_as_before_after_it() -> None:
    seen: list[tuple[float, int, str]] = []  # when it was sent, status, text
    over = threading.Event()

    def ask(edge: Edge) -> None:
        with edge.client() as client:  # keeps its connection
            while not over.is_set():
                sent = time.monotonic()
                try:
                    answer = client.get("http://app.example.com/x")
                except httpx2.TransportError:
                    # The server may end a kept connection at any time: every client asks again on a new one
                    # (RFC 9112, 9.3.1).
                    answer = client.get("http://app.example.com/x")
                seen.append((sent, answer.status_code, answer.text))

    with running_edge(None, HELLO) as edge:
        asking = threading.Thread(target=ask, args=(edge,))
        asking.start()
        try:
            edge.change({"path": "/x", "answer": {"body": "moved"}}, HELLO)
            changed = time.monotonic()
            while not seen or seen[-1][0] <= changed:
                assert asking.is_alive()
                assert edge.get("/x").text == "moved"
                assert edge.get("/y").text == "hello"
        finally:
            over.set()
            asking.join()
    assert {status for _, status, _ in seen} == {200}
    assert {text for sent, _, text in seen if sent > changed} == {"moved"}


@needs_nginx
def test_the_control_refuses_a_wrong_token_and_names_what_is_wrong() -> None:
    with running_edge(None, HELLO) as edge, httpx2.Client(trust_env=False) as client:
        url = f"http://{edge.control}/edge/config"
        assert client.put(url, json={"routes": []}).status_code == 401
        right = {"authorization": "Bearer sandbox"}
        for content, said in (
            ({"routes": []}, "request: edge: needs at least one route"),
            ({"routes": [HELLO], "colour": "red"}, "request: colour: Extra inputs are not permitted"),
            ([], "request: must be a JSON object"),
            ({"routes": [{"path": "/x", "service": "web"}]}, "a route to a service needs --sandbox"),
        ):
            answer = client.put(url, json=content, headers=right)
            assert answer.status_code == 400
            assert said in answer.json()["error"]
        aged = client.post(f"http://{edge.control}/edge/cache:age", json={}, headers=right)
        assert aged.json() == {"error": "request: seconds: must be a number"}
        assert edge.get("/").text == "hello"
        answer = client.post(f"http://{edge.control}/edge/reload", headers=right)
        assert answer.status_code == 200


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    process = start("edge", *arguments)
    output, errors = process.communicate(timeout=20)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


@needs_nginx
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes = [", "Invalid value"),
        ("", "routes: Field required"),
        ('[[routes]]\npath = "/*"', "routes[0]: needs exactly one of service, backend, answer, redirect, spa"),
        ('[[routes]]\npath = "/*"\nservice = "a"\nredirect = "/b"', "routes[0]: needs exactly one of"),
        ('[[routes]]\npath = "api"\nservice = "a"', "routes[0].path: must be a path such as"),
        ('[[routes]]\npath = "/a*"\nservice = "a"', "routes[0].path: must be a path such as"),
        ('[[routes]]\npath = "/\\"; }"\nservice = "a"', "routes[0].path: must be a path such as"),
        ('[[routes]]\npath = "/*"\nhost = "A b"\nservice = "a"', "routes[0].host: 'A b' is no host name"),
        ('[[routes]]\npath = "/*"\nbackend = "x; }"', "routes[0].backend: must be HOST:PORT"),
        ('[[routes]]\npath = "/*"\nredirect = "/a\\r\\nset-cookie: x=1"', "routes[0].redirect: String should match"),
        ('[[routes]]\npath = "/*"\nservice = "a"\nlogin_at = "https://a;b/x"', "'a;b' is no host name"),
        (
            '[[routes]]\npath = "/*"\nservice = "a"\nlogin_at = "/log\\"in"',
            "login_at: must be a URL, or a path",
        ),
        ('[[routes]]\npath = "/*"\nspa = "nowhere"', "is no folder with an index.html"),
        ('[[routes]]\npath = "/*"\nservice = "a"\nlogin = "magic"', "routes[0].login: Input should be 'iap'"),
        ('[[routes]]\npath = "/*"\nbackend = "a:1"\ntag = "t"', "routes[0]: 'tag' is for a 'service'"),
        ('[[routes]]\npath = "/*"\nservice = "a"\nnegative_caching = true', "is for a route with a 'cache'"),
        ('[[routes]]\npath = "/a"\nservice = "a"\n[[routes]]\npath = "/a"\nservice = "b"', "/a is routed 2 times"),
    ],
)
def test_a_wrong_configuration_is_named_with_file_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(text)
    assert main(["edge", "--config", str(path)]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(f"signoff sandbox edge: {path}: ")
    assert said in errors


@needs_nginx
def test_a_file_that_is_not_there_and_a_port_that_is_taken_are_named(tmp_path: Path) -> None:
    missing = run("--config", str(tmp_path / "none.toml"))
    assert (missing.returncode, missing.stderr.split(": ", 2)[2]) == (2, "cannot be read: No such file or directory\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--config", str(written(tmp_path)), "--https-port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"signoff sandbox edge: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@needs_nginx
def test_a_service_that_the_sandbox_does_not_have_is_named_with_those_that_it_has(sandbox: Sandbox) -> None:
    done = run("--service", "wbe", "--sandbox", sandbox.http)
    assert done.returncode == 2
    place = "projects/demo/locations/us-central1/services"
    assert f"/*: the sandbox has no service 'wbe'; it has {place}/api, {place}/web" in done.stderr
    assert run("--service", "web").returncode == 2
    nobody = run("--service", "web", "--sandbox", "127.0.0.1:9")
    assert (nobody.returncode, "no sandbox answers at 127.0.0.1:9" in nobody.stderr) == (2, True)


@needs_nginx
def test_one_service_needs_no_file(sandbox: Sandbox) -> None:
    process = start("edge", "--service", "web", "--sandbox", sandbox.http, "--until-stdin-closes")
    with ended(process):
        assert connected(process).get("/anything").json()["by"] == "web"


def test_where_nginx_is_missing_or_too_old_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nginx, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["edge", "--config", str(written(tmp_path))]) == 3
    assert capsys.readouterr().err.startswith("signoff sandbox edge: nginx is not installed: on Debian and Ubuntu")
    old = tmp_path / "nginx"
    old.write_text("#!/bin/sh\necho 'nginx version: nginx/1.18.0 (Ubuntu)' >&2\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    assert main(["edge", "--config", str(written(tmp_path))]) == 3
    assert "an edge needs 1.20 or newer" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--config", "a", "--service", "b"], ["--service", "b", "--http-port", "x"]])
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr

"""The sandbox without signoff: it starts from its own package alone, and its README says what there is."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

import signoff_sandbox.__main__ as command
from signoff_sandbox import control, state
from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world.faults import KEYS, OWN
from support.planted import PLACE, SERVICE
from support.sandbox import SERVER, TOKEN

PACKAGE = SERVER / "signoff_sandbox"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def python(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Python in a folder of its own that finds nothing of this repository but what is in it."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


ALONE = """
import runpy, sys
sys.modules["signoff"] = None  # importing it fails, also where it is installed beside the sandbox
runpy.run_module("signoff_sandbox", run_name="__main__", alter_sys=True)
"""


def test_it_runs_where_signoff_can_not_be_imported(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "signoff_sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    process = python(tmp_path, "-c", ALONE, "up", "--until-stdin-closes")
    assert process.stdout is not None
    addresses = json.loads(process.stdout.readline())
    header = {"authorization": f"Bearer {TOKEN}"}
    answer = httpx2.get(f"http://{addresses['http']}/v2/{PLACE}/services", headers=header, trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {})
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("key", sorted({*KEYS, *state.KEYS}))
def test_the_readme_names_every_key_of_state_and_faults(key: str) -> None:
    assert f"`{key}`" in README


@pytest.mark.parametrize("family", sorted(OWN))
def test_the_readme_names_everything_beside_requests_that_can_be_struck(family: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{family}"))
    assert {name for name in re.findall(r"`(\w+)`", row) if name in KEYS} == OWN[family]


def test_the_readme_names_every_control_path() -> None:
    paths = {path.pattern.pattern for path in control.ROUTES}
    named = set(re.findall(r"/sandbox/[\w:]+", README.partition("## Control")[2]))
    assert named == paths


def test_the_readme_names_every_option_of_up(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["up", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--until-stdin-closes"}
    assert {option for option in options if f"`{option}" not in README} == set()


async def test_the_readmes_fault_can_be_planted(planted: RunningSandbox, http: httpx2.AsyncClient) -> None:
    body = re.search(r"-d '(.+)'", README)
    assert body
    assert (await http.post("/sandbox/faults", content=body[1].encode())).json() == {}
    assert (await http.get(f"/v2/{PLACE}/services")).status_code == 503


async def test_the_readmes_clients_work(planted: RunningSandbox) -> None:
    code = re.search(r"```python\n(.+?)```", README, re.DOTALL)
    assert code
    program = code[1].replace("127.0.0.1:40001", planted.grpc_address).replace("127.0.0.1:40002", planted.http_address)
    names: dict[str, Any] = {}
    exec(program, names)
    found = [service.name async for service in await names["over_grpc"].list_services(parent=PLACE)]
    await names["channel"].close()
    over_rest = await asyncio.to_thread(lambda: list(names["over_rest"].list_services(parent=PLACE)))
    assert found == [service.name for service in over_rest] == [SERVICE]

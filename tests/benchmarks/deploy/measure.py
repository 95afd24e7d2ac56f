"""What a deploy by digest costs beside the work of Cloud Run: signoff and gcloud on one sandbox, in one run.

    python tests/benchmarks/deploy/measure.py [ROUNDS]

Both are started as processes, compiled as an installation leaves them, and change the image of the same service in
turn: gcloud to the image that was built first, signoff back to the newest. Of each wall time goes off what the sandbox
took: from the creation of the revision to its condition Ready; else it changes things at once. signoff proves (the new
revision is smoked before it serves, and the chain is walked afterwards); gcloud does not.
Limit: the own time of `deploy_service`, as a coding session calls it (an MCP server that runs already), is under half
of gcloud's own. `signoff deploy` as a fresh process is shown beside and is about as fast as gcloud: more than half of
its time is loading Python code (Google's clients, pydantic, GitPython), which gcloud has to do as well.
"""

import asyncio
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "templates"), str(ROOT / "tests")]

from mcp import Client  # noqa: E402
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402
from mcp.types import ElicitRequestParams, ElicitResult  # noqa: E402

from support.gcloud import MISSING, REGION, Gcloud, connected, installed  # noqa: E402
from support.server import STDIO, environment  # noqa: E402
from support.world import World, a_world  # noqa: E402

AGENTS = ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX")
Times = list[tuple[float, float]]
"""Seconds of its own, and in all."""


def main(rounds: int = 5) -> None:
    """Build two images, deploy them in turn with both, print medians."""
    if not installed():
        print(f"skipped: {MISSING}")
        return
    at_once = ("--reconcile-seconds", "0")
    with tempfile.TemporaryDirectory() as name, a_world(Path(name), "web", options=at_once) as world:
        asyncio.run(_measured(world, Path(name), rounds))


async def _measured(world: World, folder: Path, rounds: int) -> None:
    gcloud = connected(world.sandbox, folder)
    old = _image(world)
    world.commit("shared/mapper.py", "def mapped(row):\n    return 'other'\n")
    world.ship("web")
    new = _image(world)
    kept = _as_installed(environment(**world.environment), folder)
    ours, theirs, warm = Times(), Times(), Times()
    server = StdioServerParameters(command=STDIO[0], args=list(STDIO[1:]), env=kept, cwd=world.clone)
    async with Client(stdio_client(server), elicitation_callback=_a_yes) as client:  # type: ignore[arg-type]
        for turn in range(rounds + 1):  # the first round compiles and warms, and does not count
            theirs.append(await _own(world, lambda: asyncio.to_thread(_gcloud, gcloud, old)))
            ours.append(await _own(world, lambda: asyncio.to_thread(_signoff, world, new, kept)))
            await asyncio.to_thread(_gcloud, gcloud, old)
            warm.append(await _own(world, lambda: _served(client, new)))
            shown = [f"{title} {found[-1][0]:.2f} s" for title, found in _titled(ours, theirs, warm)]
            print(f"round {turn or 'that warms'}: {', '.join(shown)} (of their own)", flush=True)
    print(f"{'':16}{'wall':>8}{'own':>8}   seconds, medians of {rounds}")
    for title, found in _titled(ours, theirs, warm):
        print(f"{title:16}{_median(found, 1):8.2f}{_median(found, 0):8.2f}")
    print(f"deploy_service's own / gcloud's own: {_median(warm, 0) / _median(theirs, 0):.2f} (limit 0.50)")
    print(f"signoff deploy's own, a fresh process / gcloud's own: {_median(ours, 0) / _median(theirs, 0):.2f}")


def _titled(ours: Times, theirs: Times, warm: Times) -> list[tuple[str, Times]]:
    return [("signoff", ours), ("gcloud", theirs), ("signoff, MCP", warm)]


def _median(found: Times, column: int) -> float:
    return statistics.median(pair[column] for pair in found[1:])


async def _own(world: World, deploy: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    before = {entry["name"] for entry in world.sandbox.state()["revisions"]}
    start = time.perf_counter()
    await deploy()
    wall = time.perf_counter() - start
    made = [entry for entry in world.sandbox.state()["revisions"] if entry["name"] not in before]
    assert len(made) == 1, [entry["name"] for entry in made]
    ready = next(one for one in made[0]["conditions"] if one["type"] == "Ready")
    took = datetime.fromisoformat(ready["lastTransitionTime"]) - datetime.fromisoformat(made[0]["createTime"])
    return wall - took.total_seconds(), wall


def _as_installed(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """pip compiles what it installs, and so does gcloud's installer: here the first round compiles, into `folder`."""
    kept = {name: value for name, value in environment.items() if name not in {*AGENTS, "PYTHONDONTWRITEBYTECODE"}}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "TERM": "dumb", "NO_COLOR": "1"}


def _image(world: World) -> str:
    return str(world.service()["template"]["containers"][0]["image"])


def _gcloud(gcloud: Gcloud, image: str) -> None:
    gcloud("run", "deploy", "web", f"--image={image}", f"--region={REGION}", "--quiet")


def _signoff(world: World, image: str, environment: dict[str, str]) -> None:
    """At a terminal of its own, where the yes is typed at once."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "signoff", "deploy", "web", "--image", image],
        cwd=world.clone,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown, answered = b"", False
        while chunk := _read(ours):
            shown += chunk
            if not answered and b"to do it: " in shown:
                os.write(ours, b"yes\n")
                answered = True
        process.wait(timeout=60)
    os.close(ours)
    assert b"Deployed: web" in shown, shown.decode()


async def _served(client: Client, image: str) -> None:
    """By the tool of an MCP server, whose client's user says yes at once."""
    answer = await client.call_tool("deploy_service", {"workloads": ["web"], "image": image})
    assert answer.structured_content is not None, answer
    assert answer.structured_content["outcome"] == "deployed", answer.structured_content["says"]


async def _a_yes(_context: Any, _params: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={"deploy": True})


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux: the other end was closed
        return b""


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

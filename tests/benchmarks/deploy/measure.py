"""What a deploy by digest costs beside the work of Cloud Run: signoff and gcloud on one sandbox, in one run.

    python tests/benchmarks/deploy/measure.py [ROUNDS]

Both are started as processes and bring the same service to the same two images in turn. Of each wall time goes off
what the sandbox took: from the creation of the revision to its condition Ready; else it changes things at once. signoff
proves (it walks the chain before and after, and smokes the new revision first); gcloud does not.
Limit: signoff's own time is under half of gcloud's own.
"""

import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "templates"), str(ROOT / "tests")]

from support.gcloud import MISSING, REGION, Gcloud, connected, installed  # noqa: E402
from support.server import environment  # noqa: E402
from support.world import World, a_world  # noqa: E402

AGENTS = ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX")


def main(rounds: int = 5) -> None:
    """Build two images, deploy them in turn with both, print medians."""
    if not installed():
        print(f"skipped: {MISSING}")
        return
    at_once = ("--reconcile-seconds", "0")
    with tempfile.TemporaryDirectory() as name, a_world(Path(name), "web", options=at_once) as world:
        gcloud = connected(world.sandbox, Path(name))
        images = [_image(world)]
        world.commit("shared/mapper.py", "def mapped(row):\n    return 'other'\n")
        world.ship("web")
        images.append(_image(world))
        ours: list[tuple[float, float]] = []
        theirs: list[tuple[float, float]] = []
        for turn in range(rounds):
            ours.append(_own(world, lambda: _signoff(world, images[0])))
            theirs.append(_own(world, lambda: _gcloud(gcloud, images[1])))
            print(f"round {turn + 1}: signoff {ours[-1][0]:.2f} s, gcloud {theirs[-1][0]:.2f} s (of their own)")
    print(f"{'':10}{'wall':>8}{'own':>8}   seconds, medians of {rounds}")
    for title, found in (("signoff", ours), ("gcloud", theirs)):
        print(f"{title:10}{_median(found, 1):8.2f}{_median(found, 0):8.2f}")
    print(f"signoff's own / gcloud's own: {_median(ours, 0) / _median(theirs, 0):.2f} (limit 0.50)")


def _median(found: list[tuple[float, float]], column: int) -> float:
    return statistics.median(pair[column] for pair in found)


def _own(world: World, deploy: Callable[[], None]) -> tuple[float, float]:
    """Seconds without the sandbox's, and in all."""
    before = {entry["name"] for entry in world.sandbox.state()["revisions"]}
    start = time.perf_counter()
    deploy()
    wall = time.perf_counter() - start
    made = [entry for entry in world.sandbox.state()["revisions"] if entry["name"] not in before]
    assert len(made) == 1, [entry["name"] for entry in made]
    ready = next(one for one in made[0]["conditions"] if one["type"] == "Ready")
    took = datetime.fromisoformat(ready["lastTransitionTime"]) - datetime.fromisoformat(made[0]["createTime"])
    return wall - took.total_seconds(), wall


def _image(world: World) -> str:
    return str(world.service()["template"]["containers"][0]["image"])


def _gcloud(gcloud: Gcloud, image: str) -> None:
    gcloud("run", "deploy", "web", f"--image={image}", f"--region={REGION}", "--quiet")


def _signoff(world: World, image: str) -> None:
    """At a terminal of its own, where the yes is typed at once."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in environment(**world.environment).items() if name not in AGENTS}
    with subprocess.Popen(
        [sys.executable, "-m", "signoff", "deploy", "web", "--image", image],
        cwd=world.clone,
        env=kept | {"TERM": "dumb", "NO_COLOR": "1"},
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
    assert b"traffic 100: done" in shown, shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux: the other end was closed
        return b""


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

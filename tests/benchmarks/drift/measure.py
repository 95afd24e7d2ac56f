"""Drift of many services at once, beside the shell's way and beside the least that git could need, in one run.

    python tests/benchmarks/drift/measure.py [COMMITS [SERVICES [ROUNDS]]]

shell: one ``git log --full-history --no-merges --name-only DEPLOYED..HEAD -- PATHS`` for each service.
floor: one ``git rev-list --count`` and one tree diff, of the oldest deployed commit.
Each line is the median of interleaved rounds; ratios are what counts. Limits: cold N=500 at least 8 times as fast as
the shell and at most 10 times the floor; stale tail at least 12 times; N=20 at most 1.5 and N=1 at most 1.3 of the
shell; the yes or no of 500 at least 50 times as fast.
"""

import asyncio
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "server"), str(Path(__file__).parent)]

from monorepo import Monorepo, build  # noqa: E402

from signoff.systems.git.drift import compare_trees, drift  # noqa: E402
from signoff.systems.git.drift_newest import newest_touching  # noqa: E402
from signoff.systems.git.drift_types import Question  # noqa: E402
from signoff.systems.git.inputs import Inputs  # noqa: E402
from signoff.systems.git.process import Git  # noqa: E402

Places = dict[str, str]  # service -> deployed commit


def main(commits: int = 20_000, services: int = 500, rounds: int = 3) -> None:
    """Build the repository, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        repo = build(Path(folder) / "monorepo.git", commits, services)
        print(f"{commits} commits, {len(repo.line)} on main's line, {services} services")
        print(f"{'':24}{'shell':>9}{'drift':>9}{'yes/no':>9}{'floor':>9}   shell/drift drift/floor shell/yes-no")
        rng = random.Random(11)
        recent = {name: repo.line[-rng.randint(2, min(1_000, len(repo.line)))] for name in repo.inputs}
        stale = recent | dict.fromkeys(rng.sample(sorted(recent), 5), repo.line[len(repo.line) // 5])
        for count in (1, 20, services):
            names = rng.sample(sorted(recent), count)
            _line(repo, f"N={count}", {name: recent[name] for name in names}, rounds)
        _line(repo, f"N={services}, stale tail", stale, rounds)
        seconds = _timed(lambda: asyncio.run(_newest(repo)))
        print(f"newest touching commit, N={services}: {seconds:.3f} s")
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _line(repo: Monorepo, title: str, places: Places, rounds: int) -> None:
    rounds *= 5 if len(places) == 1 else 1
    shell, ours, trees, floor = [
        statistics.median(column)
        for column in zip(
            *(
                (
                    _timed(lambda: _shell(repo, places)),
                    _timed(lambda: asyncio.run(_drift(repo, places))),
                    _timed(lambda: asyncio.run(_trees(repo, places))),
                    _timed(lambda: _floor(repo, places)),
                )
                for _ in range(rounds)
            ),
            strict=True,
        )
    ]
    print(
        f"{title:24}{shell:9.3f}{ours:9.3f}{trees:9.3f}{floor:9.3f}"
        f"{shell / ours:14.1f}{ours / floor:12.1f}{shell / trees:13.1f}"
    )


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _shell(repo: Monorepo, places: Places) -> None:
    for name, deployed in places.items():
        paths = [pattern.removesuffix("/**") for pattern in repo.inputs[name] if not pattern.startswith("!")]
        paths += [f":(exclude){pattern[1:-3]}" for pattern in repo.inputs[name] if pattern.startswith("!")]
        _git(repo, "log", "--full-history", "--no-merges", "--name-only", f"{deployed}..{repo.line[-1]}", "--", *paths)


def _floor(repo: Monorepo, places: Places) -> None:
    oldest = min(places.values(), key=repo.line.index)
    _git(repo, "rev-list", "--count", f"{oldest}..{repo.line[-1]}")
    _git(repo, "diff-tree", "-r", "--name-only", oldest, repo.line[-1])


async def _drift(repo: Monorepo, places: Places) -> None:
    async with Git(repo.path) as git:
        answers = await drift(git, repo.line[-1], _questions(repo, places))
    assert all(answer.state != "unknown" for answer in answers.values())


async def _trees(repo: Monorepo, places: Places) -> None:
    async with Git(repo.path) as git:
        await compare_trees(git, repo.line[-1], _questions(repo, places))


async def _newest(repo: Monorepo) -> None:
    async with Git(repo.path) as git:
        await newest_touching(git, repo.line[-1], {name: Inputs(patterns) for name, patterns in repo.inputs.items()})


def _questions(repo: Monorepo, places: Places) -> list[Question]:
    return [Question(name, deployed, Inputs(repo.inputs[name])) for name, deployed in places.items()]


def _git(repo: Monorepo, *argv: str) -> None:
    subprocess.run(["git", "-C", str(repo.path), *argv], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

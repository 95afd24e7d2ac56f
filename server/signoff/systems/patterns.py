"""Regular expressions of people, searched for in a process of its own that is ended when it takes too long.

Python's engine backtracks, so that an expression such as `(a+)+$` may take longer than the world will last, and no
thread of a process can end another's search.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted

SECONDS = 3.0
_LONGEST_TEXT = 20_000
_SEARCH = """
import json, re, sys
asked = json.load(sys.stdin)
pattern = re.compile(asked["pattern"])
json.dump([bool(pattern.search(text)) for text in asked["texts"]], sys.stdout)
"""


class Patterns:
    """Asked through the boundary as everything outside is: a search without an end is a `timeout`."""

    def __init__(self, boundary: Boundary) -> None:
        self._boundary = boundary

    async def found(self, pattern: str, texts: Sequence[Quoted]) -> Known[tuple[bool, ...]] | Unknown:
        """For each text whether the pattern is found in it (in its first 20,000 characters)."""
        question = Question("pattern", "search", Quoted(pattern))
        asked = {"pattern": pattern, "texts": [text.outside[:_LONGEST_TEXT] for text in texts]}

        def read(raw: bytes) -> tuple[bool, ...]:
            answer = json.loads(raw)
            if len(answer) != len(texts):
                raise ValueError("not an answer for each text")
            return tuple(one is True for one in answer)

        return await self._boundary.ask(question, lambda: _searched(json.dumps(asked)), read, _why, seconds=SECONDS)


async def _searched(asked: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", _SEARCH),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        answer, _ = await process.communicate(asked.encode())
        return answer
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _why(error: Exception) -> Why | None:
    return "unreachable" if isinstance(error, OSError) else None

"""The log of a failed build: the first line that says what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from signoff.model.quoted import Quoted

_STEP = re.compile(r"Step #(\d+)(?: - \"[^\"]*\")?: ?(.*)", re.DOTALL)
"""Before each line of a step, where a build has several (https://cloud.google.com/build/docs/view-build-results)."""
_FRAME = re.compile(
    r"(?:starting build|FETCHSOURCE|BUILD$|BUILD FAILURE|PUSH$|DONE$|ERROR$|-{20,}|Already have image|Pulling image"
    r"|Fetching storage object|Copying gs://|Operation completed|Initialized empty|HEAD is now at"
    r"|ERROR: build step \d+ |Starting Step #|Finished Step #|ERROR: context (?:canceled|deadline))"
)
"""What Cloud Build says itself around the steps: where it fails, that is not why."""
_SAYS = re.compile(
    r"\b(?:errors?|failed|failure|fatal|panic|exception|cannot|can't|could not|couldn't|unable to|denied"
    r"|not found|no such|does not exist|undefined|unresolved|unexpected|invalid|missing|killed)\b"
    r"|\berr!|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_QUIET = re.compile(r"\b(?:0|no) (?:errors?|failed|failures?)\b|\bwarn(?:ing)?\b|\bnotice\b|\bdeprecat", re.IGNORECASE)
_TRACEBACK = "Traceback (most recent call last):"


def failing_line(lines: Iterable[Quoted], step: int | None) -> Quoted | None:
    """The first line of the failing step that names an error, else the last one that it wrote; None without any.

    `step`: the number of the step that failed; None: all lines count. Of a traceback it is the line that names the
    exception, not the frames above it.
    """
    said = [line for line in _of_step(lines, step) if line.strip() and not _FRAME.match(line)]
    first = next((line for line in _outside_frames(said) if _SAYS.search(line) and not _QUIET.search(line)), None)
    found = first or next(reversed(said), None)
    return Quoted(found.strip()) if found else None


def _of_step(lines: Iterable[Quoted], step: int | None) -> Iterator[str]:
    """Lines without their prefix; those of other steps are left out. A build of one step has no prefixes."""
    for line in lines:
        prefixed = _STEP.fullmatch(line.outside)
        if prefixed is None:
            yield line.outside
        elif step is None or int(prefixed[1]) == step:
            yield prefixed[2]


def _outside_frames(lines: Iterable[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if line.startswith(_TRACEBACK):
            inside = True
        elif not inside:
            yield line
        elif not line.startswith((" ", "\t")):
            inside = False
            yield line

"""What the Node.js programs of a rehearsal ask the environment for and do not get: `trace.cjs`, and what it wrote."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from signoff.model.buildable import TracedRead
from signoff.model.quoted import Quoted

_LARGEST = 64 * 1024 * 1024


def traced(environment: Mapping[str, str], folder: Path, clone: Path) -> dict[str, str]:
    """The environment with which programs are traced into `folder`, which is made. `clone`: what is the project's."""
    folder.mkdir(parents=True)
    script = folder / "trace.cjs"
    with resources.as_file(resources.files(__package__) / "trace.cjs") as source:
        shutil.copyfile(source, script)
    # https://nodejs.org/api/cli.html#node_optionsoptions: a value with spaces stands in quotation marks
    quoted = str(script).replace("\\", "\\\\").replace('"', '\\"')
    options = f'{environment.get("NODE_OPTIONS", "")} --require "{quoted}"'.strip()
    more = {"NODE_OPTIONS": options, "SIGNOFF_TRACE": str(folder), "SIGNOFF_TRACE_ROOT": str(clone.resolve())}
    return {**environment, **more}


def traces(folder: Path) -> tuple[TracedRead, ...]:
    """One a name and place; lines that a killed process left unfinished are passed over."""
    found: dict[TracedRead, None] = {}
    for file in sorted(folder.glob("*.jsonl")):
        if file.stat().st_size > _LARGEST:
            continue
        for line in file.read_text("utf-8", "replace").splitlines():
            try:
                told = json.loads(line)
                read = TracedRead(str(told["name"]), Quoted(f"{told['file']}:{told['line']}"), not told["loads"])
            except (ValueError, KeyError, TypeError):
                continue
            found[read] = None
    return tuple(found)

"""`signoff record`."""

from __future__ import annotations

import argparse
import json

from signoff.check import Progress
from signoff.cli.output import put, put_json
from signoff.cli.work import work
from signoff.commands.context import Context
from signoff.views.recording import Masked, as_json, as_text, masked


def record(options: argparse.Namespace) -> int:
    """Writes the masked state; 0 also where something could not be read, which is said."""
    from pathlib import Path

    from signoff.commands.record import record as read
    from signoff.commands.record import save, writable
    from signoff.model.recording import Recording
    from signoff.model.subject import Target

    path = Path(options.directory, options.output)
    writable(path, force=options.force)

    async def job(context: Context, progress: Progress) -> tuple[Recording, Masked, Target]:
        recording = await read(context, progress)
        made = masked(recording, context.workloads, commits=options.mask_commits)
        return recording, made, context.target

    recording, made, target = work(options, job)
    save(path, json.dumps(made.state, ensure_ascii=False, indent=2) + "\n", force=options.force)
    if options.json:
        put_json(as_json(recording, made, target, str(path)))
    else:
        put(as_text(recording, made, target, str(path)))
    return 0

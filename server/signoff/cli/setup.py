"""`signoff init` and `signoff doctor`."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.cli.output import put, put_json, tell
from signoff.cli.work import quiet
from signoff.model.report import EXIT_CODES, Verdict
from signoff.views import words

if TYPE_CHECKING:
    from signoff.commands.init import InitResult


def init(options: argparse.Namespace) -> int:
    """Writes signoff.toml; with --dry-run prints what it would write."""
    quiet()
    made = asyncio.run(_init(options))
    if options.json:
        notes = [words.name(note) for note in made.notes]
        found = {"path": str(made.path), "written": made.written, "workloads": made.workloads, "notes": notes}
        put_json({"schema": 1, **found, "text": words.page(made.text) + "\n"})
        return 0
    for note in made.notes:
        tell(words.name(note))
    if made.written:
        count = words.count(len(made.workloads), "workload")
        put(f"{words.name(str(made.path))} has {count}. Read it, then: signoff doctor")
    else:
        put(words.page(made.text))
    return 0


async def _init(options: argparse.Namespace) -> InitResult:
    from signoff.boundary import Boundary
    from signoff.commands.init import init as init_it
    from signoff.systems import Systems

    root = Path(options.directory)
    systems = Systems(Boundary(), root, sandbox=os.environ.get("SIGNOFF_SANDBOX") or None)
    try:
        return await init_it(
            root,
            force=options.force,
            write=not options.dry_run,
            systems=None if options.offline else systems,
            minimal_if_nothing=options.minimal,
            project=options.project,
            region=options.region,
        )
    finally:
        await systems.close()


def doctor(options: argparse.Namespace) -> int:
    """0 where all is well, 1 with a trouble, 3 where something could not be found out."""
    from signoff.commands.doctor import doctor as doctor_it
    from signoff.views.doctor import doctor_json, doctor_text

    quiet()
    found = asyncio.run(doctor_it(Path(options.directory), target=options.target))
    if options.json:
        put_json(doctor_json(found))
    else:
        put(doctor_text(found))
    if any(row.status == "trouble" for row in found.rows):
        return EXIT_CODES[Verdict.REFUSED]
    return 0 if found.healthy else EXIT_CODES[Verdict.UNVERIFIED]

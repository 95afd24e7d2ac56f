"""`signoff handoff write` and `signoff handoff read`."""

from __future__ import annotations

import argparse

from signoff.check import Progress
from signoff.cli.output import put, put_json, tell
from signoff.cli.work import claims_of, work
from signoff.commands.context import Context
from signoff.commands.handoff import Written, read_handoff, write_handoff
from signoff.handoff.document import Words
from signoff.handoff.read import Handoff
from signoff.views import words as shown
from signoff.views.marks import verdict_says, verdict_word


def write(options: argparse.Namespace) -> int:
    """The path on stdout; what the document says in one line on stderr. 0 once it is written, whatever it says."""

    async def job(context: Context, progress: Progress) -> Written:
        words = Words(
            options.summary, options.problem, options.root_cause, options.fix, tuple(options.next_steps or ())
        )
        return await write_handoff(context, words, options.workloads, claims_of(options), progress)

    written = work(options, job)
    if written.trouble:
        tell(f"signoff: no new report could be made. {shown.error(written.trouble)}")
    if written.report:
        tell(f"{verdict_word(written.report)}: {verdict_says(written.report)}")
    if options.json:
        put_json({"schema": 1, "path": str(written.path), "report": written.report})
    else:
        put(shown.name(str(written.path)))
    return 0


def read(options: argparse.Namespace) -> int:
    """The document below its front matter, or with --json what the front matter holds."""

    async def job(context: Context, progress: Progress) -> Handoff:
        del progress
        return read_handoff(context, options.name)

    found = work(options, job)
    if options.json:
        fields = {"path": str(found.path), "written": found.written, "final": found.final, "report": found.report}
        put_json({"schema": 1, **fields})
    else:
        tell(shown.name(str(found.path)))
        put(found.body)
    return 0

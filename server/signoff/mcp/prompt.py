"""The prompt `end-session`: the checklist in order, in words that a session can follow."""

from __future__ import annotations

from mcp.server.mcpserver.prompts import Prompt

_STEPS = """\
End this session with proof instead of a claim.

1. Call run_checklist. It walks every change of this session from the working tree to production.
2. For each finding, do the fix that it names: commit, push, deploy_service, run_job, and so on. Those two need the \
person's yes; ask for it, never around it. Then call run_checklist again.
3. Stop when the verdict is signed-off, or when what is left is not yours to do. Then say plainly which link of which \
workload is not proven, and on whom it waits. Do not call it done.
4. Call write_handoff with your summary, the root cause if there was one, and the next steps. Name every error that \
you say is gone as a claim, so that it is checked.
5. Give the person the verdict, the path of the handoff, and what is still open.
"""


def end_session() -> Prompt:
    """The prompt without arguments: it is about this worktree's own session."""
    return Prompt.from_function(
        lambda: _STEPS,
        name="end-session",
        title="End the session with proof",
        description="Walk the chain to production, fix or name what is missing, write the handoff.",
    )

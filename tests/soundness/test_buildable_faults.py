"""Every outside call of the link `buildable`, broken in turn: what is baked empty never passes, nothing crashes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.checks import buildable
from signoff.model.judgement import Status
from signoff.walk import CRASHED
from support.buildable import BROWSER, LAZY, application, look
from support.estate import Estate, codes, variables
from support.repositories import project
from support.sandbox import running_sandbox

Call = tuple[str, str]
FAULTS: tuple[Fault, ...] = (
    *("denied", "expired", "timeout", "unreachable", "throttled", "malformed", "incomplete", "empty", "half"),
)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A service whose build went well and whose browsers lack a name that exists only at run time."""
    folder = tmp_path_factory.mktemp("buildable")
    with pytest.MonkeyPatch.context() as patch, running_sandbox() as sandbox:
        patch.setenv("SIGNOFF_STATE", str(folder / "state"))
        made = Estate(sandbox, f"p-{uuid4().hex[:12]}", project(folder / "repository"))
        commit = application(made, {"web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER})
        made.deployed(made.build(commit, 5), 6, env=variables("NEXT_PUBLIC_API", "OTHER"))
        yield made


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_broken_call_lets_what_is_baked_empty_pass(estate: Estate, fault: Fault) -> None:
    policy = Policy(tries=1)
    whole = Boundary(policy)
    assert codes(await look(estate, boundary=whole))[0] == buildable.BAKED_EMPTY
    assert len(whole.calls) > 8
    for call in whole.calls:

        def plant(question: Question, call: Call = call) -> Fault | None:
            return fault if (question.system, question.operation) == call else None

        link = await look(estate, boundary=Boundary(policy, plant=plant))
        assert link.status in {Status.FAIL, Status.UNKNOWN}, (call, link.status)
        assert CRASHED not in codes(link), call

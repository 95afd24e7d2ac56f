"""Every outside call of a run, broken in turn: the verdict is never a false sign-off, and nothing crashes."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.demo.stage import Stage
from signoff.model.errors import SignoffError
from signoff.model.report import Report, Verdict
from signoff.walk import CRASHED

Call = tuple[str, str]

NOTES_ONLY: frozenset[Call] = frozenset(
    {
        ("git", "for-each-ref"),  # work on other branches: a note
        ("git", "worktree"),  # work in other working trees: a note
        ("git", "newest-touching"),  # the commit shown as `wanted`, which nothing is judged by
    }
)
"""Calls whose answer no verdict depends on."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's repository with its fix, pushed, built, deployed and exercised."""
    with Stage(tmp_path_factory.mktemp("soundness") / "world") as made:
        mapper = made.clone / "shared" / "mapper.py"
        said = mapper.read_text("utf-8")
        mapper.write_text(said.replace('row["School"]', 'row.get("School") or row["school_name"]'), "utf-8")
        made.quiet("git", "commit", "--all", "--message", "Map both names")
        made.quiet("git", "push", "--quiet")
        lines: list[str] = []
        assert made.told((sys.executable, "deploy.py"), lines.append) == 0, lines
        for line in lines:
            if " at http" in line:
                path = "/report" if line.startswith("web") else "/"
                with urllib.request.urlopen(line.rpartition(" at ")[2] + path, timeout=10) as answer:
                    assert answer.status == 200
        yield made


def judged(
    stage: Stage, fault: Fault | None = None, at: Call | None = None, met: set[Call] | None = None
) -> Report | None:
    """One whole run in this process, with one call broken; `met` takes the calls that it made.

    None: signoff said that it can not even begin (without a commit there is nothing to ask about), exit code 2.
    """

    def plant(question: Question) -> Fault | None:
        call = (question.system, question.operation)
        if met is not None:
            met.add(call)
        return fault if call == at else None

    async def whole() -> Report | None:
        opened = Context.open(stage.clone)
        boundary = Boundary(policy=Policy(tries=1), plant=plant)
        context = Context(
            opened.config, opened.target, opened.workloads, opened.ledger, environment=stage.env, boundary=boundary
        )
        try:
            return await run(context)
        except SignoffError:
            return None
        finally:
            await context.close()

    return asyncio.run(whole())


def crashes(report: Report | None) -> list[str]:
    return (
        []
        if report is None
        else [
            f"{workload.name} {link.value}"
            for workload in report.workloads
            for link, judged_link in workload.links.items()
            for finding in judged_link.findings
            if finding.code == CRASHED
        ]
    )


@pytest.fixture(autouse=True)
def _state(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGNOFF_STATE", "SIGNOFF_SANDBOX"):
        monkeypatch.setenv(name, stage.env[name])


@pytest.mark.timeout(300)
def test_a_call_that_is_denied_never_leaves_a_sign_off(stage: Stage) -> None:
    met: set[Call] = set()
    for _ in range(30):  # each look takes its time: the log's lag of a second is soon over
        clean = judged(stage, met=met)
        assert clean
        if clean.verdict is not Verdict.PENDING:
            break
    assert clean.verdict is Verdict.SIGNED_OFF
    assert len(met) > 10
    false = []
    for call in sorted(met - NOTES_ONLY):
        report = judged(stage, "denied", call)
        assert not crashes(report), (call, crashes(report))
        if report and report.verdict is Verdict.SIGNED_OFF:
            false.append(call)
    assert not false, f"signed off without {false}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", ["denied", "empty", "half"])
def test_no_broken_answer_hides_a_commit_that_was_not_pushed(stage: Stage, fault: Fault) -> None:
    mapper = stage.clone / "shared" / "mapper.py"
    before = mapper.read_text("utf-8")
    mapper.write_text(before + "\n# a fix that stays here\n", "utf-8")
    stage.quiet("git", "commit", "--all", "--message", "Not pushed")
    try:
        met: set[Call] = set()
        refused = judged(stage, met=met)
        assert refused
        assert refused.verdict is Verdict.REFUSED
        false = []
        for call in sorted(met):
            report = judged(stage, fault, call)
            assert not crashes(report), (call, crashes(report))
            if report and report.verdict in {Verdict.SIGNED_OFF, Verdict.NOTHING_TO_PROVE}:
                false.append(call)
        assert not false, f"signed off without {false}"
    finally:
        stage.quiet("git", "reset", "--quiet", "--hard", "HEAD~1")

"""A run on a real repository, with checks of the test's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from signoff.check import Check
from signoff.commands.context import Context
from signoff.commands.handoff import read_handoff, write_handoff
from signoff.commands.run import run
from signoff.commands.session import begin_session
from signoff.handoff.document import Words
from signoff.ledger import folds
from signoff.ledger.events import LinkWaived, ReportMade
from signoff.ledger.store import LedgerError
from signoff.model.errors import SignoffError
from signoff.model.judgement import Judgement, Link, Status, passed, unknown
from signoff.model.subject import Workload, WorkloadName
from signoff.model.text import text
from signoff.survey import Survey
from signoff.walk import Overview
from support.samples import PROOF
from support.world import a_repository, run_in


async def nothing(survey: Survey, workload: Workload) -> None:
    return None


async def all_touched(survey: Survey) -> Mapping[WorkloadName, Overview]:
    return {}


def check(link: Link, judgement: Judgement) -> Check[None]:
    return Check(link.value, link, {}, nothing, lambda workload, facts: judgement)


GOOD = check(Link.PUSHED, passed(PROOF))
LOST = check(Link.HEALTHY, unknown(text("silence")))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SIGNOFF_SANDBOX", "127.0.0.1:9")
    return a_repository(tmp_path)[0]


async def test_a_run_is_kept_in_the_ledger_with_its_verdict(clone: Path) -> None:
    context = Context.open(clone / "web")
    try:
        report = await run(context, checks=[GOOD], overviews=all_touched)
        kept = folds.last_report(context.ledger, "production", context.worktree)
    finally:
        await context.close()
    assert kept is not None
    assert kept.report["verdict"] == report.verdict == "signed-off"
    assert kept.report["commit"] == run_in(clone, "git", "rev-parse", "HEAD").strip()


async def test_a_run_of_some_links_is_kept_as_a_part(clone: Path) -> None:
    context = Context.open(clone)
    try:
        report = await run(context, [Link.PUSHED], ["web"], checks=[GOOD, LOST], overviews=all_touched)
        kept = [event.whole for event in context.ledger.read(ReportMade)]
        last = folds.last_report(context.ledger, "production")
    finally:
        await context.close()
    assert [workload.name for workload in report.workloads] == ["web"]
    assert Link.HEALTHY in report.not_judged
    assert (kept, last) == ([False], None)


async def test_a_link_that_nothing_checks_is_no_pass(clone: Path) -> None:
    context = Context.open(clone)
    try:
        with pytest.raises(SignoffError, match=r"nothing checks the link fresh yet.*pushed"):
            await run(context, [Link.FRESH], checks=[GOOD], overviews=all_touched)
    finally:
        await context.close()


async def test_a_waived_link_does_not_count_for_its_commit(clone: Path) -> None:
    context = Context.open(clone)
    try:
        before = await run(context, None, ["web"], checks=[GOOD, LOST], overviews=all_touched)
        waived = LinkWaived(context.now(), "production", before.commit, "web", "healthy", "because", "ada")
        context.ledger.append(waived)
        after = await run(context, None, ["web"], checks=[GOOD, LOST], overviews=all_touched)
    finally:
        await context.close()
    assert (before.verdict, after.verdict) == ("unverified", "signed-off")
    assert after.workloads[0].links[Link.HEALTHY].status is Status.UNKNOWN
    assert [waiver.by for waiver in after.waivers] == ["ada"]


async def test_a_session_is_known_from_its_start_and_a_reconnect_continues_it(clone: Path) -> None:
    context = Context.open(clone)
    try:
        first = await begin_session(context, context.now(), "hook", "one")
        run_in(clone, "git", "commit", "--quiet", "--allow-empty", "--message", "work")
        again = await begin_session(context, context.now(), "mcp")
        other = await begin_session(context, context.now(), "hook", "two")
    finally:
        await context.close()
    assert first is not None
    assert again == first
    assert other is not None
    assert other.head != first.head


async def test_the_handoff_tells_what_the_session_changed(clone: Path) -> None:
    context = Context.open(clone)
    try:
        await begin_session(context, context.now(), "hook", "one")
        (clone / "shared" / "mapper.py").write_text("# mended\n")
        run_in(clone, "git", "commit", "--quiet", "--all", "--message", "Mend `the` mapper")
        (clone / "new`file`.py").write_text("x")
        written = await write_handoff(context, Words("Mended the mapper."), [])
        found = read_handoff(context)
    finally:
        await context.close()
    assert written.trouble is None
    assert found.path == written.path
    assert found.report == written.report
    assert "``Mend `the` mapper``" in found.body
    assert "- `shared/mapper.py` *(proven: git)*" in found.body
    assert "- ``new`file`.py`` *(proven: git)*" in found.body
    assert "the session began at commit" in found.body
    assert "> Mended the mapper." in found.body


async def test_the_handoff_is_written_without_a_session(clone: Path) -> None:
    context = Context.open(clone)
    try:
        written = await write_handoff(context, Words("x"), [])
    finally:
        await context.close()
    assert "Which commits this session made could not be found out (**not verified**)" in written.path.read_text()


async def test_the_handoff_is_written_when_the_walk_breaks(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last whole report stands in for it, and the document says that it is older than the work."""

    async def broken(*args: object, **options: object) -> object:
        raise ZeroDivisionError

    context = Context.open(clone)
    try:
        await run(context, checks=[GOOD], overviews=all_touched)
        run_in(clone, "git", "commit", "--quiet", "--allow-empty", "--message", "work")
        monkeypatch.setattr("signoff.commands.handoff.run", broken)
        written = await write_handoff(context, Words("x"))
        found = read_handoff(context)
    finally:
        await context.close()
    assert written.trouble is not None
    assert "ZeroDivisionError" in written.trouble.what
    assert found.report is not None
    assert found.final is False
    assert "**Older than the work:**" in found.body


async def test_the_handoff_is_written_without_a_ledger(clone: Path) -> None:
    context = Context.open(clone)
    path = context.ledger.path  # type: ignore[attr-defined]
    path.parent.mkdir(parents=True)
    path.write_text("no database " * 1000)
    try:
        written = await write_handoff(context, Words("x"))
    finally:
        await context.close()
    assert isinstance(written.trouble, LedgerError)
    assert "nothing in this document is verified" in written.path.read_text()


async def test_the_handoff_of_an_unknown_workload_is_refused(clone: Path) -> None:
    context = Context.open(clone)
    try:
        with pytest.raises(SignoffError, match="did you mean web"):
            await write_handoff(context, Words("x"), ["wbe"])
    finally:
        await context.close()

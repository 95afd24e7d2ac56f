"""Data that is there, not due, too early, stale, or only said to be there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.fresh import (
    COMPLETE_WITHOUT_ROWS,
    IN_FUTURE,
    NO_ROWS,
    STALE,
    TOO_FEW,
    TRACKER_BEHIND,
    judge,
)
from signoff.checks.written_by import OLD_CODE, UNKNOWN_CODE
from signoff.model.data import DataCheck, Due, FirestoreDocument, Rows, SqliteFile, Tracker
from signoff.model.data_seen import DataFacts, DataSeen, Group, Moments, Tracked, Writers, WrittenBy
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.finding import Action
from signoff.model.judgement import Judgement, Status
from signoff.model.lineage import Content, Missing
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit, Workload, WorkloadName

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REF = Ref("sqlite", "games.sqlite", NOW)
JOB = Workload(WorkloadName("extractor"), "job", "extractor", ())
CHECK = DataCheck("games", SqliteFile("x"), Rows(table="games"), "at", timedelta(hours=26))
DAILY = replace(CHECK, due=Due("0 7 * * *", timedelta(hours=2)))
DUE = NOW - timedelta(hours=5)
ON_TIME = Moments(DUE, DUE + timedelta(hours=2), DUE - timedelta(days=1), DUE + timedelta(days=1))
EARLY = replace(ON_TIME, settled=NOW + timedelta(hours=1))
AT_ANY_TIME = Moments(NOW, NOW, None, None)
DONE = (("status", Quoted("complete")),)


def hours(number: float) -> datetime:
    return NOW - timedelta(hours=number)


def group(latest: datetime | None, recent: int = 0, earlier: int = 0, **more: Any) -> Group:
    fields = {"name": None, "rows": 10 if latest else 0, "ahead": 0, **more}
    return Group(latest=latest, recent=recent, earlier=earlier, **fields)


FRESH = group(hours(1), 3, 5)
STALE_ROWS = group(hours(60))


def judged(*groups: Group, check: DataCheck = CHECK, moments: Moments = AT_ANY_TIME, **more: Any) -> Judgement:
    return judge(JOB, DataFacts(NOW, (DataSeen(check, moments, Known(groups, REF), **more),)))


def codes(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.findings]


def test_nothing_declared_is_skipped_with_what_to_declare() -> None:
    found = judge(JOB, DataFacts(NOW, ()))
    assert found.status is Status.SKIPPED
    assert "[[workloads.extractor.data]]" in str(found.reason.parts if found.reason else "")


def test_rows_that_are_new_enough_pass_with_the_newest_as_evidence() -> None:
    found = judged(FRESH)
    assert found.status is Status.PASS
    assert found.evidence[0].value == "2026-11-21T11:00:00Z"


def test_rows_that_are_too_old_fail_and_the_job_that_makes_them_is_to_be_run() -> None:
    found = judged(STALE_ROWS)
    assert (found.status, codes(found)) == (Status.FAIL, [STALE])
    assert found.findings[0].fix == Action("run", ("extractor",))


def test_no_rows_at_all_and_too_few_of_them_are_told_apart() -> None:
    assert codes(judged()) == [NO_ROWS]
    assert codes(judged(group(hours(1), 3), check=replace(CHECK, at_least=4))) == [TOO_FEW]


def test_rows_without_a_time_are_not_called_no_rows() -> None:
    found = judged(group(None, rows=12))
    assert codes(found) == [NO_ROWS]
    assert "12 rows, and none with a time that is past" in str(found.findings[0].message.parts)


def test_what_is_due_but_may_still_come_waits_for_time() -> None:
    found = judged(group(hours(27), 0, 4), check=DAILY, moments=EARLY)
    assert found.status is Status.WAITING
    assert found.ask_again_at == EARLY.settled


def test_what_was_late_before_already_is_stale_also_in_the_time_of_grace() -> None:
    assert codes(judged(STALE_ROWS, check=DAILY, moments=EARLY)) == [STALE]


def test_what_was_never_due_is_skipped() -> None:
    found = judged(check=DAILY, moments=Moments(None, None, None, NOW + timedelta(days=3)))
    assert found.status is Status.SKIPPED


def test_each_named_group_has_to_be_fresh_also_the_one_without_rows() -> None:
    per = replace(CHECK, per="school", groups=("north", "south"))
    found = judged(replace(FRESH, name=Quoted("north")), check=per)
    assert codes(found) == [NO_ROWS]
    both = (replace(FRESH, name=Quoted("north")), replace(FRESH, name=Quoted("south")))
    assert judged(*both, check=per).status is Status.PASS


def test_no_group_at_all_where_none_is_named_proves_nothing() -> None:
    assert judged(check=replace(CHECK, per="school")).status is Status.UNKNOWN


def test_rows_of_the_future_make_the_newest_unknown() -> None:
    found = judged(replace(FRESH, ahead=2))
    assert (found.status, codes(found)) == (Status.UNKNOWN, [IN_FUTURE])


def test_old_rows_beside_rows_of_the_future_are_not_called_stale() -> None:
    """A clock or a time zone that is wrong makes both."""
    found = judged(replace(STALE_ROWS, ahead=2))
    assert (found.status, codes(found)) == (Status.UNKNOWN, [IN_FUTURE])


def test_numbers_where_times_are_asked_for_are_told_how_to_be_read() -> None:
    unread = Unknown("malformed", REF, Quoted("cannot cast type bigint to timestamp with time zone"))
    found = judge(JOB, DataFacts(NOW, (DataSeen(CHECK, AT_ANY_TIME, unread),)))
    assert found.status is Status.UNKNOWN
    assert 'write query = "SELECT to_timestamp(at) AS at FROM games"' in str(found.reason.parts)  # type: ignore[union-attr]


def test_an_age_of_less_than_an_hour_is_told_in_minutes() -> None:
    found = judged(STALE_ROWS, check=replace(CHECK, max_age=timedelta(minutes=10)))
    assert "it may be 10 min old" in str(found.findings[0].message.parts)


def test_what_can_not_be_read_is_unknown_and_the_others_still_count() -> None:
    unread = Unknown("denied", REF, Quoted("permission denied"))
    facts = DataFacts(NOW, (DataSeen(CHECK, AT_ANY_TIME, unread),))
    assert judge(JOB, facts).status is Status.UNKNOWN
    stale = DataSeen(CHECK, AT_ANY_TIME, Known((STALE_ROWS,), REF))
    assert judge(JOB, replace(facts, seen=(*facts.seen, stale))).status is Status.FAIL


TRACKED = replace(CHECK, tracker=Tracker(FirestoreDocument("demo", "runs/{date}"), (("status", "complete"),)))


def test_a_tracker_that_says_incomplete_beside_fresh_rows_is_itself_at_fault() -> None:
    tracked = Known(Tracked((("status", Quoted("1/5")),), complete=False), REF)
    found = judged(FRESH, check=TRACKED, tracked=tracked)
    assert (found.status, codes(found)) == (Status.PASS, [TRACKER_BEHIND])


def test_a_tracker_that_says_complete_beside_no_rows_is_the_failure() -> None:
    found = judged(STALE_ROWS, check=TRACKED, tracked=Known(Tracked(DONE, complete=True), REF))
    assert (found.status, codes(found)) == (Status.FAIL, [STALE, COMPLETE_WITHOUT_ROWS])


def test_a_tracker_that_says_complete_before_the_rows_came_fails_also_where_they_may_still_come() -> None:
    check = replace(TRACKED, due=DAILY.due)
    found = judged(group(hours(27), 0, 4), check=check, moments=EARLY, tracked=Known(Tracked(DONE, complete=True), REF))
    assert codes(found) == [COMPLETE_WITHOUT_ROWS]


def test_a_tracker_that_says_complete_beside_fresh_rows_passes_quietly() -> None:
    found = judged(FRESH, check=TRACKED, tracked=Known(Tracked(DONE, complete=True), REF))
    assert (found.status, codes(found)) == (Status.PASS, [])


def test_a_tracker_that_can_not_be_read_is_unknown() -> None:
    unread = Unknown("unreachable", REF, Quoted("no answer"))
    assert judged(FRESH, check=TRACKED, tracked=unread).status is Status.UNKNOWN


WRITTEN = replace(CHECK, commit="build_commit_sha")
CHANGED = hours(10)
HOLDS, BEHIND = Content("holds"), Content("behind", Missing(2, True))


def by(sha: str, ago: float, content: Content | None) -> WrittenBy:
    return WrittenBy(Quoted(sha), hours(ago), 20, Commit(sha) if content else None, content)


def writers(*found: WrittenBy) -> Known[Writers]:
    return Known(Writers(CHANGED, found), REF)


def test_rows_that_old_code_wrote_after_the_change_fail_and_name_it() -> None:
    found = judged(FRESH, check=WRITTEN, writers=writers(by("a" * 40, 1, HOLDS), by("b" * 40, 6, BEHIND)))
    assert (found.status, codes(found)) == (Status.FAIL, [OLD_CODE])
    assert found.findings[0].fix == Action("run", ("extractor",))


def test_rows_that_the_shipped_code_wrote_pass() -> None:
    found = judged(FRESH, check=WRITTEN, writers=writers(by("a" * 40, 1, HOLDS)))
    assert found.status is Status.PASS


def test_rows_of_before_the_change_wait_for_the_next_run() -> None:
    found = judged(FRESH, check=WRITTEN, writers=writers(by("b" * 40, 11, BEHIND)))
    assert (found.status, found.waits_on) == (Status.WAITING, "runs")


@pytest.mark.parametrize("content", [None, Content("unknown")])
def test_rows_whose_writer_is_not_known_prove_nothing(content: Content | None) -> None:
    found = judged(FRESH, check=WRITTEN, writers=writers(by("c" * 40, 1, content)))
    assert found.status is Status.UNKNOWN
    assert codes(found) == ([UNKNOWN_CODE] if content is None else [])


GROUPS = st.builds(
    group,
    st.one_of(st.none(), st.integers(0, 80).map(hours)),
    st.integers(0, 3),
    st.integers(0, 3),
    ahead=st.integers(0, 1),
)


@given(GROUPS, st.sampled_from([AT_ANY_TIME, ON_TIME, EARLY]), st.sampled_from([None, True, False]), st.integers(1, 3))
def test_nothing_passes_without_enough_recent_rows(
    one: Group, moments: Moments, complete: bool | None, at_least: int
) -> None:
    tracked = None if complete is None else Known(Tracked(DONE, complete), REF)
    found = judged(one, check=replace(TRACKED, at_least=at_least), moments=moments, tracked=tracked)
    if found.status is Status.PASS:
        assert one.recent >= at_least
        assert not one.ahead
    if one.recent >= at_least and not one.ahead:
        assert found.status is Status.PASS

"""Link `fresh`: the data that the workload produces is there, asked from the tables themselves.

A tracker that says "incomplete" beside fresh rows is itself at fault (incident J1); one that says "complete" beside no
rows is the failure (J2). What is not due yet, and what is too early, is told apart from what is stale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from signoff.checks.regions import everywhere
from signoff.checks.written_by import OLD_CODE, UNKNOWN_CODE, written_by
from signoff.model.data import DataCheck, FirestoreDocument
from signoff.model.data_seen import DataFacts, DataSeen, Group, Tracked
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Action, Advice, Finding, Fix
from signoff.model.judgement import Judgement, Status, failed, passed, skipped, unknown, waiting
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import unanswered

STALE = "fresh/stale"
NO_ROWS = "fresh/no-rows"
TOO_FEW = "fresh/too-few"
IN_FUTURE = "fresh/in-the-future"
COMPLETE_WITHOUT_ROWS = "fresh/complete-without-rows"
TRACKER_BEHIND = "fresh/tracker-behind"

CODES: Mapping[str, str] = {
    STALE: "the newest row is older than it may be at the time when data was last due",
    NO_ROWS: "there is no row at all where there have to be some",
    TOO_FEW: "there are new rows, and fewer than there have to be",
    IN_FUTURE: "rows have a time in the future, so their times can not be believed",
    COMPLETE_WITHOUT_ROWS: "the tracker says complete, and the rows are not there",
    TRACKER_BEHIND: "the rows are there, and the tracker does not say so: the tracker is at fault, not the data",
    OLD_CODE: "rows were written by code that lacks the change, after the change was made",
    UNKNOWN_CODE: "rows name a writer that is no commit of this repository",
}

_SHOWN = 5
"""Groups that a finding names one by one."""


def judge(workload: Workload, facts: DataFacts) -> Judgement:
    """Every declared check has to come out well."""
    if not facts.seen:
        says = "signoff.toml declares no data of {}: a [[workloads.{}.data]] says which rows it has to produce"
        return skipped(text(says, workload.name, workload.name))
    parts = [part for seen in facts.seen for part in _judged(workload, facts.now, seen)]
    if all(part.status is Status.SKIPPED for part in parts):
        return parts[0]
    return everywhere(parts)


def _judged(workload: Workload, now: datetime, seen: DataSeen) -> list[Judgement]:
    if isinstance(seen.groups, Unknown):
        return [unknown(text("{}: {}{}", seen.check.name, unanswered(seen.groups), _instead(seen.check, seen.groups)))]
    if seen.moments.due is None:
        when = f" before {_moment(seen.moments.next)}" if seen.moments.next else ""
        return [skipped(text("{} is not due{}", seen.check.name, when))]
    rows = _rows(workload, now, seen, seen.groups)
    parts = [rows]
    if isinstance(seen.tracked, Unknown):
        parts.append(unknown(text("the tracker of {}: {}", seen.check.name, unanswered(seen.tracked))))
    elif seen.tracked is not None:
        parts.append(_tracked(workload, seen, seen.groups, seen.tracked, rows))
    if isinstance(seen.writers, Unknown):
        parts.append(unknown(text("the writers of {}: {}", seen.check.name, unanswered(seen.writers))))
    elif seen.writers is not None and rows.status is not Status.FAIL:
        parts.append(written_by(workload, seen.check, seen.writers))
    return parts


def _instead(check: DataCheck, why: Unknown) -> Text:
    """PostgreSQL makes no time of a number by itself: only who writes it knows of what unit it is."""
    if check.rows.table is None or not why.detail.contains("cannot cast type"):
        return text("")
    query = f"SELECT to_timestamp({check.time}) AS {check.time} FROM {check.rows.table}"  # noqa: S608 (told, not run)
    return text('; where {} is a number of seconds, write query = "{}" in place of table', check.time, query)


def _rows(workload: Workload, now: datetime, seen: DataSeen, known: Known[tuple[Group, ...]]) -> Judgement:
    check, moments = seen.check, seen.moments
    groups = _wanted(check, known.value)
    bad = [group for group in groups if not _is_fresh(check, group.recent)]
    ahead = [group for group in known.value if group.ahead]
    early = moments.settled is not None and now < moments.settled
    late = [one for one in bad if not (one.ahead or (early and _was_fresh(check, moments.before, one)))]
    if late:
        found = [_late(workload, seen, known, group) for group in late[:_SHOWN]]
        return failed(found[0], *found[1:], evidence=(_more(known, late),) if len(late) > _SHOWN else ())
    if ahead:
        reason = text("{} has rows with a time in the future: what is newest can not be told", check.name)
        return unknown(reason, *(_in_future(known, check, group) for group in ahead[:_SHOWN]))
    if bad:
        says = text("{}: data of {} may still come", _called(check, bad[0]), _moment(moments.due))
        return waiting("time", says, until=moments.settled)
    if not groups:
        return unknown(text("{} has no group of rows at all, and none is named in signoff.toml", check.name))
    oldest = min(groups, key=lambda group: group.latest or datetime.min.replace(tzinfo=now.tzinfo))
    return passed(*(_newest(known, check, group) for group in _first(groups, oldest)), says=_fresh_says(seen, oldest))


def _wanted(check: DataCheck, groups: Sequence[Group]) -> list[Group]:
    """The groups that have to be there, also those that are not; without names every one that is there."""
    if check.per is None:
        return list(groups) or [_nothing(None)]
    if not check.groups:
        return list(groups)
    by_name = {group.name: group for group in groups}
    return [by_name.get(Quoted(name)) or _nothing(Quoted(name)) for name in check.groups]


def _nothing(name: Quoted | None) -> Group:
    return Group(name, 0, None, 0, 0, 0)


def _is_fresh(check: DataCheck, count: int) -> bool:
    return count >= check.at_least


def _was_fresh(check: DataCheck, before: datetime | None, group: Group) -> bool:
    """Whether it was as it has to be for the moment before; where there was none, nothing was asked of it yet."""
    return before is None or _is_fresh(check, group.earlier)


def _late(workload: Workload, seen: DataSeen, known: Known[tuple[Group, ...]], group: Group) -> Finding:
    check, name = seen.check, _called(seen.check, group)
    evidence = (_newest(known, check, group),)
    fix = _produce(workload)
    due = "" if check.due is None else f", due at {_moment(seen.moments.due)}"
    if group.recent:
        says = text("{} has {} of at least {} rows since {}", name, group.recent, check.at_least, _since(seen))
        return Finding(TOO_FEW, says, evidence, fix, location=check.place)
    if group.latest is None:
        has = f"{group.rows} rows, and none with a time that is past" if group.rows else "no row"
        return Finding(NO_ROWS, text("{} has {}{}", name, has, due), evidence, fix, location=check.place)
    says = text("the newest row of {} is of {}; it may be {} old{}", name, _moment(group.latest), _age(check), due)
    return Finding(STALE, says, evidence, fix, location=check.place)


def _in_future(known: Known[tuple[Group, ...]], check: DataCheck, group: Group) -> Finding:
    says = text("{} has {} rows with a time in the future", _called(check, group), group.ahead)
    fix = Advice(text("look at the clock or the time zone of what writes {} (zone in signoff.toml)", check.time))
    return Finding(IN_FUTURE, says, (known.shows("rows in the future", group.ahead),), fix, location=check.place)


def _tracked(
    workload: Workload,
    seen: DataSeen,
    groups: Known[tuple[Group, ...]],
    known: Known[Tracked],
    rows: Judgement,
) -> Judgement:
    check, tracked = seen.check, known.value
    shown = _fields(known)
    if tracked.complete:
        if any(group.recent for group in _wanted(check, groups.value)):
            return passed(*shown, says=text("the tracker of {} says complete", check.name))
        says = text("the tracker of {} says complete, and there is no row since {}", check.name, _since(seen))
        found = Finding(COMPLETE_WITHOUT_ROWS, says, shown, _produce(workload), location=check.place)
        return failed(found)
    if rows.status is not Status.PASS:
        return passed(*shown, says=text("the tracker of {} says incomplete too", check.name))
    says = text(
        "the tracker of {} does not say complete, and the rows are there: it is at fault, not the data", check.name
    )
    fix = Advice(text("mend what writes {}; the data needs no run", _spoken(check)))
    return passed(*shown, notes=(Finding(TRACKER_BEHIND, says, shown, fix, "warning", check.place),))


def _fields(known: Known[Tracked]) -> tuple[Evidence, ...]:
    fields = known.value.fields
    if fields is None:
        return (known.shows("record", None),)
    return tuple(known.shows(name, value) for name, value in fields)


def _spoken(check: DataCheck) -> str:
    source = check.tracker.source if check.tracker else None
    return f"the document {source.path}" if isinstance(source, FirestoreDocument) else "the tracker's table"


def _newest(known: Known[tuple[Group, ...]], check: DataCheck, group: Group) -> Evidence:
    latest = _moment(group.latest) if group.latest else None
    return known.shows(f"newest {check.time}", latest if group.name is None else (group.name, latest))


def _first(groups: Sequence[Group], oldest: Group) -> list[Group]:
    """The group with the oldest data, then some others."""
    return [oldest, *(group for group in groups if group is not oldest)][:_SHOWN]


def _more(known: Known[tuple[Group, ...]], late: Sequence[Group]) -> Evidence:
    return known.shows("groups that are not fresh", len(late))


def _called(check: DataCheck, group: Group) -> Text:
    return text("{}", check.name) if group.name is None else text("{} of {}", check.name, group.name)


def _fresh_says(seen: DataSeen, oldest: Group) -> Text:
    newest = _moment(oldest.latest) if oldest.latest else "none"
    due = f" (last due at {_moment(seen.moments.due)})" if seen.check.due else ""
    return text(
        "{}: newest row of {}, {} since {}{}", _called(seen.check, oldest), newest, oldest.recent, _since(seen), due
    )


def _since(seen: DataSeen) -> str:
    due = seen.moments.due
    return _moment(due - seen.check.max_age) if due else "ever"


def _age(check: DataCheck) -> str:
    hours = check.max_age.total_seconds() / 3600
    return f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"


def _produce(workload: Workload) -> Fix:
    if workload.kind == "job":
        return Action("run", (workload.name,))
    return Advice(text("look why {} wrote nothing newer", workload.name))


def _moment(at: datetime | None) -> str:
    return "never" if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")

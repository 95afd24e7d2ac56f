"""Whatever the facts of the logs are: nothing passes that was not exercised, read to its end and free of errors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from signoff.checks import healthy
from signoff.checks.claimed import claim
from signoff.model.health import Appeared, Before, Health, NoiseSeen, UnitLog
from signoff.model.judgement import Status
from signoff.model.log_rules import Expected, Noise
from signoff.model.logs import LogEntry
from signoff.model.subject import Kind, Workload, WorkloadName
from support.health import BEFORE, GONE, health, unit
from support.logs import line, request, traceback
from support.samples import NOW, PROOF

KINDS: tuple[Kind, ...] = ("service", "job", "worker-pool")
ENTRIES: dict[Kind, tuple[list[LogEntry], ...]] = {
    "service": ([request()], [request()], [request()], [request(status=500)], [request(ago=1)], [request("/other")]),
    "job": ([line("succeeded", stream="system")], [line("succeeded", stream="system", ago=1)]),
    "worker-pool": ([line("took", stream="stdout")], [line("took", stream="stdout", ago=1)]),
}
ERRORS = ([], [], [], traceback(GONE), traceback("ValueError: x"))
DAYS = st.sampled_from([NOW.date() - timedelta(days=1), NOW.date()])


@st.composite
def units(draw: st.DrawFn, kind: Kind) -> UnitLog:
    did = draw(st.lists(st.sampled_from(ENTRIES[kind]), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=3))
    errors = draw(st.sampled_from(ERRORS))
    made = unit(*(entry for some in did for entry in some), *errors)
    expected = Expected("x", draw(st.integers(1, 2)), timedelta(seconds=draw(st.sampled_from([0, 7200]))))
    return replace(
        made,
        exercises=tuple(entry for some in did for entry in some),
        whole=draw(st.sampled_from([True, True, True, True, False])),
        running=kind == "job" and not did,
        outcome=draw(st.sampled_from(["succeeded"] * 4 + ["", "failed", "cancelled"])) if kind == "job" else "",
        before=draw(st.sampled_from([None, Before("web-00001-old", 200, 1, PROOF)])),
        appeared=draw(st.sampled_from([(), (), (Appeared(expected, draw(st.integers(0, 3)), PROOF),)])),
    )


@st.composite
def facts(draw: st.DrawFn) -> Health:
    kind = draw(st.sampled_from(KINDS))
    made = health(
        *draw(st.lists(units(kind), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=2)),
        earlier=draw(st.sampled_from([(), BEFORE, BEFORE])),
        claimed=draw(st.sampled_from([(), (GONE,)])),
        kind=kind,
        current=draw(st.sampled_from([None, True, False])),
    )
    let_be = draw(st.sampled_from([frozenset(), frozenset(e for one in made.units for e in one.errors)]))
    until: date = draw(DAYS)
    return replace(made, noise=draw(st.sampled_from([(), (NoiseSeen(Noise("why", until, text="x"), let_be),)])))


def workload(found: Health) -> Workload:
    return Workload(WorkloadName("w"), found.kind, "w", ())


@given(facts())
def test_nothing_passes_that_is_silent_cut_short_late_failed_or_newly_broken(found: Health) -> None:
    judged = healthy.judge(workload(found), found)
    if judged.status is not Status.PASS:
        return
    assert found.units
    known = {error.signature for error in found.earlier}
    claimed = {error for one in found.claimed for error in one.means}
    let_be = {error for one in found.noise if one.rule.until >= found.now.date() for error in one.means}
    for one in found.units:
        assert one.whole
        assert not one.running
        assert any(entry.at + found.lag <= found.now for entry in one.exercises)
        assert found.kind != "job" or one.outcome == "succeeded"
        assert not claimed & set(one.errors)
        assert all(error.signature in known or error in let_be for error in one.errors)
        assert all(seen.count >= seen.rule.at_least for seen in one.appeared)


@given(facts())
def test_what_does_not_pass_says_why_with_a_code_of_its_own(found: Health) -> None:
    judged = healthy.judge(workload(found), found)
    assert {finding.code for finding in judged.findings} <= set(healthy.CODES)
    if judged.status is Status.FAIL:
        assert all(finding.fix is not None for finding in judged.findings if finding.severity == "error")


@given(facts())
def test_the_order_of_the_units_does_not_matter(found: Health) -> None:
    turned = replace(found, units=tuple(reversed(found.units)))
    assert healthy.judge(workload(found), found).status is healthy.judge(workload(turned), turned).status


@given(facts())
def test_a_claim_is_proven_only_of_what_was_there_and_was_exercised_since(found: Health) -> None:
    status, _ = claim({"w": found}, GONE)
    if status is Status.PASS:
        means = {error for one in found.claimed for error in one.means}
        assert means & set(found.earlier)
        assert all(one.whole and not means & set(one.errors) for one in found.units)
        settled = [entry for one in found.units for entry in one.exercises if entry.at + found.lag <= found.now]
        assert settled
        assert found.kind != "service" or any(
            entry.request and entry.request.path.same_as("/report") and entry.request.status == 200 for entry in settled
        )

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from signoff.fold import REQUIRES, combined, verdict, with_blocks
from signoff.model.judgement import Link, Status
from signoff.model.report import EXIT_CODES, Verdict, Waiver
from signoff.model.subject import WorkloadName
from support.samples import NOW, judgement, link_report, workload_report

STATUSES = st.sampled_from(list(Status))
OWN = st.sampled_from([status for status in Status if status is not Status.BLOCKED])
LINKS = st.dictionaries(st.sampled_from(list(Link)), OWN, min_size=1)


def waiver(link: Link, workload: str = "web") -> Waiver:
    return Waiver(WorkloadName(workload), link, "known and accepted", "ada", NOW)


@given(st.lists(OWN, min_size=1))
def test_the_worst_of_several_checks_wins_in_any_order(statuses: list[Status]) -> None:
    order = list(Status)
    folded = combined([judgement(status) for status in statuses], NOW)
    assert order.index(folded.status) == max(order.index(status) for status in statuses)
    assert len(folded.findings) == statuses.count(Status.FAIL)


@given(LINKS)
def test_a_link_that_came_out_well_is_blocked_exactly_while_one_that_it_requires_did_not(
    links: dict[Link, Status],
) -> None:
    folded = with_blocks({link: link_report(status) for link, status in links.items()})
    for link, report in folded.items():
        required = [folded[r].status for r in REQUIRES.get(link, ()) if r in folded]
        held = any(status not in {Status.PASS, Status.SKIPPED} for status in required)
        expected = Status.BLOCKED if held and links[link] is Status.PASS else links[link]
        assert report.status is expected
        assert (report.blocked_by is not None) == (report.status is Status.BLOCKED)


def test_two_faults_are_both_named() -> None:
    folded = with_blocks({Link.PUSHED: link_report(Status.FAIL), Link.SERVING: link_report(Status.FAIL)})
    assert [report.status for report in folded.values()] == [Status.FAIL, Status.FAIL]


def test_blocked_is_handed_on_along_the_chain_and_names_its_cause() -> None:
    good = [Link.BUILT, Link.RELEASED, Link.SERVING, Link.HEALTHY]
    folded = with_blocks({Link.PUSHED: link_report(Status.FAIL), **{x: link_report(Status.PASS) for x in good}})
    assert [folded[x].blocked_by for x in good] == [Link.PUSHED, Link.BUILT, Link.RELEASED, Link.SERVING]


def test_a_waived_link_blocks_nothing() -> None:
    links = {Link.PUSHED: link_report(Status.FAIL), Link.BUILT: link_report(Status.PASS)}
    assert with_blocks(links, frozenset({Link.PUSHED}))[Link.BUILT].status is Status.PASS


@given(st.lists(STATUSES, min_size=1, max_size=11))
def test_signed_off_is_said_only_of_links_that_passed_or_have_no_object(statuses: list[Status]) -> None:
    links = dict(zip([link.value for link in Link], statuses, strict=False))
    said = verdict([workload_report(**links)], ())
    allowed = set(statuses) <= {Status.PASS, Status.SKIPPED} and Status.PASS in statuses
    assert (said is Verdict.SIGNED_OFF) == allowed
    assert EXIT_CODES[said] in {0, 1, 3, 5}


def test_every_mixture_gets_the_verdict_of_its_worst_link() -> None:
    worst = [
        (Status.FAIL, Verdict.REFUSED),
        (Status.UNKNOWN, Verdict.UNVERIFIED),
        (Status.WAITING, Verdict.PENDING),
        (Status.PASS, Verdict.SIGNED_OFF),
        (Status.SKIPPED, Verdict.NOTHING_TO_PROVE),
    ]
    for (first, expected), (second, _) in itertools.combinations_with_replacement(worst, 2):
        assert verdict([workload_report(pushed=second, built=first)], ()) is expected


def test_workloads_that_were_not_touched_do_not_count() -> None:
    others = workload_report(name="other", touched=False, pushed=Status.FAIL)
    assert verdict([others], ()) is Verdict.NOTHING_TO_PROVE
    assert verdict([others, workload_report(pushed=Status.PASS)], ()) is Verdict.SIGNED_OFF


def test_a_waiver_counts_for_its_own_workload_and_link_alone() -> None:
    report = workload_report(pushed=Status.PASS, serving=Status.FAIL)
    assert verdict([report], [waiver(Link.SERVING)]) is Verdict.SIGNED_OFF
    assert verdict([report], [waiver(Link.PUSHED)]) is Verdict.REFUSED
    assert verdict([report], [waiver(Link.SERVING, "other")]) is Verdict.REFUSED


def test_a_claim_that_is_not_proven_counts_beside_the_workloads() -> None:
    good = workload_report(pushed=Status.PASS)
    assert verdict([good], (), [Status.UNKNOWN]) is Verdict.UNVERIFIED
    assert verdict([good], (), [Status.PASS]) is Verdict.SIGNED_OFF

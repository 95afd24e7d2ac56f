"""The page of text that stands alone."""

from __future__ import annotations

import pytest

from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from signoff.model.text import text
from signoff.views.structure import as_json
from signoff.views.text import as_text
from support.reports import CORE, REPORTS, exercised, good, many, refused, report, signed_off, workload
from support.samples import NOW


@pytest.mark.parametrize("name", REPORTS)
def test_the_text_of_a_typical_report(name: str, snapshot: object) -> None:
    assert as_text(REPORTS[name]()) == snapshot


def test_the_verdict_comes_first() -> None:
    assert as_text(refused()).startswith("REFUSED: ")


def test_a_tool_is_told_of_tools_and_a_person_of_commands() -> None:
    assert 'fix: deploy_service(workloads=["web"])' in as_text(refused(), "tool")
    assert "fix: signoff deploy web" in as_text(refused(), "terminal")


def test_two_hundred_workloads_fit_a_page_and_none_with_trouble_is_lost() -> None:
    shown = as_text(many(200))
    assert len(shown.splitlines()) < 30
    assert "svc-000 (service): ✓ committed  ✗ pushed" in shown
    assert "and 197 more workloads, by the worst link: 197 pass" in shown


def test_trouble_beyond_the_page_is_counted() -> None:
    lost = LinkReport(Status.UNKNOWN, NOW, reason=text("denied"))
    shown = as_text(report(*(workload(f"svc-{n}", links={Link.BUILT: lost}) for n in range(50))))
    assert "and 38 more workloads, by the worst link: 38 unknown" in shown
    assert "? built · svc-0, svc-1, svc-2, svc-3 and 46 more: denied" in shown


def test_a_report_of_some_links_is_never_shown_as_a_sign_off() -> None:
    part = report(workload(), not_judged=tuple(link for link in Link if link is not Link.PUSHED))
    assert part.verdict == "signed-off"
    assert as_text(part).startswith("PASSED IN PART: the links that were asked for are proven; this is no sign-off")
    assert "SIGNED OFF" not in as_text(part)


@pytest.mark.parametrize("left_out", CORE)
def test_a_sign_off_reaches_from_the_working_tree_to_what_production_says_of_it(left_out: Link) -> None:
    links = {link: good(link) for link in CORE if link is not left_out}
    assert "SIGNED OFF" not in as_text(report(workload(links=links), not_judged=(left_out,)))
    assert "SIGNED OFF" in as_text(signed_off())


def test_the_text_is_the_same_from_the_structure() -> None:
    assert as_text(as_json(refused())) == as_text(refused())


def test_a_healthy_workload_says_how_much_that_rests_on() -> None:
    assert "    healthy: web-00042-abc answered 2 requests: n = 2, 0 failed;" in as_text(exercised())
    assert "(3/n)" not in as_text(signed_off())

"""The handoff document: every line is proven or marked as not, and outside text stays inert in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from signoff.handoff.document import Changes, Words, document
from signoff.handoff.render import render
from signoff.handoff.timeline import Moment
from signoff.model.evidence import Evidence
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport, Report
from signoff.views.structure import as_json
from support.reports import HEAD, HOSTILE, REPORTS, exercised, many, pending, refused, report, signed_off, workload
from support.samples import NOW

WORDS = Words("Both names of the column are mapped.", "Rows failed.", "It was renamed.", "Map both.", ("watch it",))
CHANGES = Changes((("5e55101190" * 4, "Map both names"),), ("shared/mapper.py",))
MOMENTS = (Moment(NOW, "the session began at commit 5e5510119000"),)


def written(
    made: Report | None,
    words: Words = WORDS,
    *,
    later: timedelta = timedelta(0),
    head: str | None = HEAD,
    moments: Sequence[Moment] = MOMENTS,
    changes: Changes = CHANGES,
) -> str:
    value = as_json(made) if made else None
    return render(document(words, value, moments, changes, written=NOW + later, head=head))


def body(text: str) -> str:
    return text.partition("\n---\n")[2]


@pytest.mark.parametrize("name", REPORTS)
def test_the_document_of_a_typical_report(name: str, snapshot: object) -> None:
    assert body(written(REPORTS[name]())) == snapshot


def test_the_sections_are_those_of_the_checklist() -> None:
    assert re.findall(r"^## (.*)$", written(refused()), re.MULTILINE) == [
        "Executive summary",
        "Timeline",
        "Problem",
        "Root cause",
        "Fix",
        "Validation",
        "Success criteria",
        "Files changed",
        "Next steps",
    ]


def test_a_box_is_checked_only_for_what_is_proven() -> None:
    lines = written(refused()).splitlines()
    checked = [line for line in lines if line.startswith("- [x]")]
    assert checked == [
        "- [x] web: committed *(proven)*",
        "- [x] extractor: committed *(proven)*",
        "- [x] extractor: released *(proven)*",
        "- [x] extractor: serving *(proven)*",
        "- [x] extractor: healthy *(proven)*",
    ]


def test_a_label_alone_checks_no_box() -> None:
    stated = LinkReport(Status.PASS, NOW, (Evidence("run", "web", "label", "x", NOW, "stated"),))
    text = written(report(workload(links={Link.BUILT: stated})))
    assert "- [ ] web: built, by a label alone **(stated)**" in text


def test_a_waived_link_is_not_checked_and_names_the_person() -> None:
    assert "- [ ] web: healthy: waived by ada (no traffic at night) **(not verified)**" in written(pending())


def test_what_was_not_judged_is_said() -> None:
    text = written(signed_off())
    assert "- [ ] links that were not judged: buildable, schema, reachable, fresh **(not verified)**" in text


def test_what_was_not_final_is_said_at_the_top() -> None:
    head = body(written(pending())).partition("## Executive summary")[0]
    assert "**Written while not everything was final.**" in head
    assert "web built waits on ci until 2026-01-01T00:02:00Z" in head
    assert "`signoff run --target production`" in head
    assert "final: false" in written(pending())


def test_a_sign_off_is_final_and_warns_of_nothing() -> None:
    text = written(signed_off())
    assert "final: true" in text
    assert "Written while" not in text
    assert "Older than the work" not in text


def test_a_report_on_another_commit_is_older_than_the_work() -> None:
    text = written(signed_off(), head="b" * 40)
    assert (
        "**Older than the work:** the report is about commit 5e5510119000, and bbbbbbbbbbbb is checked out now" in text
    )
    assert "final: false" in text


def test_an_old_report_says_how_old() -> None:
    assert "the report was made 11 minutes before this document" in written(signed_off(), later=timedelta(minutes=11))
    assert "Older than the work" not in written(signed_off(), later=timedelta(minutes=9))


def test_an_unknown_checkout_is_not_taken_for_the_same() -> None:
    assert "the report may be older than the work" in written(signed_off(), head=None)


def test_without_a_report_nothing_is_verified() -> None:
    text = written(None)
    assert "# Handoff: UNVERIFIED" in text
    assert "- [ ] Nothing was judged **(not verified)**" in text
    assert "[x]" not in text
    assert "verdict: unverified" in text


def test_unknown_changes_are_not_called_none() -> None:
    text = written(signed_off(), changes=Changes(None, None))
    assert text.count("could not be found out (**not verified**)") == 2
    assert "No file was changed" not in text


def test_the_commit_that_serves_stands_beside_the_wanted_one() -> None:
    assert "| `web` | service | `5e5510119000` | `01d000000000` |" in written(refused())


def test_what_a_refuted_link_showed_is_not_called_expected() -> None:
    text = written(refused())
    assert "  - seen, and not as it should be: `count: 12` *(proven)*" in text
    assert "expected: `count" not in text


def test_two_hundred_workloads_make_no_endless_document() -> None:
    assert len(body(written(many(200))).splitlines()) < 400


def test_a_template_value_without_a_filter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        def joinpath(self, name: str) -> Bare:
            return self

        def read_text(self, encoding: str) -> str:
            return "{{ it.says }}"

    monkeypatch.setattr("signoff.handoff.render.files", lambda package: Bare())
    with pytest.raises(TypeError, match="without a filter"):
        written(signed_off())


HARMFUL = {"link_open", "image", "html_inline", "html_block", "heading_open", "fence", "code_block", "hr", "s_open"}


def kinds(text: str) -> list[str]:
    found = []
    for block in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body(text)):
        found.append(block.type)
        found += [child.type for child in block.children or []]
    return [kind for kind in found if kind in HARMFUL]


PLAIN = kinds(written(refused()))


@settings(deadline=None)  # the first document loads the template engine
@given(st.text(max_size=60) | st.text("`\\ \n#[]()<>*_-+.!|~&1:/wW=\t\x1b\u202e", max_size=60) | st.just(HOSTILE))
def test_nothing_that_the_session_or_the_outside_says_becomes_markup(said: str) -> None:
    words = Words(said, said, said, said, (said,))
    moments = (Moment(NOW, said), Moment(NOW, said, "said"))
    text = written(refused(), words, moments=moments, changes=Changes((("a" * 40, said),), (said,)))
    assert kinds(text) == PLAIN


def test_no_secret_of_the_sessions_words_is_written() -> None:
    text = written(signed_off(), Words("I set password=hunter2\nand Authorization: Bearer ya29.AbCdEfGhIjKlMnOp"))
    assert "hunter2" not in text
    assert "ya29" not in text


def test_times_are_in_utc() -> None:
    moment = Moment(datetime.fromisoformat("2026-01-01T02:00:00+02:00"), "x")
    assert "- 2026-01-01T00:00:00Z x *(recorded)*" in written(signed_off(), moments=(moment,))


def test_the_claim_of_another_status_is_marked() -> None:
    made = refused()
    unverified = replace(made, claims=(replace(made.claims[0], status=Status.UNKNOWN),))
    assert "- [ ] claim: KeyError: 'school' is gone (it came after the deploy) **(not verified)**" in written(
        unverified
    )


def test_what_a_proven_health_rests_on_is_handed_on() -> None:
    assert "serving, healthy: web-00042-abc answered 2 requests: n = 2, 0 failed;" in written(exercised())

"""Documents on disk: written whole, never over another, read back after people edited them."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.handoff.document import Changes, Words, document
from signoff.handoff.read import HandoffError, latest, named, read
from signoff.handoff.render import render
from signoff.handoff.write import slug, write
from signoff.model.errors import SignoffError
from signoff.views.structure import as_json
from support.reports import HEAD, REPORTS, hostile, refused
from support.samples import NOW

DAY = date(2026, 1, 1)


def text(made: object = None) -> str:
    value = as_json(made or refused())  # type: ignore[arg-type]
    return render(document(Words("said"), value, (), Changes(None, None), written=NOW + timedelta(0), head=HEAD))


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_comes_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    made = REPORTS[name]()
    found = read(write(tmp_path, DAY, "x", text(made)))
    assert found.report == as_json(made)
    assert found.written == "2026-01-01T00:00:00Z"
    assert found.body.startswith("# Handoff: ")
    assert found.final is (name in {"signed-off", "nothing-to-prove"})


def test_what_somebody_wrote_into_a_document_is_outside_text(tmp_path: Path) -> None:
    path = write(tmp_path, DAY, "x", text())
    edited = path.read_text("utf-8").replace('"message": "', '"message": "password=tr0ub4dor ', 1)
    path.write_text(edited + "\npassword=tr0ub4dor \x1b[2J\u202e\n", "utf-8")
    found = read(path)
    assert "tr0ub4dor" in edited
    assert "tr0ub4dor" not in found.body + str(found.report)
    assert found.body.endswith("\npassword=[hidden] \\x1b[2J\\u202e\n")


def test_the_name_holds_the_day_and_a_few_words(tmp_path: Path) -> None:
    path = write(tmp_path / "docs" / "handoffs", DAY, "Fixed: the Mapper's «error»! " * 10, "x")
    assert path.name == "handoff-2026-01-01-fixed-the-mapper-s-error-fixed-the.md"


@given(st.text())
def test_a_slug_is_always_a_plain_file_name(title: str) -> None:
    assert slug(title)
    assert len(slug(title)) <= 40
    assert set(slug(title)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_secret_reaches_no_file_name() -> None:
    assert "hunter2" not in slug("password=hunter2")


def test_no_document_is_written_over_another_even_at_the_same_moment(tmp_path: Path) -> None:
    made: list[Path] = []
    writers = [
        threading.Thread(target=lambda number=number: made.append(write(tmp_path, DAY, "same", f"text {number}")))
        for number in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(set(made)) == 8
    assert sorted(path.read_text() for path in made) == sorted(f"text {number}" for number in range(8))
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in made}


def test_a_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("a file")
    with pytest.raises(SignoffError, match=r"can not be written.*\[handoff\] folder"):
        write(tmp_path / "docs", DAY, "x", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]


def test_an_edited_document_is_still_read(tmp_path: Path) -> None:
    path = write(tmp_path, DAY, "x", text())
    edited = path.read_text().replace("---\n\n# Handoff", "reviewer: ada\n---   \n\nA note of mine\n\n# Handoff", 1)
    path.write_bytes(b"\xef\xbb\xbf" + edited.replace("\n", "\r\n").encode())
    found = read(path)
    assert found.report == as_json(refused())
    assert found.body.startswith("A note of mine")


def test_a_hostile_report_does_not_break_its_front_matter(tmp_path: Path) -> None:
    assert read(write(tmp_path, DAY, "x", text(hostile()))).report == as_json(hostile())


BROKEN = {
    "no front matter": (lambda s: s.partition("\n---\n")[2], "no front matter"),
    "unclosed": (lambda s: s.replace("\n---\n", "\n"), "no front matter"),
    "no YAML": (lambda s: s.replace("target: production", "target: [production"), "no YAML"),
    "another format": (lambda s: s.replace("signoff: 1", "signoff: 2"), "does not say `signoff: 1`"),
    "no report": (lambda s: s.replace("report: |", "reports: |"), "no `report`"),
    "half a report": (lambda s: s.replace('"claims": ', '"claims" '), "no JSON"),
    "a changed report": (lambda s: s.replace('"verdict": "refused"', '"verdict": "fine"'), "right form at verdict"),
    "a report without a part": (lambda s: s.replace('"waivers": [], ', ""), "right form at waivers"),
    "no time": (lambda s: s.replace("written: ", "when: "), "no `written`"),
    "empty": (lambda s: "", "no front matter"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_a_clear_error(name: str, tmp_path: Path) -> None:
    change, says = BROKEN[name]
    path = tmp_path / "handoff-2026-01-01-x.md"
    path.write_text(change(text()))
    with pytest.raises(HandoffError, match=says) as raised:
        read(path)
    assert raised.value.where == str(path)
    assert "signoff handoff write" in raised.value.fix


def test_a_document_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "handoff-2026-01-01-x.md"
    path.write_bytes(b"\xff\xfe---")
    with pytest.raises(HandoffError, match="not UTF-8"):
        read(path)


def test_a_document_without_a_report_is_read(tmp_path: Path) -> None:
    made = render(document(Words(""), None, (), Changes(None, None), written=NOW, head=None))
    found = read(write(tmp_path, DAY, "", made))
    assert (found.report, found.final) == (None, False)


def test_the_latest_is_of_the_youngest_day(tmp_path: Path) -> None:
    young = write(tmp_path, date(2026, 3, 1), "b", "x")
    write(tmp_path, date(2026, 2, 28), "a", "x")
    assert latest(tmp_path) == young


def test_no_document_yet_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="no handoff yet"):
        latest(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "nothing", "/etc/passwd", ""])
def test_only_documents_of_the_folder_are_read(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    path = write(folder, DAY, "x", "x")
    (tmp_path / "secret.md").write_text("x")
    with pytest.raises(HandoffError, match="there is no handoff"):
        named(folder, name)
    assert named(folder, path.stem) == named(folder, path.name) == path

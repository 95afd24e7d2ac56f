from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.ledger.smokes import SentInLedger
from signoff.ledger.sqlite import SqliteStore
from signoff.model.arrival import Answer, Sent, Unmet
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure
from signoff.model.quoted import Quoted
from signoff.model.smoke import Smoke
from signoff.reading.walls import wall
from support.edges import WALLS
from support.samples import NOW

ORDER = Smoke("/orders", method="POST", writes=True)
URL = "https://app.example.com/orders"
REF = Ref("http", URL, NOW)
ONE, OTHER = (Sent(ORDER, URL, digit * 32, NOW, None) for digit in "12")
WALLED = Answer(302, wall=wall(URL, WALLS["IAP, a browser"][1].response))
ANSWERS = {
    "as expected": Known(Answer(201, named=Quoted("web-00002-abc")), REF),
    "otherwise": Known(Answer(404, (Unmet("status", "2xx", Quoted("404")),)), REF),
    "a wall": Known(WALLED, REF),
    "nobody": Known(Failure("refused", Quoted("no"), unsent=True), REF),
    "broken": Known(Failure("broken", Quoted("no"), unsent=False), REF),
    "unknown": Unknown("timeout", REF, Quoted("late")),
}


def kept(path: Path) -> SentInLedger:
    """As another process would open it."""
    return SentInLedger(SqliteStore(path / "ledger"))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_next_process_knows_the_request_and_its_answer(name: str, tmp_path: Path) -> None:
    answered = replace(ONE, answer=ANSWERS[name])
    assert kept(tmp_path).begin("k", ONE)
    kept(tmp_path).put("k", answered)
    assert kept(tmp_path).get("k", ORDER) == answered
    assert kept(tmp_path).get("other", ORDER) is None


def test_of_two_at_once_the_first_one_sends_and_stands(tmp_path: Path) -> None:
    assert kept(tmp_path).begin("k", ONE)
    assert not kept(tmp_path).begin("k", OTHER)
    kept(tmp_path).put("k", replace(ONE, answer=ANSWERS["as expected"]))
    assert kept(tmp_path).get("k", ORDER) == replace(ONE, answer=ANSWERS["as expected"])


@pytest.mark.parametrize(
    ("name", "again"), [("a wall", True), ("nobody", True), ("broken", False), ("otherwise", False)]
)
def test_only_what_reached_nobody_may_go_out_again(name: str, again: bool, tmp_path: Path) -> None:
    kept(tmp_path).begin("k", ONE)
    kept(tmp_path).put("k", replace(ONE, answer=ANSWERS[name]))
    assert kept(tmp_path).begin("k", OTHER) == again


def test_one_whose_answer_was_never_written_down_stands(tmp_path: Path) -> None:
    kept(tmp_path).begin("k", ONE)
    assert not kept(tmp_path).begin("k", OTHER)
    assert kept(tmp_path).get("k", ORDER) == ONE

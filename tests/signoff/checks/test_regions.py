"""Several regions, or requests, of one workload are as good as the worst of them."""

from __future__ import annotations

from signoff.checks.regions import everywhere
from signoff.model.facts import Ref, Unknown
from signoff.model.judgement import unknown
from signoff.model.quoted import Quoted
from signoff.model.text import text
from signoff.model.unanswered import not_told
from support.samples import NOW

LOST = Unknown("denied", Ref("logging", "projects/demo", NOW), Quoted("no"))


def test_of_what_is_unknown_that_is_told_which_nobody_answered() -> None:
    unseen, lost = unknown(text("it answered no request")), not_told(LOST)
    assert everywhere([unseen, lost]).unanswered == everywhere([lost, unseen]).unanswered == LOST
    assert everywhere([unseen, unseen]).unanswered is None

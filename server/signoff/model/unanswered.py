"""The sentence, and the judgement, for what could not be found out."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.model.facts import Unknown, Why
from signoff.model.judgement import Judgement, unknown
from signoff.model.text import Text, text

_WORDS: Mapping[Why, str] = {
    "denied": "reading it was denied",
    "expired": "the login is not accepted",
    "timeout": "it did not answer in time",
    "unreachable": "it could not be reached",
    "throttled": "it refused for too many requests",
    "malformed": "its answer could not be read",
    "incomplete": "its answer was not whole",
}


def unanswered(fact: Unknown) -> Text:
    """What was asked, why it is not known, and what the other side said."""
    place = text("{} {}: ", fact.ref.system, fact.ref.resource)
    return text("{}{} ({})", place, _WORDS[fact.why], fact.detail)


def not_told(fact: Unknown) -> Judgement:
    """Unknown, because this did not answer."""
    return unknown(unanswered(fact), unanswered=fact)

"""Sentences about lineages that several checks share."""

from __future__ import annotations

from signoff.model.images import short
from signoff.model.lineage import Content, Lineage
from signoff.model.text import Text, text


def missing_says(content: Content) -> Text:
    """How many commits are missing, whose they are, and since when."""
    missing = content.missing
    if missing is None or not missing.count:
        return text("what {} has", files_says(content))
    count = text("{}{} {}", "" if missing.exact else "at least ", missing.count, _commits(missing.count))
    since = text(", the oldest of {}", missing.oldest.isoformat(timespec="minutes")) if missing.oldest else text("")
    authors = text("")
    for number, author in enumerate(missing.authors[:3]):
        authors = text("{}{}{}", authors, ", " if number else " by ", author)
    return text("{}{}{}", count, authors, since)


def _commits(count: int) -> str:
    return "commit" if count == 1 else "commits"


def files_says(content: Content) -> Text:
    """Some of the files that differ, and how many more."""
    files = text("")
    for number, file in enumerate(content.files):
        files = text("{}{}{}", files, ", " if number else "", file)
    more = content.differing - len(content.files)
    return text("{} and {} more files", files, more) if more > 0 else files


def named(lineage: Lineage) -> Text:
    """The build that made it, else the image."""
    return text("build {}", lineage.build.id[:8]) if lineage.build else text("image {}", short(lineage.digest))


def made_from(lineage: Lineage) -> Text:
    """One sentence: what it was built from, and who says so."""
    if lineage.how == "kept":
        return text("{} was built from {}, as a kept proof says", short(lineage.digest), str(lineage.commit)[:7])
    verb = "was said to be made from" if lineage.strength == "stated" else "was made from"
    index = text(" as part of index {}", short(lineage.index)) if lineage.index else text("")
    made = text(" ({}{})", short(lineage.digest), index)
    return text("{}{} {} {}", named(lineage), made, verb, str(lineage.commit)[:7])

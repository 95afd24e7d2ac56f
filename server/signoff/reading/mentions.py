"""Where code mentions an object of the database: what it never names, it does not need.

By text, of every kind of object and in every language, so that a difference which code could notice is never passed
over; what code asks for in a statement, with its table, `sql_needs` reads, and that has to be there at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from signoff.model.finding import Location

_WORD = re.compile(r"[A-Za-z0-9]+")


class Mentions:
    """The text of a workload's code. `files`: by path; None: it could not be read, so that everything counts."""

    def __init__(self, files: Mapping[str, bytes] | None) -> None:
        self._files = files
        self._found: dict[str, Mapping[str, int]] = {}

    @cached_property
    def _lowered(self) -> Mapping[str, bytes]:
        return {path: data.lower() for path, data in (self._files or {}).items()}

    def mentions(self, names: Sequence[str]) -> bool:
        """Whether each of the names stands somewhere in the code, in any spelling that mappers of objects use."""
        return self._files is None or all(self._places(name) for name in names)

    def place(self, names: Sequence[str]) -> Location | None:
        """Where the last of the names stands, best in a file that has all of them."""
        if self._files is None or not names:
            return None
        places = [self._places(name) for name in names]
        if not all(places):
            return None
        path = next((path for path in places[-1] if all(path in other for other in places)), next(iter(places[-1])))
        return Location(path, places[-1][path])

    def _places(self, name: str) -> Mapping[str, int]:
        """Path to the first line, for each file that has the name."""
        if name not in self._found:
            spelled, classes = _encoded(spellings(name)), _encoded(class_names(name))
            of_class = rb"|(?:class|model)\s+(?:" + _either(classes) + rb")" if classes else b""
            pattern = re.compile(rb"(?<![a-z0-9_])(?:" + _either(spelled) + of_class + rb")(?![a-z0-9_])")
            found = {}
            for path, data in self._lowered.items():
                # looking for the bytes first is what makes it fast
                if any(one in data for one in (*spelled, *classes)) and (hit := pattern.search(data)):
                    found[path] = data.count(b"\n", 0, hit.start()) + 1
            self._found[name] = found
        return self._found[name]


def spellings(name: str) -> frozenset[str]:
    """`news_reports` in lower case: also `newsReports` and `NewsReport`."""
    words = _WORD.findall(name.lower())
    joined = "".join(words)
    return frozenset(one for one in {name.lower(), joined, _singular(joined), _singular("_".join(words))} if one)


def class_names(name: str) -> frozenset[str]:
    """`news_reports` as the class `Report` of an application `news`, which Django calls so."""
    words = _WORD.findall(name.lower())[1:]
    joined = "".join(words)
    return frozenset({joined, _singular(joined)} - {""})


def _encoded(names: frozenset[str]) -> tuple[bytes, ...]:
    return tuple(one.encode("utf-8", "surrogatepass") for one in sorted(names))


def _either(names: tuple[bytes, ...]) -> bytes:
    return b"|".join(map(re.escape, names))


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word

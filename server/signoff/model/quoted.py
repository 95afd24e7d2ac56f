"""Text that came from outside: data to be shown, never words of our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False, order=True)
class Quoted:
    """A log line, body, commit message, branch name or error text of another system.

    It is deliberately no `str`: it can not be formatted, joined or compared with our own words by accident.
    `signoff.safety.release` alone reads `outside` to show it (redacted, escaped and bounded for one output format),
    and parsers in `reading/` to make facts of it; judges may sort it, and compare it through `same_as` and `contains`.
    """

    outside: str

    @classmethod
    def of(cls, raw: bytes) -> Quoted:
        """Outside bytes of unknown encoding; what is not UTF-8 stays visible as escapes."""
        return cls(raw.decode("utf-8", "backslashreplace"))

    def same_as(self, text: str) -> bool:
        return self.outside == text

    def contains(self, text: str) -> bool:
        return text in self.outside

    def __repr__(self) -> str:
        return f"Quoted({len(self.outside)} characters)"

    def __format__(self, spec: str) -> str:
        raise TypeError("outside text can not be formatted into a string: pass it to text(...) as a value")

    def __str__(self) -> str:
        raise TypeError("outside text is not a str: views and the ledger release it")

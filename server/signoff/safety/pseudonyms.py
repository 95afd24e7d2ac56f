"""Made-up names for real ones: the same real name always gets the same, so that references between resources still fit.

They are numbered in the order of their first appearance and tell nothing of what they stand for. Addresses are those
that RFC 2606, RFC 5737 and RFC 3849 keep for examples.
"""

from __future__ import annotations

from collections import Counter

_FORMS = {
    "project number": "10000000{:04d}",
    "user": "user-{}@example.com",
    "host": "host-{}.example",
    "ipv6 address": "2001:db8::{:x}",
    "repository address": "https://host.example/repository-{}.git",
}
_TESTING = ("192.0.2", "198.51.100", "203.0.113")


class Pseudonyms:
    """Of one recording. Names are told apart without their case; `-` and `_` are the same."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}
        self._count: Counter[str] = Counter()

    def of(self, kind: str, real: str) -> str:
        """The pseudonym of a real name. A kind is a word that the pseudonym says: `service` makes `service-1`."""
        key = (kind, real if kind == "value" else folded(real))
        if key not in self._made:
            self._count[kind] += 1
            self._made[key] = _formed(kind, self._count[kind])
        return self._made[key]

    def made(self) -> frozenset[str]:
        return frozenset(self._made.values())


def folded(name: str) -> str:
    return name.lower().replace("_", "-")


def _formed(kind: str, number: int) -> str:
    if kind == "ipv4 address":
        return f"{_TESTING[number // 254 % len(_TESTING)]}.{number % 254 + 1}"
    if kind in _FORMS:
        return _FORMS[kind].format(number)
    return f"{kind.replace(' ', '-')}-{number}"

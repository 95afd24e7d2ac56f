"""Whether a share rose: Fisher's exact test of the new against the old, and what few observations can not show.

One-sided, since only a rise is an alarm. https://en.wikipedia.org/wiki/Fisher%27s_exact_test
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma

SIGNIFICANT = 0.01
"""Below it a rise counts: at n = 50 about one look in five hundred then alarms without a cause."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n`; ValueError where that can not be."""

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no rate")

    @property
    def unseen(self) -> float:
        """What never happened in n may still happen this often, with 95 % certainty (rule of three); 1 for few."""
        return min(1.0, 3 / self.n) if self.n else 1.0


def chance_of_rise(new: Rate, old: Rate) -> float:
    """How likely at least `new.hits` of all hits fall to the new by chance alone (p), between 0 and 1.

    1 where there is nothing to compare: no observation on one side, or no hit.
    """
    hits, n = new.hits + old.hits, new.n + old.n
    if not hits or not new.n or not old.n:
        return 1.0
    most = min(hits, new.n)
    whole = _log_choose(n, hits)
    terms = (
        _log_choose(new.n, k) + _log_choose(old.n, hits - k) - whole
        for k in range(max(new.hits, hits - old.n), most + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


def rose(new: Rate, old: Rate) -> bool:
    """Whether the rise is significant."""
    return chance_of_rise(new, old) < SIGNIFICANT


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

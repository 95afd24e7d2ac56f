from __future__ import annotations

from fractions import Fraction
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks.rates import Rate, chance_of_rise, rose

rates = st.integers(0, 80).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))


def exact(new: Rate, old: Rate) -> Fraction:
    """The hypergeometric tail in whole numbers."""
    hits = new.hits + old.hits
    whole = comb(new.n + old.n, hits)
    ways = sum(comb(new.n, k) * comb(old.n, hits - k) for k in range(new.hits, min(hits, new.n) + 1))
    return Fraction(ways, whole)


@given(rates, rates)
def test_it_is_the_exact_test(new: Rate, old: Rate) -> None:
    assert isclose(chance_of_rise(new, old), exact(new, old), rel_tol=1e-9, abs_tol=1e-12)


@given(rates)
def test_without_anything_to_compare_nothing_rose(rate: Rate) -> None:
    nothing = Rate(0, 0)
    assert chance_of_rise(rate, nothing) == chance_of_rise(nothing, rate) == 1
    assert not rose(rate, nothing)


@given(rates, rates)
def test_a_share_that_did_not_rise_is_no_alarm(new: Rate, old: Rate) -> None:
    if new.n and old.n and new.hits * old.n <= old.hits * new.n:
        assert not rose(new, old)


@given(rates, rates)
def test_one_more_hit_makes_a_rise_no_less_certain(new: Rate, old: Rate) -> None:
    if new.hits < new.n:
        assert chance_of_rise(Rate(new.hits + 1, new.n), old) <= chance_of_rise(new, old) + 1e-9


def test_false_alarms_at_fifty_stay_below_one_in_a_hundred_whatever_the_share() -> None:
    for share in (Fraction(1, 50), Fraction(1, 10), Fraction(1, 2)):
        chances = [comb(50, k) * share**k * (1 - share) ** (50 - k) for k in range(51)]
        alarms = sum(
            float(chances[new] * chances[old])
            for new in range(51)
            for old in range(new)
            if rose(Rate(new, 50), Rate(old, 50))
        )
        assert alarms < 0.01


@pytest.mark.parametrize(("n", "unseen"), [(0, 1.0), (1, 1.0), (3, 1.0), (300, 0.01)])
def test_what_was_never_seen_in_n_may_still_happen_in_three_of_n(n: int, unseen: float) -> None:
    assert Rate(0, n).unseen == unseen


def test_thousands_of_requests_are_no_trouble() -> None:
    assert rose(Rate(30, 20_000), Rate(2, 20_000))
    assert not rose(Rate(5, 20_000), Rate(3, 20_000))


def test_more_hits_than_observations_are_refused() -> None:
    with pytest.raises(ValueError, match="no rate"):
        Rate(2, 1)

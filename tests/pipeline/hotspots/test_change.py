"""Exact tests for change, and what is left of many: known answers, laws, and no more false alarms than they say."""

from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotspots import ALPHA, adjusted, rate_change, share_change

COUNTS = st.integers(0, 60)


@pytest.mark.parametrize(
    ("now", "before", "weeks", "expected"),
    [
        (12, 20, 4, 0.033432571661346264),
        (0, 20, 4, 0.02305843009213694),
        (5, 20, 4, 1.0),
        (3, 0, 1, 0.25),
        (9, 4, 1, 0.266845703125),
        (500, 1600, 4, 2.1559579577487695e-05),
        (0, 0, 4, 1.0),
    ],
)
def test_a_rate_is_tested_as_the_binomial_says(now: int, before: int, weeks: float, expected: float) -> None:
    """Known answers: twice the smaller tail of scipy's `binom`, which is not a dependency here."""
    assert rate_change(now, before, weeks).p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ((8, 10), (20, 100), 0.0004649063961327867),
        ((0, 10), (20, 100), 0.24396306055976216),
        ((2, 10), (20, 100), 1.0),
        ((3, 3), (0, 3), 0.1),
        ((40, 200), (100, 1000), 0.00023205884586469854),
        ((0, 0), (5, 9), 1.0),
    ],
)
def test_a_share_is_tested_as_fisher_says(now: tuple[int, int], before: tuple[int, int], expected: float) -> None:
    """Known answers: twice the smaller tail of scipy's `hypergeom`."""
    assert share_change(*now, *before).p_value == pytest.approx(expected, rel=1e-9)


@given(COUNTS, COUNTS, st.integers(1, 4))
def test_a_rates_tails_are_the_sums_that_they_stand_for(now: int, before: int, weeks: int) -> None:
    """Held against whole numbers: both tails of the binomial, summed in full."""
    total = now + before
    ways = [comb(total, k) * weeks ** (total - k) for k in range(total + 1)]
    tail = min(sum(ways[: now + 1]), sum(ways[now:])) / (1 + weeks) ** total
    found = rate_change(now, before, weeks)
    assert found.p_value == pytest.approx(min(1.0, 2 * tail), rel=1e-9)
    assert found.p_value >= found.attainable * (1 - 1e-9)
    assert found.direction == (now * weeks > before) - (now * weeks < before)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_shares_tails_are_the_sums_that_they_stand_for(now: int, rest: int, before: int, other: int) -> None:
    """The same for the hypergeometric."""
    total, mine, theirs = now + before, now + rest, before + other
    ways = {k: comb(mine, k) * comb(theirs, total - k) for k in range(max(0, total - theirs), min(total, mine) + 1)}
    low, high = sum(n for k, n in ways.items() if k <= now), sum(n for k, n in ways.items() if k >= now)
    found = share_change(now, mine, before, theirs)
    assert found.p_value == pytest.approx(min(1.0, 2 * min(low, high) / sum(ways.values())), rel=1e-9)
    assert found.p_value >= found.attainable * (1 - 1e-9)


@pytest.mark.parametrize("wrong", [(-1, 0, 4), (0, -1, 4), (1, 1, 0)])
def test_a_rate_of_nonsense_is_refused(wrong: tuple[int, int, float]) -> None:
    """There is no less than nothing, and no change against no time."""
    with pytest.raises(ValueError, match="there is a time before"):
        rate_change(*wrong)


def test_a_share_of_fewer_than_itself_is_refused() -> None:
    """Three of two is a mistake of the caller's."""
    with pytest.raises(ValueError, match="of at least as many"):
        share_change(3, 2, 0, 5)


def test_many_tests_are_adjusted_as_benjamini_and_hochberg_say() -> None:
    """A known answer, which scipy's `false_discovery_control` gives too."""
    assert adjusted([0.01, 0.04, 0.03, 0.005, 0.5]) == pytest.approx([0.025, 0.05, 0.05, 0.025, 0.5])
    assert adjusted([]) == []


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms(use_true_random=False))
def test_adjusting_keeps_the_order_and_does_not_depend_on_it(p_values: list[float], dice: Random) -> None:
    """No q-value is below its p-value or above 1; a smaller p never has a larger q; shuffled, each keeps its own."""
    found = adjusted(p_values)
    pairs = sorted(zip(p_values, found, strict=True))
    assert all(p <= q <= 1 for p, q in pairs)
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)
    places = list(range(len(p_values)))
    dice.shuffle(places)
    assert adjusted([p_values[i] for i in places]) == [found[i] for i in places]


@pytest.mark.parametrize("expected", [0.5, 3, 20], ids=["rare", "some", "many"])
def test_where_nothing_changed_a_rate_is_wrong_no_more_often_than_it_says(expected: float) -> None:
    """4,000 pairs of counts of one rate: at most 5 of 100 p-values are at or under 0.05, and a seed's luck more."""
    dice, runs = Random(7), 4_000  # noqa: S311 -- repeatable
    false = sum(
        rate_change(poisson(dice, expected), sum(poisson(dice, expected) for _ in range(4)), 4).p_value <= ALPHA
        for _ in range(runs)
    )
    assert false <= ALPHA * runs + 3 * (ALPHA * runs) ** 0.5


@pytest.mark.parametrize("share", [0.02, 0.3], ids=["rare", "common"])
def test_where_nothing_changed_a_share_is_wrong_no_more_often_than_it_says(share: float) -> None:
    """4,000 pairs of shares of one chance, of few now and more before."""
    dice, runs = Random(11), 4_000  # noqa: S311 -- repeatable
    false = 0
    for _ in range(runs):
        now, before = (sum(dice.random() < share for _ in range(of)) for of in (25, 100))
        false += share_change(now, 25, before, 100).p_value <= ALPHA
    assert false <= ALPHA * runs + 3 * (ALPHA * runs) ** 0.5


def poisson(dice: Random, expected: float) -> int:
    """Return how many fall into one stretch, one after another."""
    count, at = 0, dice.expovariate(expected)
    while at < 1:
        count, at = count + 1, at + dice.expovariate(expected)
    return count

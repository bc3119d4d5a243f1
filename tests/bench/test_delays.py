"""Percentiles are delays that were measured, and nothing that was never told is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.delays import NeverTold, Told, percentile, summary, told

delays = st.lists(st.integers(0, 100_000), min_size=1, max_size=300)


@given(delays, st.sampled_from((0.5, 0.99, 0.999)))
def test_a_percentile_is_the_smallest_delay_that_so_many_are_not_above(found: list[int], share: float) -> None:
    """It was measured, enough are at most it, and no smaller one would do."""
    at = percentile(found, share)
    assert at in found
    assert sum(each <= at for each in found) >= share * len(found)
    assert sum(each < at for each in found) < share * len(found)


@pytest.mark.parametrize(("share", "is_at"), [(0.98, 98), (0.99, 99), (0.991, 100)])
def test_of_a_hundred_delays_the_percentile_is_the_so_manieth(share: float, is_at: int) -> None:
    """Just within, exactly at, just beyond."""
    assert percentile(range(100, 0, -1), share) == is_at


def test_no_delays_have_no_percentile() -> None:
    """A zero would read as the best of results."""
    with pytest.raises(ValueError, match="no delays"):
        percentile([], 0.5)


def test_what_counts_is_the_first_alert_of_each_event_in_the_order_of_arrival() -> None:
    """Revisions come later; alerts of others are nobody's here."""
    arrived = {b"late": 20, b"early": 10}
    alerts = [(b"early", 40), (b"early", 15), (b"late", 22), (b"stranger", 11)]
    assert told(arrived, alerts) == [Told(10, 5), Told(20, 2)]


def test_an_event_that_was_never_told_is_an_error() -> None:
    """Left out, the slowest would make the numbers better."""
    with pytest.raises(NeverTold, match="1 of 2"):
        told({b"one": 1, b"other": 1}, [(b"one", 2)])


def test_a_summary_says_how_many_it_is_of() -> None:
    """A p99.9 of few is their slowest."""
    assert summary([3, 1, 2]) == {"alerts": 3, "p50": 2, "p99": 3, "p99.9": 3}

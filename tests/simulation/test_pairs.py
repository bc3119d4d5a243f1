"""Precision and recall on pairs, by hand and by counting every pair."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.pairs import Agreement, agreement, among

sortings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20)


def test_a_case_by_hand() -> None:
    """Una wrote a, b and c, Zeno d and e; c was taken for Zeno's: two of four pairs are right, two of four found."""
    truth = {"a": "una", "b": "una", "c": "una", "d": "zeno", "e": "zeno"}
    found = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2}
    compared = agreement(truth, found)
    assert compared == Agreement(wanted=4, found=4, both=2)
    assert (compared.precision, compared.recall) == (0.5, 0.5)


def test_joining_too_much_costs_precision_and_too_little_recall() -> None:
    """All in one: one pair of three is right, and it is all there is. All apart: nothing is found."""
    truth = {"a": "una", "b": "una", "c": "zeno"}
    joined = agreement(truth, dict.fromkeys(truth, 1))
    assert (joined.precision, joined.recall) == (1 / 3, 1.0)
    apart = agreement(truth, {"a": 1, "b": 2, "c": 3})
    assert (apart.precision, apart.recall) == (None, 0.0)


@given(sortings)
def test_it_counts_what_comparing_every_pair_counts(places: list[tuple[int, int]]) -> None:
    """The short way and the long way agree."""
    truth = {str(n): one for n, (one, _) in enumerate(places)}
    found = {str(n): other for n, (_, other) in enumerate(places)}
    pairs = list(combinations(truth, 2))
    wanted = {(a, b) for a, b in pairs if truth[a] == truth[b]}
    seen = {(a, b) for a, b in pairs if found[a] == found[b]}
    assert agreement(truth, found) == Agreement(len(wanted), len(seen), len(wanted & seen))


@given(sortings)
def test_precision_is_recall_the_other_way_round(places: list[tuple[int, int]]) -> None:
    """Who swaps truth and finding swaps the two numbers; with itself a sorting agrees."""
    truth = {str(n): one for n, (one, _) in enumerate(places)}
    found = {str(n): other for n, (_, other) in enumerate(places)}
    there, back = agreement(truth, found), agreement(found, truth)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert agreement(truth, truth).precision in {1.0, None}


def test_two_sortings_are_of_the_same_events() -> None:
    """An event that only one of them has is a mistake, not a missed pair."""
    with pytest.raises(ValueError, match="1 events"):
        agreement({"a": 1, "b": 1}, {"a": 1})
    assert among(["a"], {"a": 1, "b": 1}) == {"a": 1}

"""Values in words."""

from datetime import timedelta

import pytest

from pipeline.words import duration, number


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 day"),
        (90_000, "1 day 1 h"),
        (2 * 86_400 + 3 * 3600, "2 days 3 h"),
        (31 * 86_400, "31 days"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    """Just under a unit, at it, and over it; what is less than the second unit is left out."""
    assert duration(timedelta(seconds=seconds)) == words


def test_a_duration_just_under_a_minute_is_not_sixty_seconds() -> None:
    """Parts of a second are cut, so that no unit is ever said that the next one up would say."""
    assert duration(timedelta(seconds=59.9)) == "59 s"


@pytest.mark.parametrize(
    ("value", "words"), [(3.0, "3"), (2.5, "2.5"), (0.0, "0"), (-1.0, "-1"), (10.0, "10"), (3.3333, "3.3333")]
)
def test_a_number_is_said_without_a_needless_fraction(value: float, words: str) -> None:
    """Whole numbers have no decimals, others have theirs."""
    assert number(value) == words

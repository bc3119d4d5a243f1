"""Amounts are read as people write them, and said so that they can be read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.amounts import parse_duration, parse_size, say_duration, say_size


@given(st.integers(min_value=1, max_value=10**8))
def test_a_duration_is_read_back_as_it_was_said(milliseconds: int) -> None:
    """Saying and reading a duration changes nothing, to the millisecond."""
    duration = timedelta(milliseconds=milliseconds)

    assert parse_duration(say_duration(duration)) == duration


@given(st.integers(min_value=1, max_value=10**8))
def test_a_size_is_read_back_as_it_was_said(size: int) -> None:
    """Saying and reading a size changes nothing, to the byte."""
    assert parse_size(say_size(size)) == size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 days", timedelta(days=30)),
        ("1 day", timedelta(days=1)),
        ("12h", timedelta(hours=12)),
        ("1.5 min", timedelta(seconds=90)),
        (" 10 s ", timedelta(seconds=10)),
        ("250 ms", timedelta(milliseconds=250)),
    ],
)
def test_durations_have_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    """Spaces do not matter, singular and plural are the same."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "days",
        "-1 s",
        "1 fortnight",
        "1 s 2",
        "1e3 s",
        "nan s",
        "٣ s",
        "999999999999 days",
        "1 MiB",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A bare number, another unit, a sign or another script's digits are no duration."""
    with pytest.raises(ValueError, match=r"unit|amount"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "8", "8 MB", "8 mib", "-8 MiB", "8 days"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """Only bytes and their binary multiples are sizes: 8 MB would leave one guessing."""
    with pytest.raises(ValueError, match=r"unit|amount"):
        parse_size(text)

"""Times said in words: each form, its boundary, and what is too vague to be one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.moments import LONGEST, moment

LONDON = ZoneInfo("Europe/London")
SAID = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)
"""A Wednesday in winter: London's clock says 14:30 too."""


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("within 24 hours", "2026-03-05 14:30"),
        ("within 24-48 hours", "2026-03-06 14:30"),
        ("in half an hour", "2026-03-04 15:00"),
        ("within the hour", "2026-03-04 15:30"),
        ("in a couple of hours", "2026-03-04 16:30"),
        ("in a day or two", "2026-03-07 00:00"),
        ("within three days", "2026-03-08 00:00"),
        ("in 3 to 5 working days", "2026-03-12 00:00"),
        ("within 2 weeks", "2026-03-19 00:00"),
        ("by 5 pm", "2026-03-04 17:00"),
        ("by 5pm today", "2026-03-04 17:00"),
        ("by 5", "2026-03-04 17:00"),
        ("by 2", "2026-03-05 14:00"),
        ("at 9", "2026-03-04 21:00"),
        ("no later than 4.30 pm", "2026-03-04 16:30"),
        ("by 17:00", "2026-03-04 17:00"),
        ("by noon", "2026-03-05 12:00"),
        ("at 10 in the morning", "2026-03-05 10:00"),
        ("today", "2026-03-05 00:00"),
        ("by the end of the day", "2026-03-05 00:00"),
        ("by the end of the day tomorrow", "2026-03-06 00:00"),
        ("tomorrow", "2026-03-06 00:00"),
        ("tomorrow morning", "2026-03-05 12:00"),
        ("tomorrow by 5 pm", "2026-03-05 17:00"),
        ("by 10am tomorrow", "2026-03-05 10:00"),
        ("tonight at 9", "2026-03-04 21:00"),
        ("by friday", "2026-03-07 00:00"),
        ("before friday", "2026-03-06 00:00"),
        ("by friday at 4", "2026-03-06 16:00"),
        ("on monday morning", "2026-03-09 12:00"),
        ("on wednesday", "2026-03-12 00:00"),
        ("by next friday", "2026-03-14 00:00"),
        ("by the end of the week", "2026-03-07 00:00"),
        ("next week", "2026-03-14 00:00"),
        ("by 24 march", "2026-03-25 00:00"),
        ("by march 9th", "2026-03-10 00:00"),
    ],
)
def test_each_form_of_a_time_is_read_as_its_latest_reading(words: str, due: str) -> None:
    """A moment that has passed has passed whichever way it was meant."""
    assert moment(words, SAID, LONDON) == datetime.fromisoformat(f"{due}+00:00")


@pytest.mark.parametrize(
    "words",
    [
        "soon", "in a few days", "in some hours", "within 4 working hours", "24 hours ago", "by 25:00", "by 99",
        "at 3 items", "by 5 minutes", "by the 30th of feb", "by 14 today", "within 91 days", "at 13 pm", "",
    ],
)  # fmt: skip
def test_what_is_vague_past_or_impossible_is_no_time(words: str) -> None:
    """A promise that nobody can hold against a clock is not held against one."""
    assert moment(words, SAID, LONDON) is None


@pytest.mark.parametrize(("words", "due"), [("within 90 hours", 90), ("in 1 hour", 1)])
def test_hours_are_counted_on(words: str, due: int) -> None:
    """Hours are exact, whatever the clock does meanwhile."""
    assert moment(words, SAID, LONDON) == SAID + timedelta(hours=due)


def test_the_business_time_zone_says_what_five_is() -> None:
    """5 pm in New York is not 5 pm in London."""
    assert moment("by 5 pm", SAID, ZoneInfo("America/New_York")) == datetime(2026, 3, 4, 22, tzinfo=UTC)


def test_a_clock_change_in_between_moves_the_wall_and_not_the_hours() -> None:
    """London's clocks go forward on 29 March 2026: 5 pm is 16:00 UTC, and 24 hours are 24 hours."""
    before = datetime(2026, 3, 28, 14, 30, tzinfo=UTC)
    assert moment("tomorrow by 5 pm", before, LONDON) == datetime(2026, 3, 29, 16, tzinfo=UTC)
    assert moment("within 24 hours", before, LONDON) == before + timedelta(hours=24)


_SCRAPS = (
    *("by", "at", "in", "within", "next", "the", "end of", "day", "5", "99", "12:30", "3pm", "hours", "working days"),
    *("weeks", "tomorrow", "friday", "morning", "tonight", "to", "or two", "31", "feb", "before", "half an"),
)


@given(
    st.lists(st.sampled_from(_SCRAPS), max_size=8).map(" ".join),
    st.integers(0, 3_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
)
def test_whatever_is_said_a_time_lies_ahead_and_not_too_far(words: str, said: datetime) -> None:
    """No words make a moment in the past, or one that lies longer ahead than a promise is believed."""
    due = moment(words, said, LONDON)
    assert due is None or said < due <= said + LONGEST

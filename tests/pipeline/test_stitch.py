"""One timeline per customer, whatever the order, however often."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stitch import event_key, place, stitched
from pipeline.touchpoint import Entry, Origin
from tests.pipeline.touchpoints import at, entry, retold, worlds

TOLD = worlds().flatmap(retold)
"""Worlds in which some events are told again as something else."""


@given(TOLD)
def test_a_timeline_has_each_event_once_in_order(heard: list[Entry]) -> None:
    """No event is missing, none is there twice, and places only rise."""
    timeline = stitched(heard)
    assert {event_key(e) for e in timeline} == {event_key(e) for e in heard}
    assert len({event_key(e) for e in timeline}) == len(timeline)
    assert [place(e) for e in timeline] == sorted(place(e) for e in timeline)


@given(TOLD)
def test_stitching_what_is_stitched_changes_nothing(heard: list[Entry]) -> None:
    """A timeline is its own timeline, and hearing all of it again adds nothing."""
    timeline = stitched(heard)
    assert stitched(timeline) == timeline
    assert stitched([*timeline, *heard]) == timeline


@given(TOLD.flatmap(lambda heard: st.tuples(st.just(heard), st.permutations(heard))))
def test_the_order_of_arrival_does_not_matter(heard: tuple[list[Entry], list[Entry]]) -> None:
    """Any order of the same touchpoints is the same timeline, retellings included."""
    one, other = heard
    assert stitched(one) == stitched(other)


def test_told_again_with_another_time_the_latest_counts() -> None:
    """A clock that was put right moves the event, in either order of arrival."""
    first, second = entry("e", at()), entry("e", at(minutes=1))
    assert stitched((first, second)) == stitched((second, first)) == (second,)


def test_told_again_the_same_it_stands_where_it_was_heard_first() -> None:
    """A duplicate at another place in the log changes neither the timeline nor its evidence."""
    first = entry("e", at(), origin=Origin("voc.raw.chat", 0, 5))
    again = replace(first, origin=Origin("voc.raw.chat", 0, 9))
    assert stitched((first, again)) == stitched((again, first)) == (first,)


def test_equal_times_have_one_order() -> None:
    """Three events of one moment come out alike from all six orders."""
    events = [entry(name, at()) for name in "abc"]
    assert {stitched(order) for order in permutations(events)} == {tuple(events)}


def test_two_sources_may_use_the_same_id() -> None:
    """An event is its source and its id, not its id alone."""
    chat, phone = entry("e", at()), entry("e", at(), source="phone")
    assert stitched((chat, phone)) == (chat, phone)


def test_times_of_two_zones_are_compared_as_moments() -> None:
    """Half past two happens twice when the clocks go back; the moments tell which was first."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    before = entry("b", at().replace(month=10, day=25, hour=2, minute=40, tzinfo=summer))
    after = entry("a", at().replace(month=10, day=25, hour=2, minute=20, tzinfo=winter))
    assert stitched((after, before)) == (before, after)
    assert stitched((replace(before, occurred_at=before.occurred_at.astimezone(UTC)), after))[0].event_id == "b"

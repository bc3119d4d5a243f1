"""One timeline per customer, whatever the order, however often."""

from dataclasses import fields, replace
from datetime import UTC, timedelta, timezone
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stitch import contents, event_key, place, stitched
from pipeline.touchpoint import Entry, Handling, Identifier, Mood, Origin, Score, Told
from tests.pipeline.touchpoints import at, call, entry, retold, worlds

TOLD = worlds().flatmap(retold)
"""Worlds in which some events are told again as something else."""

APART = {"customer_id", "named_by", "origin", "epoch", "answers"}
"""What is not said by the event, but found out about it."""

SOMEBODY = Identifier("email", "bob@example.com")
OTHERWISE: dict[str, Any] = {
    "channel": "another",
    "kind": "another",
    "ended_at": at(99),
    "customer_id": "customer-bob",
    "account_id": "A-77",
    "named_by": SOMEBODY,
    "actor": "company",
    "direction": "outbound",
    "keys": ("chat:another",),
    "item": "another",
    "revision": 99,
    "mood": Mood(0.1, 0.2, 9, truncated=True),
    "topics": ("another",),
    "score": Score("csat", 3, 1, 9),
    "handling": Handling(wait_seconds=1, hold_seconds=2, transfers=3, agents=("AG-9",), queue="q", outcome="answered"),
    "asks_human": True,
    "company_negations": 9,
    "excerpt": "another",
    "origin": Origin("another", 9, 9),
    "identifiers": (SOMEBODY,),
    "epoch": 9,
    "answers": (Told(SOMEBODY, "customer-bob", SOMEBODY, None, 9),),
}
"""A value of each field that no world has; one that came later is counted by itself."""


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


@given(worlds(), st.data())
def test_every_field_that_an_event_says_is_in_its_contents(world: list[Entry], data: st.DataObject) -> None:
    """Another value in any field is other contents; where it was heard, and whose it is, are not."""
    one = data.draw(st.sampled_from(world))
    said = {field.name for field in fields(Entry)} - {"event_id", "source", "occurred_at"}
    for name in sorted(said & OTHERWISE.keys()):
        other = replace(one, **{name: OTHERWISE[name]})
        assert (contents(other) == contents(one)) == (name in APART or OTHERWISE[name] == getattr(one, name)), name


def test_whole_numbers_and_the_wires_numbers_are_one_telling() -> None:
    """A score of 5 comes back from the wire as 5.0, and a wait of 90 seconds as 90.0."""
    whole = call("1", at(), score=Score("csat", 5, 1, 5), handling=Handling(wait_seconds=90))
    wire = call("1", at(), score=Score("csat", 5.0, 1.0, 5.0), handling=Handling(wait_seconds=90.0))
    assert contents(whole) == contents(wire)

"""A customer's timeline as others read it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from pipeline.advance import advance, picture
from pipeline.policy import Policy, TimelinePolicy
from pipeline.touchpoint import Entry
from tests.pipeline import slowly
from tests.pipeline.touchpoints import POLICY, UNHAPPY, at, call, chat, survey, worlds


def timeline_of(*heard: Entry, policy: Policy = POLICY) -> Mapping[str, Any]:
    """Return the timeline record after hearing all of it at once."""
    return advance(picture((), policy), {}, heard, policy).timeline


@given(worlds())
def test_a_timeline_is_a_function_of_what_was_heard(world: list[Entry]) -> None:
    """Heard forwards or backwards, it reads the same."""
    assert timeline_of(*world) == timeline_of(*reversed(world))


@given(worlds())
def test_counts_are_of_what_is_listed(world: list[Entry]) -> None:
    """As long as nothing is cut, the lists say as many as the counts, in order."""
    told = timeline_of(*world)
    assert told["touchpoint_count"] == len(told["touchpoints"]) == told["version"] == len(world)
    times = [one["occurred_at"] for one in told["touchpoints"]]
    assert (times, times[0], times[-1]) == (sorted(times), told["first_at"], told["last_at"])
    assert {one["contact_id"] for one in told["touchpoints"]} == {one["contact_id"] for one in told["contacts"]}
    assert told["repeat_count"] <= told["contact_count"]


@given(worlds())
def test_resolutions_are_those_of_the_slow_answer(world: list[Entry]) -> None:
    """Which contacts settled their matter, which did not, and which are open until when, as plain loops say."""
    policy = replace(POLICY, timeline=TimelinePolicy(horizon=timedelta(days=999)))
    fast = {
        one["contact_id"]: slowly.SlowResolution(
            one["resolution"], one["pending_until"], one["resolution_any_topic"], one["pending_any_topic_until"]
        )
        for one in timeline_of(*world, policy=policy)["contacts"]
        if one["resolution"] is not None
    }
    assert fast == slowly.resolutions(world, policy)


@pytest.mark.parametrize(("seconds", "shown"), [(-1, 2), (0, 2), (1, 1)])
def test_the_horizon_is_inclusive(seconds: int, shown: int) -> None:
    """Exactly 90 days before the newest is still shown; a second more is not, and still counts in the version."""
    told = timeline_of(chat("a", at(), "S"), chat("b", at(days=90, seconds=seconds), "T"))
    assert (told["touchpoint_count"], told["version"]) == (shown, 2)


def test_the_lists_hold_the_newest() -> None:
    """Of five contacts, a policy of two lists the last two; the counts are of all."""
    policy = replace(POLICY, timeline=TimelinePolicy(touchpoints=2, contacts=2))
    told = timeline_of(*(chat(f"e{i}", at(days=i), f"{i}") for i in range(5)), policy=policy)
    assert [one["event_id"] for one in told["touchpoints"]] == ["e3", "e4"]
    assert [one["began_at"] for one in told["contacts"]] == [at(days=3), at(days=4)]
    assert (told["touchpoint_count"], told["contact_count"]) == (5, 5)


def test_a_timeline_says_how_contacts_hang_together() -> None:
    """A hand-over continues and is not one contact more; coming back repeats."""
    told = timeline_of(
        chat("a", at(), "S", topics=("card",), mood=UNHAPPY),
        call("1", at(minutes=10), lasts=timedelta(minutes=5)),
        chat("b", at(days=2), "T"),
    )
    first, handed, back = told["contacts"]
    assert (handed["previous_contact"], handed["related_contact"]) == (first["contact_id"], None)
    assert (back["previous_contact"], back["related_contact"]) == (None, handed["contact_id"])
    assert (told["contact_count"], told["repeat_count"], told["detractor_count"]) == (2, 1, 1)
    assert (told["channels"], told["topics"]) == (["chat", "phone"], ["card"])
    assert (handed["outcome"], handed["ended_at"]) == ("answered", at(minutes=15))


def test_feedback_alone_is_no_contact() -> None:
    """An answer about nothing known is a touchpoint, and no contact is counted."""
    told = timeline_of(survey("1", at(), "nps", 2))
    assert (told["touchpoint_count"], told["contact_count"], told["detractor_count"]) == (1, 0, 1)


def test_the_account_is_the_newest_that_was_said() -> None:
    """A touchpoint that says none does not take it away."""
    said = chat("a", at(), "S", account_id="A-1"), chat("b", at(days=1), "T", account_id="A-2")
    assert timeline_of(*said, chat("c", at(days=2), "U"))["account_id"] == "A-2"

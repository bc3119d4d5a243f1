"""Repeat contacts: held against the slow answer, and example by example around every boundary."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import picture
from pipeline.policy import ContactPolicy, Policy, RepeatPolicy
from pipeline.touchpoint import Entry
from tests.pipeline import slowly
from tests.pipeline.touchpoints import POLICY, at, call, chat, email, entry, other, review, survey, worlds

POLICIES = st.builds(
    lambda handover, within, billing: replace(
        POLICY,
        contact=ContactPolicy(handover_under=handover),
        repeat=RepeatPolicy(within=within, within_by_topic={"billing": billing}),
    ),
    st.sampled_from([timedelta(0), timedelta(minutes=15), timedelta(days=2)]),
    st.sampled_from([timedelta(minutes=5), timedelta(days=7), timedelta(days=31)]),
    st.sampled_from([timedelta(minutes=30), timedelta(days=2), timedelta(days=31)]),
)


def flags_of(*heard: Entry, policy: Policy = POLICY) -> list[Mapping[str, Any]]:
    """Return the flags that stand, in event-time order; the same from the other order of arrival."""
    found, again = (picture(order, policy).findings.values() for order in (heard, heard[::-1]))
    assert {f.finding_id: f for f in found} == {f.finding_id: f for f in again}
    return [f.body for f in sorted(found, key=lambda f: f.occurred_at) if f.kind == "repeat-contact"]


# --- laws


@given(worlds(), POLICIES | st.just(POLICY))
def test_flags_are_those_of_the_slow_answer(world: list[Entry], policy: Policy) -> None:
    """Which contacts repeat, which one, after how long, on which topics, in which story: all as plain loops say."""
    fast = {
        str(f.body["contact_id"]): slowly.SlowFlag(
            version=f.version,
            previous=str(f.body["related_contact"]),
            gap=timedelta(seconds=f.body["gap_seconds"]),  # type: ignore[arg-type]
            topics=tuple(f.body["repeated_topics"]),  # type: ignore[arg-type]
            chain=f.body["chain_length"],  # type: ignore[arg-type]
            channels=tuple(f.body["channels"]),  # type: ignore[arg-type]
            initial=str(f.body["initial_contact"]),
            handovers=f.body["handovers"],  # type: ignore[arg-type]
            agents=f.body["agents_told"],  # type: ignore[arg-type]
            told=f.body["times_told"],  # type: ignore[arg-type]
        )
        for f in picture(world, policy).findings.values()
        if f.kind == "repeat-contact"
    }
    assert fast == slowly.flags(world, policy)


@given(worlds(), POLICIES | st.just(POLICY))
def test_a_flag_states_only_what_is_true(world: list[Entry], policy: Policy) -> None:
    """Every comparison that a flag publishes holds, and its evidence is in event-time order."""
    for flag in flags_of(*world, policy=policy):
        assert all(one["value"] <= one["limit"] and one["operator"] == "<=" for one in flag["compared"])
        assert flag["compared"]
        assert flag["same_topic"] == bool(flag["repeated_topics"])
        times = [one["occurred_at"] for one in flag["evidence"]]
        assert times == sorted(times)


# --- boundaries, in threes


@pytest.mark.parametrize(("less", "repeats"), [(1, True), (0, True), (-1, False)])
def test_a_week_is_within_the_window(less: int, repeats: bool) -> None:  # noqa: FBT001 -- a table
    """A second less than seven days repeats, exactly seven days repeats, a second more does not."""
    second = chat("b", at(days=7) - timedelta(seconds=less), "T")
    found = flags_of(chat("a", at(), "S"), second)
    assert bool(found) is repeats
    if less == 0:
        assert found[0]["gap_seconds"] == 7 * 86_400
        assert found[0]["compared"] == [
            {"what": "days since the contact before", "value": 7.0, "operator": "<=", "limit": 7.0}
        ]


@pytest.mark.parametrize(("seconds", "repeats"), [(899, False), (900, True), (901, True)])
def test_under_a_quarter_of_an_hour_is_a_handover(seconds: int, repeats: bool) -> None:  # noqa: FBT001 -- a table
    """14:59 continues; exactly 15:00 repeats, since a hand-over is *under* 15 minutes; so does 15:01."""
    assert bool(flags_of(call("1", at()), chat("b", at(seconds=seconds), "S"))) is repeats


@pytest.mark.parametrize(("days", "same"), [(30, True), (31, True), (31.001, None)])
def test_a_topic_may_have_a_longer_window(days: float, same: bool | None) -> None:  # noqa: FBT001 -- a table
    """Billing comes back within 31 days: that repeats on its topic, and so it repeats on any."""
    found = flags_of(chat("a", at(), "S", topics=("billing",)), chat("b", at(days=days), "T", topics=("billing",)))
    assert [(f["same_topic"], f["any_topic"]) for f in found] == ([(same, True)] if same else [])


@pytest.mark.parametrize(("days", "topics"), [(1.9, ["delivery"]), (2, ["delivery"]), (2.1, [])])
def test_a_topic_may_have_a_shorter_window(days: float, topics: list[str]) -> None:
    """A delivery asked about again after two days is another delivery: it follows a contact, not one about it."""
    first, second = (chat(n, at(days=d), n, topics=("delivery",)) for n, d in (("a", 0.0), ("b", days)))
    (flag,) = flags_of(first, second)
    assert (flag["any_topic"], flag["same_topic"], flag["repeated_topics"]) == (True, bool(topics), topics)


# --- stories


def test_both_answers_are_said_and_may_differ() -> None:
    """A lost card, again in three days, then an invoice: the second repeats on its topic, the third only on any."""
    card, again = (chat(n, at(days=d), n, topics=("card",)) for n, d in (("a", 0), ("b", 3)))
    invoice = chat("c", at(days=4), "c", topics=("billing",))
    for order in permutations((card, again, invoice)):
        second, third = flags_of(*order)
        assert (second["same_topic"], second["repeated_topics"], second["chain_length"]) == (True, ["card"], 2)
        assert (third["same_topic"], third["any_topic"], third["chain_length"]) == (False, True, 3)
        assert third["why"] == "Came back by chat 1 day after contact by chat, about something else."


def test_a_topic_is_held_against_the_contact_about_it() -> None:
    """With another matter in between, the gap of the topic is that since the topic, not since the contact before."""
    card, invoice = chat("a", at(), "a", topics=("card",)), chat("b", at(days=2), "b", topics=("billing",))
    flag = flags_of(card, invoice, chat("c", at(days=3), "c", topics=("card",)))[-1]
    assert flag["gap_seconds"] == 86_400
    assert [(one["what"], one["value"]) for one in flag["compared"]] == [
        ("days since the contact before", 1.0),
        ("days since the last contact on card", 3.0),
    ]
    assert [one["event_id"] for one in flag["evidence"]] == ["a", "b", "c"]


def test_topics_that_came_back_from_different_contacts_are_all_said() -> None:
    """Billing from one contact and the card from another are both repeated."""
    one, other_one = chat("a", at(), "a", topics=("billing",)), chat("b", at(days=1), "b", topics=("card",))
    flag = flags_of(one, other_one, chat("c", at(days=2), "c", topics=("billing", "card")))[-1]
    assert flag["repeated_topics"] == ["billing", "card"]


def test_what_the_company_began_neither_repeats_nor_is_repeated() -> None:
    """A call-back and an invoice between two contacts change nothing about the second."""
    first, second = chat("a", at(), "S"), chat("b", at(days=2), "T")
    between = [call("1", at(days=1), direction="outbound"), other("i", at(days=1, hours=1), "invoice")]
    (flag,) = flags_of(first, *between, second)
    assert flag["related_channel"] == "chat"
    assert flags_of(between[0], second) == []


def test_the_companys_reply_is_not_a_contact() -> None:
    """An answer in the thread is part of it: the customer wrote once."""
    assert flags_of(email("1", at()), email("2", at(days=1), "1", direction="outbound")) == []


def test_a_late_answer_moves_the_gap_and_not_the_count() -> None:
    """The gap runs from the last activity before the customer came back, the company's answer included."""
    answered = email("1", at()), email("2", at(days=8), "1", direction="outbound")
    (flag,) = flags_of(*answered, call("1", at(days=9)))
    assert flag["gap_seconds"] == 86_400
    assert flag["related_ended_at"] == at(days=8)


def test_an_abandoned_call_is_an_attempt() -> None:
    """Who hung up and called again in five minutes had to come back; an answered call would have been handed over."""
    gave_up, again = call("1", at(), outcome="abandoned"), call("2", at(minutes=5))
    assert len(flags_of(gave_up, again)) == 1
    assert flags_of(call("1", at()), again) == []


def test_a_transfer_is_not_a_repeat() -> None:
    """A call that the source says was transferred is one contact, however long the way."""
    assert flags_of(call("1", at()), call("2", at(hours=1), transferred_from="1")) == []


def test_a_contact_after_a_handover_repeats_what_was_before_and_counts_the_parts_once() -> None:
    """Chat, handed to a call, and an e-mail next day: two contacts in the story, three channels."""
    story = chat("a", at(), "S"), call("1", at(minutes=10)), email("m", at(days=1))
    (flag,) = flags_of(*story)
    assert (flag["related_channel"], flag["chain_length"]) == ("phone", 2)
    assert flag["channels"] == ["chat", "phone", "email"]


def test_a_survey_answer_is_not_a_contact() -> None:
    """Feedback after a chat is not coming back, and coming back is measured from the chat."""
    chatted, answered = chat("a", at(), "S"), survey("1", at(days=6), "nps", 2, about="chat:S")
    assert flags_of(chatted, answered) == []
    assert flags_of(chatted, answered, chat("b", at(days=8), "T")) == []


def test_a_review_after_a_call_is_coming_back() -> None:
    """The customer came to the company in public."""
    (flag,) = flags_of(call("1", at()), review("1", at(days=1), 3))
    assert (flag["channel"], flag["related_channel"]) == ("review", "phone")


def test_what_happened_after_a_contact_does_not_judge_it() -> None:
    """A thread goes on for weeks; the call in its second day is judged by its first two days, then and ever after."""
    thread, later = email("1", at()), email("2", at(days=20), "1", topics=("card",))
    called = call("1", at(days=1), topics=("card",))
    (before,), (after,) = flags_of(thread, called), flags_of(thread, called, later)
    assert before == after
    assert after["same_topic"] is False


def test_fifty_events_of_one_second_are_one_contact_or_one_story() -> None:
    """A burst in one session repeats nothing; a burst of sessions is handed over, not fifty times repeated."""
    assert flags_of(*(chat(f"e{i}", at(seconds=1), "S") for i in range(50))) == []
    assert flags_of(*(entry(f"e{i}", at(seconds=1)) for i in range(50))) == []


def test_offsets_from_utc_change_nothing() -> None:
    """The same moments in two zones, and over the end of summer time, are the same flag."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    first = chat("a", at().replace(month=10, day=19, hour=2, minute=30, tzinfo=summer), "S")
    second = chat("b", at().replace(month=10, day=26, hour=1, minute=30, tzinfo=winter), "T")  # exactly seven days
    (flag,) = flags_of(first, second)
    assert flag["gap_seconds"] == 7 * 86_400
    in_utc = [replace(e, occurred_at=e.occurred_at.astimezone(UTC)) for e in (first, second)]
    assert flags_of(*in_utc) == [flag]
    assert flags_of(first, replace(second, occurred_at=second.occurred_at + timedelta(seconds=1))) == []

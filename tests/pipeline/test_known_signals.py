"""Known answers: stories that a supervisor would tell, and what must follow from them, in every order of arrival."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.contracts import default_policy
from pipeline.advance import Raised, advance, picture
from pipeline.touchpoint import Entry, Handling
from tests.pipeline.touchpoints import UNHAPPY, at, call, chat, email, review, survey

POLICY = default_policy()
"""The policy that everybody has who changed nothing: these answers are its promise."""

Told = Mapping[str, Any]


def orders(heard: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Return every order of arrival of a short story; of a long one, a few."""
    if math.factorial(len(heard)) <= math.factorial(4):
        return list(permutations(heard))
    return [heard, heard[::-1], [*heard[1::2], *heard[::2]]]


def standing(*heard: Entry) -> list[Told]:
    """Return the alerts and flags that stand, in event-time order: heard one by one in any order, the same."""
    ends = []
    for order in orders(heard):
        known = picture((), POLICY)
        raised: dict[str, Raised] = {}
        for one in order:
            after = advance(known, raised, [one], POLICY)
            known, raised = after.picture, raised | {output.output_id: output for output in after.raised}
        ends.append({name: (one.version, one.body) for name, one in known.findings.items()})
    assert all(end == ends[0] for end in ends)
    found = picture(heard, POLICY).findings
    assert {name: (one.version, one.body) for name, one in found.items()} == ends[0]
    return [f.body for f in sorted(found.values(), key=lambda f: f.occurred_at) if f.kind != "journey-signal"]


def flags(*heard: Entry) -> list[Told]:
    """Return the flags that stand."""
    return [one for one in standing(*heard) if "any_topic" in one]


def alerts(*heard: Entry) -> list[Told]:
    """Return the alerts that stand."""
    return [one for one in standing(*heard) if "basis" in one]


def contacts(*heard: Entry) -> list[Told]:
    """Return the contacts of the timeline, oldest first."""
    timeline: Any = advance(picture((), POLICY), {}, heard, POLICY).timeline
    found: list[Told] = timeline["contacts"]
    return found


def test_a_lost_card_twice_in_three_days_and_then_an_invoice() -> None:
    """The second contact repeats the card, the third only comes back: same topic and any topic differ."""
    card = chat("a", at(), "a", topics=("card",))
    again = call("1", at(days=2), topics=("card",))
    bill = email("m", at(days=3), topics=("billing",))
    second, third = flags(card, again, bill)
    assert (second["any_topic"], second["same_topic"], second["repeated_topics"]) == (True, True, ["card"])
    assert (third["any_topic"], third["same_topic"], third["repeated_topics"]) == (True, False, [])
    assert (third["chain_length"], third["channels"]) == (3, ["chat", "phone", "email"])
    assert (third["related_topics"], third["topics"]) == (["card"], ["billing"])
    first, back, last = contacts(card, again, bill)
    assert (first["resolution"], back["resolution"], last["resolution"]) == ("not_resolved", "pending", "pending")
    assert (first["resolution_any_topic"], back["resolution_any_topic"]) == ("not_resolved", "not_resolved")
    assert (back["next_contact"], back["next_topics"]) == (last["contact_id"], ["billing"])
    assert {one["initial_contact"] for one in (first, back, last)} == {first["contact_id"]}


def test_a_thank_you_is_no_contact() -> None:
    """Days after the answer the customer says thanks: nothing repeats, and the next call is counted from the answer."""
    asked, answered = email("1", at()), email("2", at(days=1), "1", direction="outbound")
    thanks = email("3", at(days=6), "1", "2", thanks_only=True)
    assert flags(asked, answered, thanks) == []
    (flag,) = flags(asked, answered, thanks, call("c", at(days=8)))
    assert flag["gap_seconds"] == 7 * 86_400
    assert flags(asked, answered, thanks, call("c", at(days=8, seconds=1))) == []


def test_a_thank_you_in_a_thread_of_its_own_is_no_contact() -> None:
    """A mail program that lost the thread: still thanks, still no contact. With one word more it is one."""
    asked, thanks = email("1", at()), email("x", at(days=1), thanks_only=True)
    assert flags(asked, thanks) == []
    assert len(flags(asked, email("x", at(days=1)))) == 1


@pytest.mark.parametrize(("minutes", "repeats"), [(14, False), (15, True), (16, True)])
def test_passed_on_by_word_at_14_and_at_16_minutes(minutes: int, repeats: bool) -> None:  # noqa: FBT001 -- a table
    """Told to call another number: under 15 minutes it is the same contact, from 15 on the customer came back."""
    first, second = call("1", at(), lasts=timedelta(minutes=10)), call("2", at(minutes=10 + minutes))
    assert bool(flags(first, second)) is repeats
    begun, then = contacts(first, second)
    assert then["previous_contact"] == (None if repeats else begun["contact_id"])
    assert then["related_contact"] == (begun["contact_id"] if repeats else None)
    assert then["initial_contact"] == begun["contact_id"]


@pytest.mark.parametrize("minutes", [14, 16])
def test_a_transfer_that_the_source_names_is_one_contact_at_any_time(minutes: int) -> None:
    """The telephone system says which call it was passed on from."""
    first = call("1", at(), lasts=timedelta(minutes=10))
    assert flags(first, call("2", at(minutes=10 + minutes), transferred_from="1")) == []
    assert len(contacts(first, call("2", at(minutes=10 + minutes), transferred_from="1"))) == 1


@pytest.mark.parametrize(("seconds", "repeats"), [(-1, True), (0, True), (1, False)])
def test_exactly_seven_days(seconds: int, repeats: bool) -> None:  # noqa: FBT001 -- a table
    """Exactly seven days later is within the window; a second more is not."""
    assert bool(flags(chat("a", at(), "a"), call("1", at(days=7, seconds=seconds)))) is repeats


@pytest.mark.parametrize("seconds", [0, 1])
def test_seven_days_over_a_change_of_the_clocks_and_two_time_zones(seconds: int) -> None:
    """Seven days are 168 hours: the clocks of London go back on that Sunday, and the wall shows an hour less."""
    london, sydney = ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney")
    before = datetime(2026, 10, 23, 12, 0, tzinfo=london)  # British Summer Time
    after = datetime(2026, 10, 30, 22, 0, tzinfo=sydney) + timedelta(seconds=seconds)  # 11:00 in London, in winter time
    said, came = chat("a", before.astimezone(UTC), "a"), call("1", after.astimezone(UTC))
    assert came.occurred_at - said.occurred_at == timedelta(days=7, seconds=seconds)
    assert bool(flags(said, came)) is (seconds == 0)


def test_a_review_edited_from_one_star_to_five_is_taken_back() -> None:
    """Raised, then retracted as edited with the score that replaced it; whoever got the one gets the other."""
    bad, good = review("r", at(), 1), review("r", at(days=2), 5, 2)
    assert standing(bad, good) == []
    raised = advance(picture((), POLICY), {}, [bad], POLICY)
    taken = advance(raised.picture, {one.output_id: one for one in raised.raised}, [good], POLICY)
    (alert,), (back,) = raised.alerts, taken.alerts
    assert (back["status"], back["reason"]) == ("retracted", "edited")
    assert all(alert[name] == back[name] for name in ("alert_id", "customer_id", "contact_id", "delivery"))
    assert back["version"] > alert["version"]  # type: ignore[operator]
    assert back["score"] == {"metric": "stars", "value": 5, "scale_min": 1, "scale_max": 5}


@pytest.mark.parametrize(("value", "detracts"), [(6, True), (7, False)])
def test_nps_six_and_seven(value: int, detracts: bool) -> None:  # noqa: FBT001 -- a table
    """Six is a detractor's, seven is not."""
    assert bool(alerts(survey("s", at(), "nps", value))) is detracts


@pytest.mark.parametrize(("value", "detracts"), [(4, True), (5, False)])
def test_a_csat_of_ten_points(value: int, detracts: bool) -> None:  # noqa: FBT001 -- a table
    """Two of five are four of ten."""
    assert bool(alerts(survey("s", at(), "csat", value, (1, 10)))) is detracts


def test_a_late_email_joins_two_contacts_into_one() -> None:
    """Two threads were one all along: the flag between them is gone, and the contact has one answer, still pending."""
    first, second = email("a", at(), topics=("delivery",)), email("b", at(days=2), topics=("delivery",))
    late = email("c", at(days=1), "a", "b", direction="outbound")
    assert len(flags(first, second)) == 1
    assert flags(first, second, late) == []
    (contact,) = contacts(first, second, late)
    assert (contact["touchpoints"], contact["resolution"]) == (3, "pending")
    assert contact["pending_until"] == at(days=9)


def test_fifty_events_in_one_second() -> None:
    """One session is one contact with one alert; fifty sessions of one second are handed over, and page once."""
    burst = [chat(f"e{i:02}", at(seconds=1), "S", mood=UNHAPPY, topics=("delivery",)) for i in range(50)]
    (alert,) = standing(*burst)
    assert (alert["evidence"][0]["event_id"], alert["delivery"]) == ("e00", "page")
    apart = [chat(f"e{i:02}", at(seconds=1), f"{i:02}", mood=UNHAPPY, topics=("delivery",)) for i in range(50)]
    found = standing(*apart)
    assert len(found) == 50
    assert [one["delivery"] for one in found].count("page") == 1
    assert {one["delivery_reason"] for one in found} == {None, "cool_down"}


# --- contacts


def test_a_call_back_that_the_source_names_is_chained() -> None:
    """The company called back in the customer's call: one contact, and the next gap is counted from there."""
    asked = call("1", at(), outcome="abandoned")
    back = call("2", at(days=1), transferred_from="1", direction="outbound")
    assert len(contacts(asked, back)) == 1
    (flag,) = flags(asked, back, chat("a", at(days=8), "a"))
    assert flag["gap_seconds"] == 7 * 86_400


def test_a_session_that_is_opened_again_is_one_contact_and_its_gap_runs_from_there() -> None:
    """The chat of Monday goes on on Friday: no repeat. The call a week after Friday is one."""
    monday, friday = chat("a", at(), "S"), chat("b", at(days=4), "S")
    assert flags(monday, friday) == []
    (flag,) = flags(monday, friday, call("1", at(days=11)))
    assert flag["related_ended_at"] == at(days=4)


def test_an_abandoned_call_is_an_attempt_that_resolves_nothing_and_tells_nobody() -> None:
    """Given up in the queue: not resolved at once; calling again five minutes later is coming back, told once."""
    gave_up, again = call("1", at(), outcome="abandoned"), call("2", at(minutes=5), topics=("billing",))
    first, second = contacts(gave_up, again)
    assert (first["resolution"], first["outcome"], second["resolution"]) == ("not_resolved", "abandoned", "pending")
    (flag,) = flags(gave_up, again)
    assert (flag["chain_length"], flag["times_told"], flag["handovers"]) == (2, 1, 0)


def test_a_chat_with_a_bot_alone_is_a_contact_and_says_so() -> None:
    """The customer came, and no person answered. An agent's line makes it an ordinary chat."""
    bot = [chat("a", at(), "S"), chat("b", at(seconds=5), "S", actor="bot", direction="outbound")]
    (contact,) = contacts(*bot)
    assert (contact["bot_only"], contact["direction"]) == (True, "inbound")
    (contact,) = contacts(*bot, chat("c", at(seconds=9), "S", actor="agent", direction="outbound"))
    assert contact["bot_only"] is False


# --- the story told


def test_a_story_counts_its_agents_tellings_and_hand_overs() -> None:
    """A call with two agents, handed to a chat with a third, and a mail next day: three agents, four tellings."""
    called = call("1", at(), handling=Handling(agents=("AG-1", "AG-2"), transfers=1, outcome="answered"))
    handed = chat("a", at(minutes=10), "S", handling=Handling(agents=("AG-3",)))
    (flag,) = flags(called, handed, email("m", at(days=1)))
    assert (flag["agents_told"], flag["times_told"], flag["handovers"], flag["chain_length"]) == (3, 4, 1, 2)
    assert flag["initial_contact"] == contacts(called)[0]["contact_id"]


# --- resolved, not resolved, pending


@pytest.mark.parametrize(("seconds", "answer"), [(-1, "pending"), (0, "pending"), (1, "resolved")])
def test_the_last_window_is_never_counted_as_resolved(seconds: int, answer: str) -> None:
    """Nothing came for exactly seven days: pending, for coming back now would be within. A second more settles it."""
    asked, sent = chat("a", at(), "a", topics=("delivery",)), survey("s", at(days=7, seconds=seconds), "nps", 9)
    contact = contacts(asked, sent)[0]
    assert (contact["resolution"], contact["resolution_any_topic"]) == (answer, answer)
    assert contact["pending_until"] == (at(days=7) if answer == "pending" else None)


def test_the_same_topic_may_be_pending_when_any_topic_is_not_resolved() -> None:
    """About a bill one may come back for a month; the customer came back next day about a parcel."""
    bill, parcel = chat("a", at(), "a", topics=("billing",)), chat("b", at(days=1), "b", topics=("delivery",))
    first, _ = contacts(bill, parcel)
    assert (first["resolution"], first["pending_until"]) == ("pending", at(days=31))
    assert (first["resolution_any_topic"], first["next_topics"]) == ("not_resolved", ["delivery"])


def test_a_contact_without_a_known_topic_has_one_answer() -> None:
    """Nothing tells the topics apart, so coming back about anything counts against it."""
    first, _ = contacts(chat("a", at(), "a"), chat("b", at(days=1), "b", topics=("delivery",)))
    assert first["resolution"] == first["resolution_any_topic"] == "not_resolved"


def test_a_hand_over_is_asked_once_and_its_window_runs_from_its_end() -> None:
    """The chat that became a call is one contact: the call says nothing of its own."""
    chatted, called = chat("a", at(), "S"), call("1", at(minutes=10), lasts=timedelta(hours=1))
    first, part = contacts(chatted, called)
    assert (first["resolution"], first["pending_until"]) == ("pending", at(days=7, minutes=70))
    assert (part["resolution"], part["previous_contact"]) == (None, first["contact_id"])

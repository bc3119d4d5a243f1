"""Cannot reach a person: raised while it happens, taken back when somebody answers."""

import pytest

from pipeline.touchpoint import Entry
from tests.pipeline.journey.telling import signals, told
from tests.pipeline.touchpoints import at, call, chat, email

KIND = "cannot_reach_a_person"


def chatting() -> tuple[Entry, Entry, Entry, Entry]:
    """Return a bot's greeting, the customer who asks for a person, the bot again, and an agent."""
    return (
        chat("1", at(), "s", actor="bot", direction="outbound"),
        chat("2", at(minutes=1), "s", asks_human=True, excerpt="A person, please."),
        chat("3", at(minutes=2), "s", actor="bot", direction="outbound"),
        chat("4", at(minutes=3), "s", actor="agent", direction="outbound"),
    )


def test_asking_for_a_person_in_a_chat_with_a_bot_is_raised_at_once() -> None:
    """On the touchpoint that asks, with its words, before the bot answers again."""
    greeting, asking, *_ = chatting()
    out = told([[greeting], [asking]])
    assert [(one["status"], one["words"], one["occurred_at"]) for one in out] == [
        ("raised", "A person, please.", at(minutes=1))
    ]


def test_an_agent_who_answers_takes_it_back() -> None:
    """The bot's next message says it again, the agent's says why it is over."""
    out = told([[each] for each in chatting()])
    assert [(one["status"], one["reason"], one["version"]) for one in out] == [
        ("raised", "new_touchpoint", 2),
        ("updated", "new_touchpoint", 3),
        ("retracted", "answered", 4),
    ]


def test_heard_the_other_way_round_it_never_stood() -> None:
    """An agent who was heard of first leaves nothing to take back."""
    assert told([[each] for each in reversed(chatting())]) == []


def test_without_a_bot_nobody_refused_a_person() -> None:
    """Asking for a person as the first words of a chat is not being refused one."""
    _, asking, *_ = chatting()
    assert signals([asking], KIND) == []
    assert signals([email("m", at(), asks_human=True)], KIND) == []


@pytest.mark.parametrize(("hours", "raised"), [(23.99, True), (24, True), (24.01, False)])
def test_two_calls_given_up_within_a_day_are_one_signal(hours: float, *, raised: bool) -> None:
    """Exactly a day apart is within it."""
    calls = [call("1", at(), outcome="abandoned"), call("2", at(hours=hours), outcome="abandoned")]
    found = signals(calls, KIND)
    assert len(found) == raised
    if raised:
        assert found[0]["why"] == "Called 2 times and nobody answered."


def test_each_call_given_up_after_that_says_it_again() -> None:
    """The third one has a signal of its own, and counts three."""
    calls = [call(str(n), at(hours=n), outcome="abandoned") for n in range(3)]
    assert [each["why"] for each in signals(calls, KIND)] == [
        "Called 2 times and nobody answered.",
        "Called 3 times and nobody answered.",
    ]


@pytest.mark.parametrize(
    "person",
    [
        call("x", at(minutes=30)),
        call("x", at(minutes=30), direction="outbound"),
        email("x", at(minutes=30), direction="outbound"),
        chat("x", at(minutes=30), "s", actor="agent", direction="outbound"),
    ],
)
def test_a_person_in_between_by_any_channel_begins_the_row_anew(person: Entry) -> None:
    """Whoever was called back in between has reached somebody; heard late, it takes the signal back."""
    calls = [call("1", at(), outcome="abandoned"), call("2", at(hours=1), outcome="abandoned")]
    assert signals([*calls, person], KIND) == []
    assert [one["reason"] for one in told([calls, [person]])] == ["new_touchpoint", "late_touchpoint"]


def test_a_call_told_in_parts_and_whole_is_one_attempt() -> None:
    """One call given up is one attempt, however often it is told."""
    parts = [
        call("1", at(), outcome="abandoned"),
        call("1", at(minutes=5), kind="ended", outcome="abandoned", event_id="part"),
    ]
    assert signals(parts, KIND) == []


def test_a_bots_words_are_no_person() -> None:
    """A bot that calls itself an agent is still a bot."""
    calls = [call("1", at(), outcome="abandoned"), call("2", at(hours=1), outcome="abandoned")]
    bot = chat("x", at(minutes=30), "s", actor="bot", direction="outbound")
    assert len(signals([*calls, bot], KIND)) == 1

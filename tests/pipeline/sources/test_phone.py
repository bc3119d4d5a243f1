"""What a call says, finished or in parts."""

from datetime import timedelta

import pytest

from pipeline.policy import IntakePolicy
from pipeline.refusal import Reason
from pipeline.touchpoint import Handling, Identifier
from tests.builders import ABSENT, NOON, phone_event, phone_part, reading, report
from tests.pipeline.sources.refusals import refusal


def test_a_finished_call_is_one_report() -> None:
    """It begins with the waiting, and tells how it was handled and who said what."""
    call = report("phone", phone_event(occurred_at="2026-03-02T12:06:00Z"))
    assert (call.occurred_at, call.ended_at) == (NOON, NOON + timedelta(minutes=6))
    assert call.handling == Handling(
        wait_seconds=60,
        hold_seconds=30,
        transfers=1,
        agents=("agent-7", "agent-9"),
        queue="billing",
        outcome="answered",
    )
    assert (call.text, call.company_text) == ("I was charged twice.", "How can I help?")
    assert (call.actor, call.keys) == ("customer", ("phone:P-1",))


def test_an_abandoned_call_was_waited_for_to_its_end() -> None:
    """Nobody answered, so the whole call was waiting."""
    event = phone_event(outcome="abandoned", answered_at=None, transcript=ABSENT, agents=ABSENT)
    handling = report("phone", event).handling
    assert handling is not None
    assert handling.wait_seconds == 360


def test_without_a_queue_a_call_begins_when_it_occurred() -> None:
    """`queued_at` defaults to the event's time."""
    assert report("phone", phone_event(queued_at=None)).occurred_at == NOON


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"answered_at": "2026-03-02T11:59:59.999Z"}, "answered_at"),
        ({"ended_at": "2026-03-02T12:00:59.999Z"}, "ended_at"),
        ({"answered_at": None, "ended_at": "2026-03-02T11:59:59.999Z"}, "ended_at"),
    ],
)
def test_times_out_of_order_are_refused(times: dict[str, object], field: str) -> None:
    """Nobody answers before the call, and no call ends before it is answered."""
    assert refusal("phone", phone_event(**times)) == (Reason.TIMES_OUT_OF_ORDER, field)


def test_times_may_coincide() -> None:
    """A call answered and ended in the moment it came is in order."""
    now = "2026-03-02T12:00:00Z"
    handling = report("phone", phone_event(answered_at=now, ended_at=now)).handling
    assert handling is not None
    assert handling.wait_seconds == 0


@pytest.mark.parametrize("event", [phone_event(outcome=None), phone_part("ended", outcome=None)])
def test_what_ends_needs_an_outcome(event: dict[str, object]) -> None:
    """A call that ended was answered or abandoned."""
    assert refusal("phone", event) == (Reason.MISSING_FIELD, "outcome")


@pytest.mark.parametrize(
    ("event", "actor"),
    [
        (phone_event(), "customer"),
        (phone_event(direction="outbound"), "agent"),
        (phone_event(direction="outbound", agents=[]), "company"),
        (phone_part("queued"), "customer"),
        (phone_part("answered", agent="agent-7"), "agent"),
        (phone_part("held"), "company"),
        (phone_part("transferred"), "company"),
        (phone_part("said", speaker="bot"), "bot"),
        (phone_part("ended"), "company"),
        (phone_part("ended", outcome="abandoned"), "customer"),
        (phone_part("ended", outcome="abandoned", direction="outbound"), "company"),
    ],
)
def test_who_acts(event: dict[str, object], actor: str) -> None:
    """The caller calls, waits and gives up; all else is done by those who speak or by the company."""
    assert report("phone", event).actor == actor


def test_parts_tell_what_happened_in_them() -> None:
    """A hold has its seconds, a transfer counts one, and what is said is the speaker's."""
    held, moved = report("phone", phone_part("held")), report("phone", phone_part("transferred", queue="tech"))
    assert held.handling == Handling(hold_seconds=45)
    assert moved.handling == Handling(transfers=1, queue="tech")
    assert report("phone", phone_part("said", text="No.")).text == "No."
    assert report("phone", phone_part("said", text="No.", speaker="agent")).company_text == "No."


def test_a_call_belongs_to_the_call_that_it_continues() -> None:
    """Where a transfer makes a new call, both ids are keys, its own first."""
    assert report("phone", phone_event(transferred_from="P-0")).keys == ("phone:P-1", "phone:P-0")


@pytest.mark.parametrize(("direction", "number"), [("inbound", "+442079460001"), ("outbound", "+442079460002")])
def test_the_customers_side_of_the_line_identifies(direction: str, number: str) -> None:
    """`from` names the customer of an inbound call, `to` that of an outbound one."""
    event = phone_event(direction=direction, customer=None, **{"from": "+442079460001", "to": "+442079460002"})
    assert report("phone", event).identifiers == (Identifier("phone", number),)


@pytest.mark.parametrize("limit", [30, 31])
def test_a_transcript_up_to_the_limit_is_read(limit: int) -> None:
    """All utterances together, with a line end each, may be as long as one text."""
    said = [{"speaker": "customer", "text": "x" * 14}, {"speaker": "agent", "text": "x" * 14}]
    at = reading(policy=IntakePolicy(longest_text=limit))
    assert report("phone", phone_event(transcript=said), at).text == "x" * 14


def test_a_transcript_over_the_limit_is_refused() -> None:
    """Many short utterances are as long as one long text."""
    said = [{"speaker": "customer", "text": "x" * 14}, {"speaker": "agent", "text": "x" * 14}]
    at = reading(policy=IntakePolicy(longest_text=29))
    assert refusal("phone", phone_event(transcript=said), at) == (Reason.TEXT_TOO_LONG, "transcript")

"""Builds test data: one valid thing of each kind, with overrides by keyword.

Rule 1. What is built here is valid as it stands; a test says only what its behaviour depends on.
Rule 2. Raw events are JSON-shaped, as a source without Avro writes them. An override of `ABSENT` leaves a field out.
Rule 3. All people are invented: numbers of the ranges kept for fiction, addresses at example.com.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.policy import Channel, IntakePolicy
from pipeline.sources import SOURCES, Fields, Reading
from pipeline.touchpoint import Report

RawEvent = dict[str, Any]

ABSENT = object()
"""An override that leaves its field out."""

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When test events happen, unless they say otherwise."""

RECEIVED = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
"""When test events are received, unless they say otherwise."""

CHANNELS: Mapping[str, Channel] = {
    "social": Channel("inbound", contact=True),
    "in_store": Channel("inbound", contact=True),
    "invoice": Channel("outbound", contact=False),
}

ANNA = {"customer_id": "C-1001", "email": "anna@example.com", "phone": "+44 20 7946 0001"}
"""An invented customer, as a source knows her."""


def _event(defaults: RawEvent, overrides: RawEvent) -> RawEvent:
    merged = {"occurred_at": "2026-03-02T12:00:00Z", "customer": dict(ANNA), **defaults, **overrides}
    return {field: value for field, value in merged.items() if value is not ABSENT}


def chat_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return a customer's chat message."""
    message = {"session_id": "S-1", "kind": "message", "sender": "customer", "text": "Where is my parcel?"}
    return _event(message, overrides)


def phone_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return a finished inbound call: a minute of waiting, answered, ended after six."""
    call: RawEvent = {
        "call_id": "P-1",
        "kind": "call",
        "from": "+44 20 7946 0001",
        "queued_at": "2026-03-02T12:00:00Z",
        "answered_at": "2026-03-02T12:01:00Z",
        "ended_at": "2026-03-02T12:06:00Z",
        "hold_seconds": 30.0,
        "transfers": 1,
        "agents": ["agent-7", "agent-9"],
        "queue": "billing",
        "outcome": "answered",
        "transcript": [
            {"speaker": "agent", "text": "How can I help?"},
            {"speaker": "customer", "text": "I was charged twice."},
        ],
    }
    return _event(call, overrides)


def phone_part(kind: str, **overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return one part of an inbound call as it happens: queued, answered, held, transferred, said, or ended."""
    own: dict[str, RawEvent] = {
        "held": {"hold_seconds": 45.0},
        "said": {"speaker": "customer", "text": "I have been waiting for an hour."},
        "ended": {"outcome": "answered"},
    }
    return _event({"call_id": "P-2", "kind": kind, "from": "+44 20 7946 0001", **own.get(kind, {})}, overrides)


def email_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return an inbound e-mail that begins a thread."""
    message = {
        "message_id": "<m1@mail.example.com>",
        "direction": "inbound",
        "from": "Anna Example <anna@example.com>",
        "to": ["help@shop.example.com"],
        "subject": "Charged twice",
        "body": "You charged me twice for one order.",
    }
    return _event(message, overrides)


def review_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return the first revision of a two-star review."""
    review = {
        "site": "trustpilot",
        "review_id": "R-1",
        "author": "AnnaE",
        "stars": 2.0,
        "title": "Slow",
        "body": "Three weeks for a kettle.",
        "link": "https://reviews.example.com/R-1",
    }
    return _event(review, overrides)


def survey_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return an NPS answer of 3 about a chat."""
    answer = {
        "response_id": "Q-1",
        "metric": "nps",
        "score": 3.0,
        "comment": "Nobody calls back.",
        "about_source": "chat",
        "about_id": "S-1",
    }
    return _event(answer, overrides)


def other_event(**overrides: Any) -> RawEvent:  # noqa: ANN401 -- an override may be wrong on purpose
    """Return a customer's post on a social network."""
    post = {"channel": "social", "conversation_id": "T-1", "text": "Still no kettle.", "tags": ["mention"]}
    return _event(post, overrides)


RAW_EVENTS: Mapping[str, Callable[..., RawEvent]] = {
    "chat": chat_event,
    "phone": phone_event,
    "email": email_event,
    "review": review_event,
    "survey": survey_event,
    "other": other_event,
}
"""The builder of each source's raw event, by the source's name."""


def reading(
    received_at: datetime = RECEIVED,
    policy: IntakePolicy | None = None,
    channels: Mapping[str, Channel] = CHANNELS,
) -> Reading:
    """Return what a source knows besides the event."""
    return Reading(received_at, policy or IntakePolicy(), channels, "GB")


def report(source: str, event: Mapping[str, object], at: Reading | None = None) -> Report:
    """Return what the source understands of the event. Raises `Refused`."""
    return SOURCES[source](Fields(event), at or reading())

"""The left half of the flow: any bytes at all become a touchpoint or a refusal."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.flow import admit
from pipeline.record import RawRecord
from pipeline.records import touchpoint, touchpoint_record
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.touchpoint import Origin, Touchpoint
from tests.builders import ABSENT, NOON, RAW_EVENTS, RECEIVED, RawEvent
from tests.simulation.intake import the_intake

SOURCES = st.sampled_from(sorted(RAW_EVENTS))
TIMES = ("occurred_at", "queued_at", "answered_at", "ended_at")


def record(source: str, value: bytes | None, offset: int = 7) -> RawRecord:
    """Return bytes as they stand in a raw topic."""
    return RawRecord(source, Origin(f"voc.raw.{source}", 0, offset), RECEIVED, None, value)


def admitted(source: str, value: bytes | None) -> Touchpoint | Rejected:
    """Return what `admit` answers: the same the second time, and fit for the wire."""
    one, again = (admit(record(source, value), the_intake()) for _ in range(2))
    assert one == again
    if isinstance(one, Touchpoint):
        book = the_intake().book
        assert touchpoint(book.decode("touchpoint", book.encode("touchpoint", touchpoint_record(one)))) == one
        assert one.source == source
        assert one.origin == record(source, value).origin
    else:
        assert one.expected
        assert len((one.event_id or "").encode()) <= 4 * 512
    return one


def as_json(event: Mapping[str, Any]) -> bytes:
    """Return an event as a source without Avro writes it."""
    return json.dumps(event).encode()


def as_avro(source: str, event: RawEvent) -> bytes:
    """Return an event in Avro."""
    times = {name: datetime.fromisoformat(event[name]) for name in TIMES if event.get(name)}
    return the_intake().book.encode(f"raw.{source}", event | times)


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """The bytes with a piece replaced, repeated or cut out, some times over."""
    value = valid
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(value)))
        end = draw(st.integers(begin, min(len(value), begin + 8)))
        value = value[:begin] + draw(st.binary(max_size=6) | st.just(value[begin:end] * 2)) + value[end:]
    return value


# --- laws


@given(SOURCES, st.none() | st.binary(max_size=80))
def test_any_bytes_are_a_touchpoint_or_a_refusal(source: str, value: bytes | None) -> None:
    """Garbage is never an exception, and gets the same answer each time."""
    admitted(source, value)


@given(SOURCES, st.binary(max_size=80))
def test_any_avro_body_is_a_touchpoint_or_a_refusal(source: str, body: bytes) -> None:
    """Nor is garbage behind a schema id that is right."""
    admitted(source, as_avro(source, RAW_EVENTS[source]())[:5] + body)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES.flatmap(lambda s: st.tuples(st.just(s), mutated(as_json(RAW_EVENTS[s]())))))
def test_broken_json_is_a_touchpoint_or_a_refusal(heard: tuple[str, bytes]) -> None:
    """Nor is a valid event with some of its bytes changed."""
    admitted(*heard)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES.flatmap(lambda s: st.tuples(st.just(s), mutated(as_avro(s, RAW_EVENTS[s]())))))
def test_broken_avro_is_a_touchpoint_or_a_refusal(heard: tuple[str, bytes]) -> None:
    """In whichever of the two formats it came."""
    admitted(*heard)


WHOLE = st.tuples(SOURCES, st.booleans(), st.binary(max_size=3))


@given(st.lists(WHOLE, max_size=12))
def test_admitted_and_rejected_are_all_that_was_received(heard: list[tuple[str, bool, bytes]]) -> None:
    """Each record has one answer; none is without, none has two."""
    received = [(source, as_json(RAW_EVENTS[source]()) if whole else noise) for source, whole, noise in heard]
    answers = [admitted(source, value) for source, value in received]
    taken = sum(isinstance(answer, Touchpoint) for answer in answers)
    refused = sum(isinstance(answer, Rejected) for answer in answers)
    assert taken + refused == len(received)
    assert taken >= sum(whole for _, whole, _ in heard)


@pytest.mark.parametrize("source", sorted(RAW_EVENTS))
def test_json_and_avro_give_the_same_touchpoint(source: str) -> None:
    """The format of the wire changes nothing, not even the derived id."""
    event = RAW_EVENTS[source]()
    as_one, as_other = admitted(source, as_json(event)), admitted(source, as_avro(source, event))
    assert isinstance(as_one, Touchpoint)
    assert as_one == as_other


# --- ids


def test_an_event_without_an_id_is_named_by_what_it_says() -> None:
    """The same words at the same time are one event wherever they stand in the log; other words are another."""
    said, other = (as_json(RAW_EVENTS["chat"](text=text)) for text in ("Where is it?", "Where is he?"))
    one, again = (admit(record("chat", said, offset), the_intake()) for offset in (1, 2))
    assert isinstance(one, Touchpoint)
    assert isinstance(again, Touchpoint)
    assert replace(again, origin=one.origin) == one
    different = admit(record("chat", other), the_intake())
    assert isinstance(different, Touchpoint)
    assert different.event_id != one.event_id


def test_a_sources_own_id_is_kept() -> None:
    """Whoever looks for an alert's evidence finds it under the id that the source knows."""
    taken = admitted("chat", as_json(RAW_EVENTS["chat"](event_id="m-17")))
    assert isinstance(taken, Touchpoint)
    assert taken.event_id == "m-17"


def test_an_email_is_named_by_its_message_id() -> None:
    """Exported twice with another body, it is one event."""
    one, other = (admitted("email", as_json(RAW_EVENTS["email"](body=body))) for body in ("One.", "Other."))
    assert isinstance(one, Touchpoint)
    assert isinstance(other, Touchpoint)
    assert one.event_id == other.event_id


# --- refusals


@pytest.mark.parametrize(
    ("value", "stage", "reason"),
    [
        (None, Stage.DECODE, Reason.EMPTY),
        (b"", Stage.DECODE, Reason.EMPTY),
        (b"hello", Stage.DECODE, Reason.UNKNOWN_FORMAT),
        (b"[]", Stage.DECODE, Reason.NOT_AN_OBJECT),
        (b'{"text": "\xff"}', Stage.DECODE, Reason.INVALID_UTF8),
        (b'{"text": ', Stage.DECODE, Reason.MALFORMED_JSON),
        (b"\x00\xff\xff\xff\xff\x00", Stage.DECODE, Reason.UNKNOWN_SCHEMA_ID),
        (as_json(RAW_EVENTS["chat"](session_id=ABSENT)), Stage.NORMALISE, Reason.MISSING_FIELD),
        (as_json(RAW_EVENTS["chat"](occurred_at="2026-03-02T12:00:00")), Stage.NORMALISE, Reason.NAIVE_TIME),
        (as_json(RAW_EVENTS["chat"](occurred_at="1970-01-01T00:00:00Z")), Stage.NORMALISE, Reason.TOO_OLD),
        (as_json(RAW_EVENTS["chat"](occurred_at="2100-01-01T00:00:00Z")), Stage.NORMALISE, Reason.IN_THE_FUTURE),
        (as_json(RAW_EVENTS["chat"](text="a" * 5_000_000)), Stage.NORMALISE, Reason.TEXT_TOO_LONG),
        (as_json(RAW_EVENTS["chat"](customer={})), Stage.IDENTIFY, Reason.NO_IDENTIFIER),
        (as_json(RAW_EVENTS["chat"](rating={"score": float("nan")})), Stage.NORMALISE, Reason.NOT_FINITE),
        (as_json(RAW_EVENTS["chat"](rating={"score": float("inf")})), Stage.NORMALISE, Reason.NOT_FINITE),
    ],
)
def test_what_is_wrong_is_said_by_stage_and_reason(value: bytes | None, stage: Stage, reason: Reason) -> None:
    """Each way to be wrong has its name, and what was expected is said."""
    refused = admitted("chat", value)
    assert isinstance(refused, Rejected)
    assert (refused.stage, refused.reason) == (stage, reason)
    assert refused.expected


def test_a_refusal_carries_the_events_id_where_it_can_be_read() -> None:
    """An operator finds the event in the source's own system; halves of characters are replaced."""
    for claimed, kept in (("m-17", "m-17"), ("\ud800", "�"), ("x" * 600, "x" * 512), (17, "17"), ([17], None)):
        refused = admitted("chat", as_json(RAW_EVENTS["chat"](session_id=ABSENT, event_id=claimed)))
        assert isinstance(refused, Rejected)
        assert refused.event_id == kept


def test_times_of_any_offset_are_the_same_moment() -> None:
    """Noon in London, in Delhi's time and in UTC are one touchpoint's time, in UTC."""
    for said in ("2026-03-02T12:00:00Z", "2026-03-02T17:30:00+05:30", "2026-03-02T12:00:00.000+00:00"):
        taken = admitted("chat", as_json(RAW_EVENTS["chat"](occurred_at=said)))
        assert isinstance(taken, Touchpoint)
        assert (taken.occurred_at, taken.occurred_at.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("source", "said", "thanks"),
    [
        ("email", {"body": "Thanks Anna, that worked!", "in_reply_to": "<m-0@example.com>"}, True),
        ("email", {"body": "Thanks Anna, but it is still broken.", "in_reply_to": "<m-0@example.com>"}, False),
        ("chat", {"kind": "message", "sender": "customer", "text": "thank you so much"}, True),
        ("chat", {"kind": "message", "sender": "agent", "text": "Thank you", "direction": "outbound"}, False),
        ("review", {"title": "", "body": "Thank you"}, False),
    ],
)
def test_a_message_that_only_thanks_says_so(source: str, said: dict[str, Any], thanks: bool) -> None:  # noqa: FBT001 -- a table
    """A reply or a chat message of the customer; an agent's thanks, and a review's, are none."""
    one = admitted(source, as_json(RAW_EVENTS[source]() | {"event_id": "e-1"} | said))
    assert isinstance(one, Touchpoint), one
    assert one.thanks_only is thanks

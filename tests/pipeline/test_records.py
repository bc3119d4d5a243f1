"""Touchpoints, entries and dead letters on the wire and back."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.contracts import schema_book
from pipeline.dead_letters import dead_letter
from pipeline.record import RawRecord
from pipeline.records import entry, entry_of, entry_record, touchpoint, touchpoint_record
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.touchpoint import Entry, Handling, Identifier, Mood, Origin, Score, Told, Touchpoint

BOOK = schema_book()
INT = st.integers(0, 2**31 - 1)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
TIME = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
IDENTIFIER = st.builds(Identifier, TEXT, TEXT)
TOLD = st.builds(Told, IDENTIFIER, TEXT, IDENTIFIER, st.none() | TEXT, st.integers(0, 2**63 - 1))
HANDLING = st.builds(
    Handling,
    wait_seconds=st.none() | NUMBER,
    hold_seconds=st.none() | NUMBER,
    transfers=INT,
    agents=TEXTS,
    queue=st.none() | TEXT,
    outcome=st.none() | TEXT,
)
TOUCHPOINT = st.builds(
    Touchpoint,
    event_id=TEXT,
    source=TEXT,
    channel=TEXT,
    kind=TEXT,
    occurred_at=TIME,
    ended_at=st.none() | TIME,
    customer_id=TEXT,
    account_id=st.none() | TEXT,
    named_by=IDENTIFIER,
    identifiers=st.lists(IDENTIFIER, max_size=3).map(tuple),
    keys=TEXTS,
    item=st.none() | TEXT,
    revision=INT,
    mood=st.none() | st.builds(Mood, NUMBER, NUMBER, INT, st.booleans()),
    topics=TEXTS,
    score=st.none() | st.builds(Score, st.sampled_from(["nps", "csat", "ces", "stars"]), NUMBER, NUMBER, NUMBER),
    handling=st.none() | HANDLING,
    company_negations=INT,
    text=st.none() | TEXT,
    excerpt=st.none() | TEXT,
    tags=TEXTS,
    thanks_only=st.booleans(),
    link=st.none() | TEXT,
    origin=st.builds(Origin, TEXT, INT, st.integers(0, 2**63 - 1)),
    epoch=st.integers(0, 2**63 - 1),
)
ONE = Touchpoint(
    event_id="e-1",
    source="chat",
    channel="chat",
    kind="message",
    occurred_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    ended_at=None,
    customer_id="customer-1",
    account_id=None,
    named_by=Identifier("email", "ada.birch@example.com"),
    identifiers=(Identifier("email", "ada.birch@example.com"),),
    actor="customer",
    direction="inbound",
    keys=("chat:S-1",),
    item=None,
    revision=1,
    mood=None,
    topics=(),
    score=None,
    handling=None,
    asks_human=False,
    company_negations=0,
    text="Charged twice.",
    excerpt="Charged twice.",
    tags=(),
    link=None,
    origin=Origin("voc.raw.chat", 0, 7),
)


@given(TOUCHPOINT)
def test_a_touchpoint_comes_back_from_the_wire_as_it_was(value: Touchpoint) -> None:
    """There and back again is the same value."""
    assert touchpoint(BOOK.decode("touchpoint", BOOK.encode("touchpoint", touchpoint_record(value)))) == value


@given(TOUCHPOINT, st.lists(TOLD, max_size=2))
def test_an_entry_comes_back_from_the_wire_as_it_was(value: Touchpoint, answers: list[Told]) -> None:
    """State that is read again is the state that was written."""
    kept = replace(entry_of(value), answers=tuple(answers))
    assert entry(BOOK.decode("timeline-entry", BOOK.encode("timeline-entry", entry_record(kept)))) == kept


@given(TOUCHPOINT)
def test_an_entry_is_the_touchpoint_without_its_words(value: Touchpoint) -> None:
    """What both have is the same; the text and the link stay behind."""
    kept = entry_of(value)
    shared = {f.name for f in fields(Entry)} - {"answers"}
    assert all(getattr(kept, name) == getattr(value, name) for name in shared)
    assert kept.answers == ()
    assert {f.name for f in fields(Touchpoint)} - shared == {"text", "link"}


@pytest.mark.parametrize(
    "time",
    [
        ONE.occurred_at.replace(microsecond=1),
        ONE.occurred_at.replace(microsecond=1001),
        ONE.occurred_at.replace(tzinfo=None),
    ],
)
def test_a_time_that_would_not_survive_the_wire_is_refused(time: datetime) -> None:
    """A finer time would come back changed, a naive one moved."""
    for wrong in (replace(ONE, occurred_at=time), replace(ONE, ended_at=time)):
        with pytest.raises(ValueError, match="whole milliseconds"):
            touchpoint_record(wrong)
        with pytest.raises(ValueError, match="whole milliseconds"):
            entry_record(entry_of(wrong))


RAW = RawRecord(
    source="chat",
    origin=Origin("voc.raw.chat", 2, 55),
    received_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    key=None,
    value=b"\x00\xff{",
    headers=(("a", None), ("a", b"\xff")),
)
REJECTED = Rejected(Stage.DECODE, Reason.MALFORMED_AVRO, None, "raw.chat in Avro")


def test_a_dead_letter_carries_the_event_byte_for_byte() -> None:
    """Whoever repairs it has all that came: key, value, headers in order, where and when."""
    letter = BOOK.decode("dead-letter", BOOK.encode("dead-letter", dead_letter(REJECTED, RAW, "tellonce/0.1.0", 3)))
    assert letter == {
        "dead_letter_id": letter["dead_letter_id"],
        "stage": "decode",
        "reason": "malformed_avro",
        "field": None,
        "expected": "raw.chat in Avro",
        "source": "chat",
        "event_id": None,
        "topic": "voc.raw.chat",
        "partition": 2,
        "offset": 55,
        "received_at": RAW.received_at,
        "key": None,
        "value": b"\x00\xff{",
        "headers": [{"key": "a", "value": None}, {"key": "a", "value": b"\xff"}],
        "replayed_at": None,
        "replayed_by": None,
        "by": "tellonce/0.1.0",
        "attempts": 3,
    }


def test_a_dead_letter_heard_twice_has_one_id() -> None:
    """The id stands for the place in the log, not for the attempt."""
    first, again = (dead_letter(REJECTED, RAW, "tellonce/0.1.0", attempts) for attempts in (1, 2))
    other = dead_letter(REJECTED, replace(RAW, origin=Origin("voc.raw.chat", 2, 56)), "tellonce/0.1.0")
    assert first["dead_letter_id"] == again["dead_letter_id"] != other["dead_letter_id"]
    assert first["attempts"] == 1

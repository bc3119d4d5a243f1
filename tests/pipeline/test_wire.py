"""Bytes to records and back: whatever comes, a record or a `Refused` at the stage decode."""

import json
import struct
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastavro import parse_schema
from fastavro.schema import UnknownType
from hypothesis import given
from hypothesis import strategies as st

from agents.contracts import known_schemas, schema_book
from pipeline.refusal import Reason, Refused, Rejected, Stage
from pipeline.wire import KnownSchema, SchemaBook
from tests.schemas.contracts import example, examples, newest, record_of

BOOK = schema_book()
RECORDS = [(subject, record_of(example(subject, shows), newest()[subject])) for subject, shows in examples()]
ENCODED = [(subject, BOOK.encode(subject, record)) for subject, record in RECORDS]
CHAT: dict[str, Any] = {"occurred_at": 0, "session_id": "S-1"}
CHAT_BODY = b"\x00\x00\x02"  # event_id null, occurred_at 0, session_id of one byte to follow


def fate(decode: Callable[[str, bytes], dict[str, Any]], subject: str, data: bytes) -> dict[str, Any] | Rejected:
    """Return what becomes of the bytes; anything else that is raised fails the test."""
    try:
        return decode(subject, data)
    except Refused as refused:
        return refused.rejected


def is_settled(found: dict[str, Any] | Rejected) -> bool:
    """Return whether it is a record, or a refusal at the stage decode."""
    return isinstance(found, dict) or found.stage is Stage.DECODE


def reason_of(data: bytes | None, subject: str = "raw.chat") -> Reason:
    """Return why the bytes are refused."""
    with pytest.raises(Refused) as refused:
        BOOK.decode_raw(subject, data)
    assert refused.value.rejected.stage is Stage.DECODE
    return refused.value.rejected.reason


@given(data=st.binary(max_size=200), subject=st.sampled_from(sorted(newest())))
def test_garbage_is_a_record_or_a_refusal(data: bytes, subject: str) -> None:
    """No bytes from outside raise anything else."""
    assert is_settled(fate(BOOK.decode, subject, data))
    assert is_settled(fate(BOOK.decode_raw, subject, data))


@given(
    which=st.sampled_from(ENCODED),
    at=st.integers(5, 400),
    cut=st.integers(0, 8),
    put=st.one_of(st.binary(max_size=12), st.integers(1, 12).map(lambda n: b"\xff" * n)),
)
def test_damaged_avro_is_a_record_or_a_refusal(which: tuple[str, bytes], at: int, cut: int, put: bytes) -> None:
    """A flipped, missing or inserted byte is caught wherever it lies."""
    subject, data = which
    assert is_settled(fate(BOOK.decode, subject, data[:at] + put + data[at + cut :]))


@given(text=st.text(max_size=200))
def test_text_is_a_record_or_a_refusal(text: str) -> None:
    """What looks like JSON is no different."""
    for data in (text, "{" + text, '{"a": ' + text, json.dumps({"a": text})):
        assert is_settled(fate(BOOK.decode_raw, "raw.chat", data.encode()))


@pytest.mark.parametrize(("subject", "record"), RECORDS)
def test_the_header_is_the_confluent_one(subject: str, record: dict[str, Any]) -> None:
    """Any Confluent client finds the schema by the four bytes."""
    known = {one.subject: one.id for one in known_schemas()}
    assert BOOK.encode(subject, record)[:5] == struct.pack(">bI", 0, known[subject])


@given(ms=st.integers(-62_135_596_800_000, 253_402_300_799_998), micros=st.integers(0, 999))
def test_times_come_back_aware_and_cut_to_the_millisecond(ms: int, micros: int) -> None:
    """Before 1970 too: what is under a millisecond is cut, never rounded up."""
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    finer = time + timedelta(microseconds=micros)
    found = BOOK.decode("raw.chat", BOOK.encode("raw.chat", CHAT | {"occurred_at": finer}))["occurred_at"]
    assert found.tzinfo is UTC
    assert found == time


@pytest.mark.parametrize("long", [-(2**63), -62_135_596_800_001, 253_402_300_800_000, 2**63 - 1])
def test_a_time_outside_the_calendar_is_unreadable(long: int) -> None:
    """Just before year 1, just after year 9999, and the ends of Avro's long."""
    data = BOOK.encode("raw.chat", CHAT | {"occurred_at": long})
    assert reason_of(data) is Reason.UNREADABLE_TIME


@pytest.mark.parametrize("long", [-62_135_596_800_000, 253_402_300_799_999])
def test_the_first_and_the_last_time_of_the_calendar_are_read(long: int) -> None:
    """Whether to believe them is the reader of fields' to say."""
    assert BOOK.decode("raw.chat", BOOK.encode("raw.chat", CHAT | {"occurred_at": long}))["session_id"] == "S-1"


@pytest.mark.parametrize("data", [None, b"", b"  \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \t"])
def test_nothing_is_empty(data: bytes | None) -> None:
    """A tombstone, no bytes, white space, a byte order mark alone."""
    assert reason_of(data) is Reason.EMPTY


@pytest.mark.parametrize("data", [b"\x01\x00\x00\x00\x01", b"<chat/>", b"\xff\xfe{\x00", b"true!", b"\x1f\x8b", b"-x"])
def test_another_first_byte_is_an_unknown_format(data: bytes) -> None:
    """XML, UTF-16, gzip, words: neither Avro nor JSON."""
    assert reason_of(data) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_header_that_is_cut_off_is_malformed(size: int) -> None:
    """Five bytes are the least."""
    assert reason_of(ENCODED[0][1][:size]) is Reason.MALFORMED_AVRO


def test_an_id_that_nobody_gave_is_unknown() -> None:
    """The refusal says which ids the subject has."""
    assert reason_of(b"\x00\x7f\xff\xff\xff" + CHAT_BODY) is Reason.UNKNOWN_SCHEMA_ID
    assert reason_of(b"\x00\xff\xff\xff\xff" + CHAT_BODY) is Reason.UNKNOWN_SCHEMA_ID


def test_the_id_of_another_subject_is_the_wrong_schema() -> None:
    """A phone call on the chat topic."""
    data = next(data for subject, data in ENCODED if subject == "raw.phone")
    assert reason_of(data) is Reason.WRONG_SCHEMA


def test_bytes_after_the_record_are_refused() -> None:
    """Two records in one value would lose the second."""
    data = BOOK.encode("raw.chat", CHAT)
    assert reason_of(data + b"\x00") is Reason.TRAILING_BYTES
    assert reason_of(data + data) is Reason.TRAILING_BYTES


def test_every_cut_of_a_record_is_refused() -> None:
    """Wherever the bytes end too early."""
    for subject, data in ENCODED:
        for end in range(5, len(data)):
            with pytest.raises(Refused):
                BOOK.decode(subject, data[:end])


def test_a_string_that_is_not_utf8_is_named_so() -> None:
    """In Avro as in JSON."""
    assert reason_of(b"\x00\x00\x00\x00\x01" + CHAT_BODY + b"\xff" + b"\x00" * 8) is Reason.INVALID_UTF8
    assert reason_of(b'{"text": "\xff"}') is Reason.INVALID_UTF8


def test_a_claimed_length_allocates_nothing() -> None:
    """A string or a list that claims 2^62 items in a few bytes costs a few bytes."""
    claim = b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
    phone = BOOK.encode("raw.phone", {"occurred_at": 0, "call_id": "1"})
    tracemalloc.start()
    try:
        for at in range(5, len(phone)):
            with pytest.raises(Refused):
                BOOK.decode("raw.phone", phone[:at] + claim + phone[at + 1 :])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_skipped_fields_are_not_read_past_the_end() -> None:
    """A version that knows fewer fields skips the others, and sees that one is cut off."""

    def version(number: int, *names: str) -> KnownSchema:
        fields = [{"name": name, "type": "string", "default": ""} for name in names]
        return KnownSchema(number, "thing", number, {"type": "record", "name": "Thing", "fields": fields})

    old, new = version(1, "kept", "skipped"), version(2, "kept")
    book = SchemaBook([old, new])
    data = SchemaBook([old]).encode("thing", {"kept": "a", "skipped": "bcd"})
    assert book.decode("thing", data) == {"kept": "a"}
    for damaged in (data[:-1], data[:-4] + b"\x05bcd", data[:-4] + b"\x7fbcd"):
        with pytest.raises(Refused):
            book.decode("thing", damaged)


def test_an_id_given_twice_stops_the_start() -> None:
    """Two schemas under one id would be read as each other."""
    one = known_schemas()[0]
    with pytest.raises(ValueError, match="schema id 1 "):
        SchemaBook([one, one])


@pytest.mark.parametrize("lead", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_json_may_begin_with_a_mark_and_white_space(lead: bytes) -> None:
    """Files saved on Windows begin so."""
    assert BOOK.decode_raw("raw.chat", lead + b'{"session_id": "S-1"}') == {"session_id": "S-1"}


def test_json_is_left_as_it_is_written() -> None:
    """Times stay text, unknown fields stay, and of a key written twice the last counts."""
    data = b'{"occurred_at": "2026-03-01T09:30:00Z", "mine": [1], "kind": "a", "kind": "b"}'
    assert BOOK.decode_raw("raw.chat", data) == {"occurred_at": "2026-03-01T09:30:00Z", "mine": [1], "kind": "b"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_reach_the_reader_of_fields(number: str) -> None:
    """It refuses them by the name of the field."""
    assert str(BOOK.decode_raw("raw.survey", f'{{"score": {number}}}'.encode())["score"]) in {"nan", "inf", "-inf"}


def test_half_an_emoji_becomes_the_replacement_character() -> None:
    """A chat widget that cuts a message at its limit must not cost us the message; whole ones stay."""
    data = rb'{"text": "help \ud83d", "a\udc00": ["\\ud83d"], "whole": "\ud83d\ude00", "NaN": NaN}'
    found = BOOK.decode_raw("raw.chat", data)
    assert found["text"] == "help \ufffd"
    assert found["a\ufffd"] == [r"\ud83d"]
    assert found["whole"] == "\U0001f600"


@pytest.mark.parametrize(
    "data", [b"[1, 2]", b'"text"', b"12", b"-1.5", b"true", b"false", b"null", b"NaN", b"Infinity"]
)
def test_json_that_is_not_an_object_is_named_so(data: bytes) -> None:
    """A list of events is not an event."""
    assert reason_of(data) is Reason.NOT_AN_OBJECT


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"a": 1,}',
        b'{"a": 1}{"b": 2}',
        b"{'a': 1}",
        b'{"a": "line\nbreak"}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001,
        b'{"a": ' + b"9" * 4301 + b"}",
    ],
    ids=["open", "comma", "two", "quotes", "line", "lists", "objects", "digits"],
)
def test_broken_json_is_malformed(data: bytes) -> None:
    """Cut off, two at once, too deep, and a number that nobody could have meant."""
    assert reason_of(data) is Reason.MALFORMED_JSON


def test_a_whole_number_of_4300_digits_is_still_read() -> None:
    """Exactly at the limit."""
    assert BOOK.decode_raw("raw.chat", b'{"a": ' + b"9" * 4300 + b"}")["a"] > 10**4299


def test_a_refusal_never_repeats_what_was_found() -> None:
    """It may be personal data."""
    for data in (b'{"email": ada.birch@example.com}', b"ada.birch@example.com", b'"ada.birch@example.com"'):
        with pytest.raises(Refused) as refused:
            BOOK.decode_raw("raw.chat", data)
        assert "ada" not in str(refused.value)


def test_json_is_not_taken_where_only_our_own_write() -> None:
    """Beyond the raw topics everything is Avro."""
    with pytest.raises(Refused) as refused:
        BOOK.decode("touchpoint", b"{}")
    assert refused.value.rejected.reason is Reason.UNKNOWN_FORMAT


@given(which=st.sampled_from(RECORDS), data=st.data())
def test_what_is_alike_is_written_as_if_each_were_written_whole(
    which: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    """A record is its fields in a row, so its end may be written once for many, wherever it is cut."""
    subject, record = which
    names = [field["name"] for field in newest()[subject]["fields"]]
    whole = {name: BOOK.decode(subject, BOOK.encode(subject, record))[name] for name in names}
    first = data.draw(st.sampled_from([place for place in range(1, len(names) + 1) if can_be_cut(subject, place)]))
    head, tail = ({name: whole[name] for name in part} for part in (names[:first], names[first:]))
    found = list(BOOK.encode_alike(subject, [head, head], tail))
    assert found == [(head, BOOK.encode(subject, whole))] * 2


def can_be_cut(subject: str, place: int) -> bool:
    """Return whether no record that the fields before this place define is meant by name behind it."""
    behind = newest()[subject]["fields"][place:]
    try:
        parse_schema({"type": "record", "name": "Behind", "namespace": "io.tellonce.v1", "fields": behind})
    except UnknownType:
        return False
    return True


def test_a_tail_that_is_not_the_end_is_refused() -> None:
    """Our own mistake, said as one."""
    with pytest.raises(ValueError, match="customer_id are not the last fields of identity-change"):
        list(BOOK.encode_alike("identity-change", [{}], {"customer_id": "c"}))

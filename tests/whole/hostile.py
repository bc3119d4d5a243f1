"""Broken events of every source, each with the dead letter that it must become.

Rule 1. A case is built from the source's valid event, with one thing wrong; where it names a field, that field.
Rule 2. What is wrong before anybody knows the source's fields is the same for all: bytes, Avro, JSON, times, people.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.wire import SchemaBook
from tests.builders import ABSENT, RAW_EVENTS, RawEvent

NEEDED = {
    "chat": "session_id",
    "phone": "call_id",
    "email": "message_id",
    "review": "review_id",
    "survey": "response_id",
    "other": "channel",
}
"""A field that the source cannot do without."""

SHOWN = {"phone": ("from", "to"), "email": ("from", "to"), "review": ("author",)}
"""Fields outside `customer` that show who the customer is."""

JUNK = {"customer_id": "0", "email": "test@test.com", "phone": "anonymous", "visitor_id": "null", "handle": "guest"}
LONG = "so slow " * (5 * 1024 * 1024 // 8)
NESTED = 100_000
"""Far beyond what Python's reader takes, and a hundredth of what a topic takes."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One broken event, and what its dead letter must say."""

    name: str
    source: str
    value: bytes | None
    stage: str
    reason: str
    field: str | None = None

    @property
    def key(self) -> bytes:
        """The key that it is fed with."""
        return f"hostile/{self.name}".encode()


def hostile(source: str, book: SchemaBook) -> Iterator[Hostile]:
    """Yield the cases of one source."""
    yield from _bytes(source, book)
    for name, (reason, field, overrides) in _fields(source).items():
        value = json.dumps(RAW_EVENTS[source](event_id=f"h-{name}", **overrides)).encode()
        yield Hostile(name, source, value, "identify" if reason == "no_identifier" else "normalise", reason, field)


def _bytes(source: str, book: SchemaBook) -> Iterator[Hostile]:
    avro = avro_of(source, book)
    stranger = next(each for each in NEEDED if each != source)
    event = json.dumps(RAW_EVENTS[source](), ensure_ascii=False).encode()
    cases: dict[str, tuple[bytes | None, str]] = {
        "garbage": (bytes(range(0x80, 0x100)), "unknown_format"),
        "wrong magic": (b"\x01" + avro[1:], "unknown_format"),
        "unknown schema id": (struct.pack(">BI", 0, 999_999) + avro[5:], "unknown_schema_id"),
        "no schema id": (avro[:4], "malformed_avro"),
        "Avro cut off": (avro[:-3], "malformed_avro"),
        "trailing bytes": (avro + b"\x00", "trailing_bytes"),
        "Avro of another source": (avro_of(stranger, book), "wrong_schema"),
        "null": (None, "empty"),
        "empty": (b"", "empty"),
        "white space": (b" \r\n\t ", "empty"),
        "invalid UTF-8": (event.replace(b"Z", b"Z\xff", 1), "invalid_utf8"),
        "surrogates in UTF-8": (event.replace(b"Z", b"\xed\xa0\x80", 1), "invalid_utf8"),
        "JSON cut off": (event[:-1], "malformed_json"),
        "two JSON objects": (event + event, "malformed_json"),
        "deep JSON": (b'{"a":' * NESTED + b"1" + b"}" * NESTED, "malformed_json"),
        "a list": (b"[" + event + b"]", "not_an_object"),
        "a text": (b'"hello"', "not_an_object"),
    }
    for name, (value, reason) in cases.items():
        yield Hostile(name, source, value, "decode", reason)


def _fields(source: str) -> dict[str, tuple[str, str, RawEvent]]:
    nobody: RawEvent = {"customer": ABSENT, **dict.fromkeys(SHOWN.get(source, ()), ABSENT)}
    junk: RawEvent = {"customer": JUNK, **dict.fromkeys(SHOWN.get(source, ()), "anonymous")}
    if "to" in junk and source == "email":
        junk["to"] = ["anonymous"]
    return {
        "missing field": ("missing_field", NEEDED[source], {NEEDED[source]: ABSENT}),
        "no time": ("missing_field", "occurred_at", {"occurred_at": ABSENT}),
        "naive time": ("naive_time", "occurred_at", {"occurred_at": "2026-03-02T12:00:00"}),
        "unreadable time": ("unreadable_time", "occurred_at", {"occurred_at": "yesterday"}),
        "1970": ("too_old", "occurred_at", {"occurred_at": "1970-01-01T00:00:00Z"}),
        "2100": ("in_the_future", "occurred_at", {"occurred_at": "2100-01-01T00:00:00Z"}),
        "time is true": ("wrong_type", "occurred_at", {"occurred_at": True}),
        "time is NaN": ("not_finite", "occurred_at", {"occurred_at": float("nan")}),
        "no identifier": ("no_identifier", "customer", nobody),
        "junk identifiers": ("no_identifier", "customer", junk),
        "customer is a text": ("wrong_type", "customer", {"customer": "Anna"}),
        "another source": ("unknown_channel", "source", {"source": "telepathy"}),
        **_own(source),
    }


def _own(source: str) -> Mapping[str, tuple[str, str, RawEvent]]:
    nan, infinite = float("nan"), float("inf")
    own: dict[str, dict[str, tuple[str, str, RawEvent]]] = {
        "chat": {
            "5 MB": ("text_too_long", "text", {"text": LONG}),
            "NaN": ("not_finite", "rating.score", {"kind": "ended", "rating": {"score": nan}}),
            "infinite": ("not_finite", "rating.score", {"kind": "ended", "rating": {"score": infinite}}),
            "unknown sender": ("unknown_value", "sender", {"sender": "parrot"}),
        },
        "phone": {
            "5 MB": ("text_too_long", "transcript[0].text", {"transcript": [{"speaker": "customer", "text": LONG}]}),
            "NaN": ("not_finite", "hold_seconds", {"hold_seconds": nan}),
            "infinite": ("not_finite", "hold_seconds", {"hold_seconds": -infinite}),
            "ends before it begins": ("times_out_of_order", "ended_at", {"ended_at": "2026-03-02T11:00:00Z"}),
            "unknown outcome": ("unknown_value", "outcome", {"outcome": "eaten"}),
        },
        "email": {
            "5 MB": ("text_too_long", "body", {"body": LONG}),
            "infinite": ("not_finite", "occurred_at", {"occurred_at": infinite}),
            "unknown direction": ("unknown_value", "direction", {"direction": "sideways"}),
        },
        "review": {
            "5 MB": ("text_too_long", "body", {"body": LONG}),
            "NaN": ("not_finite", "stars", {"stars": nan}),
            "infinite": ("not_finite", "stars_max", {"stars_max": infinite}),
            "six stars": ("out_of_scale", "stars", {"stars": 6}),
        },
        "survey": {
            "5 MB": ("text_too_long", "comment", {"comment": LONG}),
            "NaN": ("not_finite", "score", {"score": nan}),
            "infinite": ("not_finite", "score", {"score": infinite}),
            "score is a text": ("wrong_type", "score", {"score": "ten"}),
            "NPS 11": ("out_of_scale", "score", {"score": 11}),
        },
        "other": {
            "5 MB": ("text_too_long", "text", {"text": LONG}),
            "infinite": ("not_finite", "occurred_at", {"occurred_at": -infinite}),
            "unknown channel": ("unknown_channel", "channel", {"channel": "carrier_pigeon"}),
            "tags are a text": ("wrong_type", "tags", {"tags": "mention"}),
        },
    }
    return own[source]


def avro_of(source: str, book: SchemaBook) -> bytes:
    """Return the source's valid event in Avro."""
    event: dict[str, Any] = RAW_EVENTS[source]()
    timed = {name: datetime.fromisoformat(each) for name, each in event.items() if name.endswith("_at")}
    return book.encode(f"raw.{source}", {**event, **timed})

"""Hostile raw messages, made from valid ones: the same seed gives the same messages.

Rule 1. Every message begins as one of the examples in schemas/examples, as JSON or as Avro, so that most of it is
        right and the reading goes deep before it meets what is wrong.
Rule 2. What is wrong is done to the bytes, or to the fields before they are written: types, sizes, times, characters.
"""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from tests.schemas.contracts import example, examples, newest, record_of
from tests.simulation.intake import the_intake

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u200b\ufeff",
    "İıſß",
    "👩‍👩‍👧‍👦" * 50,
    "a\u0301" * 300,
    "9" * 5000,
    "+" * 2000,
    "(" * 3000,
    "@" * 3000,
    "a@" * 1500,
    "." * 4000,
    "> " * 2000,
    "<" * 2000,
    "not not not never no " * 300,
    "NaN",
    "2026-03-02",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-03-02T12:00:00+99:99",
    "２０２６-03-02T12:00:00Z",
    "+44 20 7946 0001",
    "anonymous",
    "x" * 70_000,
    "\n" * 5000,
    "-- \nOn Monday, somebody wrote:\n>" * 100,
)
NUMBERS = (
    0,
    -0.0,
    -1,
    11,
    2**31,
    -(2**31) - 1,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
    253402300800000,
    -62135596800001,
    1_772_449_200,
)
ODD: tuple[object, ...] = (None, True, False, [], {}, [[]], [{}], [None], {"a": {"b": []}}, *TEXTS, *NUMBERS)


def messages(source: str, number: int, seed: int) -> Iterator[bytes]:
    """Yield so many hostile values of a raw topic."""
    random = Random(f"{source} {seed}")  # noqa: S311 -- repeatable, not secret
    ways = (_broken_json, _broken_avro, _odd_json, _odd_avro, _noise)
    for _ in range(number):
        yield random.choices(ways, (3, 3, 4, 3, 1))[0](source, random)


@cache
def _examples(source: str) -> tuple[dict[str, Any], ...]:
    return tuple(example(of, shows) for of, shows in examples() if of == f"raw.{source}")


@cache
def _schema(source: str) -> Mapping[str, Any]:
    return newest()[f"raw.{source}"]


@cache
def _as_avro(source: str) -> tuple[bytes, ...]:
    schema = _schema(source)
    return tuple(the_intake().book.encode(f"raw.{source}", record_of(each, schema)) for each in _examples(source))


def _broken_json(source: str, random: Random) -> bytes:
    return mutated(json.dumps(random.choice(_examples(source))).encode(), random)


def _broken_avro(source: str, random: Random) -> bytes:
    valid = random.choice(_as_avro(source))
    return valid[:5] + mutated(valid[5:], random) if random.random() < 0.9 else mutated(valid, random)


def _odd_json(source: str, random: Random) -> bytes:
    event = deepcopy(random.choice(_examples(source)))
    names = [field["name"] for field in _schema(source)["fields"]]
    for _ in range(random.randint(1, 4)):
        if random.random() < 0.5:
            _odd_place(event, random)
        else:
            event[random.choice(names)] = deepcopy(random.choice(ODD))
    text = json.dumps(event, ensure_ascii=random.random() < 0.5)
    return (random.choice(("", "", "\ufeff", " \r\n")) + text).encode("utf-8", "surrogatepass")


def _odd_place(value: Any, random: Random) -> None:  # noqa: ANN401 -- JSON
    """Put something odd in one place somewhere inside."""
    while isinstance(value, dict | list) and value:
        at = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if random.random() < 0.4 or not isinstance(value[at], dict | list):
            value[at] = deepcopy(random.choice(ODD))
            return
        value = value[at]


def _odd_avro(source: str, random: Random) -> bytes:
    """Return what the schema allows, and a source should not send."""
    schema = _schema(source)
    record = record_of(random.choice(_examples(source)), schema)
    for _ in range(random.randint(1, 4)):
        field = random.choice(schema["fields"])
        record[field["name"]] = _odd_value(field["type"], random, {})
    try:
        return the_intake().book.encode(f"raw.{source}", record)
    except (OverflowError, UnicodeEncodeError):  # no writer of Avro could send it
        return _odd_avro(source, random)


def _odd_value(schema: Any, random: Random, named: dict[str, Any]) -> Any:  # noqa: ANN401 -- a case a type
    if isinstance(schema, list):
        return _odd_value(random.choice(schema), random, named)
    if isinstance(schema, str) and schema in named:
        return _odd_value(named[schema], random, named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(schema, dict) and schema.get("logicalType") == "timestamp-millis":
        return EPOCH + timedelta(days=random.choice((-700_000, -1, 0, 20_000, 20_514, 2_900_000)))
    if kind == "record":
        named[schema["name"]] = schema
        return {field["name"]: _odd_value(field["type"], random, named) for field in schema["fields"]}
    if kind == "array":
        return [_odd_value(schema["items"], random, named) for _ in range(random.choice((0, 1, 3, 60)))]
    simple: Mapping[str, tuple[Any, ...]] = {
        "null": (None,),
        "boolean": (True, False),
        "int": (0, -1, 11, 2**31 - 1, -(2**31)),
        "long": (0, -1, 2**63 - 1, -(2**63)),
        "float": (0.0, math.nan, math.inf, 11.0),
        "double": (0.0, math.nan, -math.inf, 1e308, 11.0),
        "bytes": (b"", b"\xff\x00"),
        "string": tuple(text for text in TEXTS if text.isprintable() or "\n" in text),
    }
    return random.choice(simple[kind])


def _noise(source: str, random: Random) -> bytes:
    header = random.choice((b"", b"{", b"[", b"\x00", struct.pack(">BI", 0, random.randint(0, 30)), b"\xef\xbb\xbf{"))
    del source
    return header + random.randbytes(random.choice((0, 1, 5, 200)))


def mutated(value: bytes, random: Random) -> bytes:
    """Return the bytes with a few of them turned, lost, doubled, moved or replaced."""
    out = bytearray(value)
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        at, size = random.randrange(len(out) + 1), random.choice((1, 1, 2, 8, 64))
        way = random.randrange(6)
        if way == 0 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif way == 1:
            del out[at : at + size]
        elif way == 2:
            out[at:at] = random.randbytes(size)
        elif way == 3:
            out[at:at] = out[at : at + size]
        elif way == 4:
            out[at : at + size] = random.choice((b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"}", b"\\u0000", b"1e999"))
        else:
            del out[at:]
    return bytes(out)

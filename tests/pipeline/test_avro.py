"""What is written is what fastavro writes, byte by byte."""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from pipeline.avro import writer
from tests.schemas.contracts import newest

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES | st.just(UTC))  # noqa: DTZ001 -- hypothesis gives them their zone
SIMPLE: Mapping[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1) | st.integers(-70, 70),
    "double": st.floats(),
    "string": st.text(max_size=80),
    "bytes": st.binary(max_size=80),
}


def fitting(type_: Any, records: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: ANN401 -- a schema, and what fits it
    """Return values that fit a type; of a record, fields with a default may be missing."""
    if isinstance(type_, list):
        return st.one_of([fitting(branch, records) for branch in type_])
    type_ = records.get(type_, type_) if isinstance(type_, str) else type_
    if isinstance(type_, str):
        return SIMPLE[type_]
    if type_["type"] == "record":
        records[type_["name"]] = type_
        fields = {field["name"]: fitting(field["type"], records) for field in type_["fields"]}
        absent = {field["name"] for field in type_["fields"] if "default" in field}
        return st.fixed_dictionaries(
            {name: values for name, values in fields.items() if name not in absent},
            optional={name: values for name, values in fields.items() if name in absent},
        )
    if type_["type"] == "array":
        return st.lists(fitting(type_["items"], records), max_size=3)
    return TIMES if type_.get("logicalType") == "timestamp-millis" else SIMPLE[type_["type"]]


def by_fastavro(schema: Any, record: Any) -> bytes:  # noqa: ANN401 -- likewise
    """Return what fastavro writes."""
    wire = BytesIO()
    schemaless_writer(wire, schema, record)
    return wire.getvalue()


def of_one(type_: Any) -> Any:  # noqa: ANN401 -- likewise
    """Return the schema of a record with one field."""
    return parse_schema({"type": "record", "name": "One", "fields": [{"name": "it", "type": type_}]})


SCHEMAS = {subject: parse_schema(dict(schema)) for subject, schema in newest().items()}
FITTING = {subject: fitting(schema, {}) for subject, schema in SCHEMAS.items()}
WRITERS = {subject: writer(schema, b"head") for subject, schema in SCHEMAS.items()}


@given(data=st.data(), subject=st.sampled_from(sorted(SCHEMAS)))
def test_the_bytes_are_fastavros(data: st.DataObject, subject: str) -> None:
    """Of every subject, whatever is in the record."""
    record = data.draw(FITTING[subject])
    assert WRITERS[subject](record) == b"head" + by_fastavro(SCHEMAS[subject], record)


@given(number=st.integers(-(2**63), 2**63 - 1))
@pytest.mark.parametrize("type_", ["long", {"type": "long", "logicalType": "timestamp-millis"}])
def test_a_whole_number_is_written_as_fastavro_writes_it(type_: Any, number: int) -> None:  # noqa: ANN401 -- likewise
    """Times may be epoch milliseconds too."""
    schema = of_one(type_)
    assert writer(schema)({"it": number}) == by_fastavro(schema, {"it": number})


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_a_number_of_more_than_64_bits_is_an_overflow(number: int) -> None:
    """Nobody could read it."""
    with pytest.raises(OverflowError):
        writer(of_one("long"))({"it": number})


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", None),
        ("string", b"bytes"),
        ("string", "half a pair \ud83d"),
        ("bytes", "text"),
        ("long", "7"),
        ("long", 7.5),
        ("long", None),
        ("double", "7"),
        (["null", "string"], 7),
        ({"type": "array", "items": "string"}, 7),
        ({"type": "long", "logicalType": "timestamp-millis"}, datetime(2026, 3, 2)),  # noqa: DTZ001 -- naive: whose time?
    ],
)
def test_what_does_not_fit_is_not_written(type_: Any, value: object) -> None:  # noqa: ANN401 -- likewise
    """Better an error than bytes that mean another thing."""
    with pytest.raises((TypeError, AttributeError, UnicodeEncodeError, struct.error)):
        writer(of_one(type_))({"it": value})


def test_a_field_that_must_be_there_is_missed_by_name() -> None:
    """It has no default."""
    with pytest.raises(KeyError, match="it"):
        writer(of_one("string"))({})


@pytest.mark.parametrize(
    ("type_", "named"),
    [
        ({"type": "map", "values": "string"}, "map"),
        ({"type": "enum", "name": "Colour", "symbols": ["RED"]}, "enum"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4}, "decimal"),
        ("float", "float"),
        (["string", "long"], "union"),
        (["null", "string", "long"], "union"),
    ],
)
def test_a_type_that_is_not_known_is_refused_at_once(type_: Any, named: str) -> None:  # noqa: ANN401 -- likewise
    """Who changes a schema hears it when the function is made, not from a reader of the topic."""
    with pytest.raises(ValueError, match=named):
        writer(of_one(type_))

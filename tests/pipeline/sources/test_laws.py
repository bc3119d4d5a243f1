"""What holds of every source and any event at all."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.refusal import Refused
from pipeline.sources import SOURCES
from tests.builders import RAW_EVENTS, RawEvent, report

SCHEMAS = Path(__file__).parents[3] / "schemas"
SOURCE_NAMES = st.sampled_from(sorted(SOURCES))

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
"""Text with control characters and half surrogate pairs."""
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 2**63, 1e308, -1e308, 253402300800000, -62135596800001])
)
odd = st.sampled_from(
    [
        "",
        " ",
        "\ud800",
        "\x00",
        "9" * 600,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-02",
        "(" * 400 + "@",
        "<>",
        ":",
        datetime(2026, 3, 2),  # noqa: DTZ001 -- a naive time is what is tested
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        b"bytes",
        [[]],
        [{}],
        {"a": {}},
    ]
)
any_value = st.recursive(
    st.none() | st.booleans() | numbers | any_text | odd,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


def _columns(source: str) -> list[Mapping[str, Any]]:
    schema = json.loads((SCHEMAS / f"raw.{source}.v1.avsc").read_text())
    return cast("list[Mapping[str, Any]]", schema["fields"])


def _paths(event: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, ...]] = []
    entries = event.items() if isinstance(event, dict) else enumerate(event) if isinstance(event, list) else ()
    for key, value in entries:
        inner += [(*path, key), *_paths(value, (*path, key))]
    return inner


def _assert_understood_or_refused(source: str, event: Mapping[str, object]) -> None:
    try:
        understood = report(source, event)
    except Refused:
        return
    assert understood.source == source
    assert understood.occurred_at.utcoffset() is not None
    for part in (understood.text, understood.company_text, *understood.keys, *understood.natural_key):
        assert b"\x00" not in (part or "").encode()  # and every text can be encoded


@given(SOURCE_NAMES, st.dictionaries(any_text, any_value, max_size=6))
def test_any_object_is_understood_or_refused(source: str, event: dict[str, object]) -> None:
    """No mapping makes a source raise anything but `Refused`."""
    _assert_understood_or_refused(source, event)


@given(SOURCE_NAMES, st.data())
def test_any_values_of_known_fields_are_understood_or_refused(source: str, data: st.DataObject) -> None:
    """Nor does one that has the contract's fields with anything in them."""
    names = st.sampled_from([column["name"] for column in _columns(source)])
    _assert_understood_or_refused(source, data.draw(st.dictionaries(names, any_value)))


@given(SOURCE_NAMES, st.data())
def test_a_valid_event_with_one_thing_wrong_is_understood_or_refused(source: str, data: st.DataObject) -> None:
    """Nor does a valid event in which one field, at any depth, is left out or replaced by anything."""
    event: Any = json.loads(json.dumps(RAW_EVENTS[source]()))
    *above, last = data.draw(st.sampled_from(_paths(event)))
    inside = event
    for step in above:
        inside = inside[step]
    if data.draw(st.booleans()):
        del inside[last]
    else:
        inside[last] = data.draw(any_value)
    _assert_understood_or_refused(source, event)


@given(SOURCE_NAMES, st.dictionaries(st.text(min_size=1).map("x-".__add__), any_value, max_size=4))
def test_fields_outside_the_contract_change_nothing(source: str, extra: dict[str, object]) -> None:
    """Fields that the contract does not know are not looked at."""
    assert report(source, {**RAW_EVENTS[source](), **extra}) == report(source, RAW_EVENTS[source]())


millis = st.integers(946_684_800_000, 1_772_454_600_000)
"""From the policy's earliest time to the receipt."""
plain = st.text(st.characters(codec="utf-8"), max_size=40)


@given(SOURCE_NAMES, millis, plain, st.integers(1, 5))
def test_avro_and_json_are_understood_alike(source: str, at: int, words: str, points: int) -> None:
    """The same event gives the same report, as epoch milliseconds, as ISO 8601, and decoded from Avro."""
    overrides: dict[str, RawEvent] = {
        "chat": {"text": words + "!", "rating": {"score": float(points)}},
        "phone": {"queued_at": None, "answered_at": None, "ended_at": None, "transfers": points},
        "email": {"subject": words, "body": words},
        "review": {"body": words, "stars": float(points), "revision": points},
        "survey": {"comment": words, "score": float(points)},
        "other": {"text": words},
    }
    event = RAW_EVENTS[source](**overrides[source], occurred_at=at)
    moment = datetime.fromtimestamp(at / 1000, UTC)
    iso = {**event, "occurred_at": moment.isoformat(timespec="milliseconds")}
    understood = report(source, event)
    assert report(source, iso) == understood
    assert report(source, _through_avro(source, event, moment)) == understood


def _through_avro(source: str, event: RawEvent, moment: datetime) -> dict[str, object]:
    schema = fastavro.schema.load_schema(str(SCHEMAS / f"raw.{source}.v1.avsc"))
    wire = io.BytesIO()
    fastavro.schemaless_writer(wire, schema, {**event, "occurred_at": moment})
    wire.seek(0)
    return cast("dict[str, object]", fastavro.schemaless_reader(wire, schema, None))


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_builders_events_are_understood(source: str) -> None:
    """Each builder's event is valid, so a test that breaks one thing breaks only that."""
    assert report(source, RAW_EVENTS[source]()).source == source


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_record_may_name_its_own_source(source: str) -> None:
    """A record may say which source it is of, as lines of a mixed file do."""
    assert report(source, RAW_EVENTS[source](source=source)) == report(source, RAW_EVENTS[source]())


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_can_say_a_customers_segments(source: str) -> None:
    """They are tags of the touchpoint, by which the policy has limits of their own; and they identify nobody."""
    event = RAW_EVENTS[source]()
    customer: Any = event.get("customer") or {}
    said = report(source, {**event, "customer": {**customer, "segments": ["vip", "trial"]}})
    assert said.tags[-2:] == ("vip", "trial")
    assert replace(said, tags=report(source, event).tags) == report(source, event)

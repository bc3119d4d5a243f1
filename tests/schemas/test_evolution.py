"""A published contract never breaks under its readers."""

import copy
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from pipeline.wire import KnownSchema, SchemaBook
from tests.schemas.contracts import file_of, listed, schema_of
from tests.schemas.evolution import breaks, thaw

SUBJECTS = sorted({entry["subject"] for entry in listed()})


@pytest.fixture
def old() -> dict[str, Any]:
    """Return a published schema."""
    return next(schema_of(entry) for entry in listed() if entry["subject"] == "touchpoint")


def _field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(field for field in schema["fields"] if field["name"] == name)
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_consecutive_versions_read_each_other(subject: str) -> None:
    """Old readers read new records, and new readers old ones."""
    versions = [schema_of(entry) for entry in listed() if entry["subject"] == subject]
    assert not [broken for before, after in pairwise(versions) for broken in breaks(before, after)]


@pytest.mark.parametrize("entry", [pytest.param(e, id=file_of(e).name) for e in listed()])
def test_a_released_schema_is_frozen(entry: dict[str, Any]) -> None:
    """From its release day on a file never changes."""
    assert thaw(entry, file_of(entry).read_bytes()) is None


def test_a_change_after_the_release_is_refused_with_the_way_out() -> None:
    """The advice names the file to put back and the file to write."""
    entry = {"subject": "touchpoint", "version": 1, "released": date(2026, 5, 1), "sha256": "0" * 64}
    said = thaw(entry, b"{}")
    assert said is not None
    assert "touchpoint.v1.avsc was released on 2026-05-01" in said
    assert "touchpoint.v2.avsc" in said


def test_a_release_without_its_digest_is_told_the_digest() -> None:
    """Whoever releases a schema copies one line."""
    said = thaw({"subject": "touchpoint", "version": 1, "released": date(2026, 5, 1)}, b"{}")
    assert said is not None
    assert 'sha256 = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"' in said


def test_a_new_field_with_a_default_is_fine(old: dict[str, Any]) -> None:
    """The usual way to grow."""
    new = copy.deepcopy(old)
    new["fields"].append({"name": "language", "type": ["null", "string"], "doc": "Its language.", "default": None})
    assert breaks(old, new) == []


def test_a_new_field_without_a_default_is_caught(old: dict[str, Any]) -> None:
    """Old records have nothing to put there."""
    new = copy.deepcopy(old)
    new["fields"].append({"name": "language", "type": "string", "doc": "Its language."})
    assert any("cannot read what the old one wrote" in b and "language" in b for b in breaks(old, new))


def test_a_removed_field_without_a_default_is_caught(old: dict[str, Any]) -> None:
    """Readers of the old version wait for it."""
    new = copy.deepcopy(old)
    new["fields"].remove(_field(new, "customer_id"))
    broken = breaks(old, new)
    assert any("readers of the old version" in b and "customer_id" in b for b in broken)
    assert all("Ways out" in b for b in broken)


def test_a_removed_field_with_a_default_is_caught_too(old: dict[str, Any]) -> None:
    """Avro would let it pass, and readers would find the default for ever and not know why."""
    new = copy.deepcopy(old)
    new["fields"].remove(_field(new, "link"))
    assert [b for b in breaks(old, new) if b.startswith("the field link is gone")]


def test_a_changed_type_is_caught(old: dict[str, Any]) -> None:
    """A number that becomes text is another field."""
    new = copy.deepcopy(old)
    _field(new, "company_negations")["type"] = "string"
    _field(new, "company_negations")["default"] = ""
    assert any("company_negations" in b and "Ways out" in b for b in breaks(old, new))


@pytest.mark.parametrize("name", ["kind", "text"])
def test_a_renamed_field_is_caught_with_and_without_a_default(name: str, old: dict[str, Any]) -> None:
    """With defaults on both sides Avro sees nothing wrong, and the words are lost in silence."""
    new = copy.deepcopy(old)
    _field(new, name)["name"] = "renamed"
    assert any(f"the field {name} is gone, or renamed" in b for b in breaks(old, new))


def test_a_change_deep_inside_names_its_path(old: dict[str, Any]) -> None:
    """The message leads to the field, not to the record around it."""
    new = copy.deepcopy(old)
    inner = _field(new, "handling")["type"][1]
    inner["fields"].remove(_field(inner, "wait_seconds"))
    assert any("handling.wait_seconds" in b for b in breaks(old, new))


def test_a_grown_subject_is_read_in_both_versions_and_written_in_the_newest(old: dict[str, Any]) -> None:
    """A record of version 1 on the topic arrives as version 2 with the new field's default."""
    new = copy.deepcopy(old)
    new["fields"].append({"name": "language", "type": "string", "doc": "Its language.", "default": "unknown"})
    before = KnownSchema(7, "touchpoint", 1, old)
    after = KnownSchema(20, "touchpoint", 2, new)
    record = {
        "event_id": "e-1",
        "source": "chat",
        "channel": "chat",
        "kind": "message",
        "occurred_at": 1_772_443_800_000,
        "customer_id": "customer-1",
        "named_by": {"type": "email", "value": "ada.birch@example.com"},
        "actor": "customer",
        "direction": "inbound",
        "origin": {"topic": "voc.raw.chat", "partition": 0, "offset": 1},
    }
    book = SchemaBook([after, before])
    assert book.decode("touchpoint", SchemaBook([before]).encode("touchpoint", record))["language"] == "unknown"
    assert book.encode("touchpoint", record)[:5] == b"\x00\x00\x00\x00\x14"

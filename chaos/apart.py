"""Where two records of one id are apart: what to look at first when something stands that is wrong.

Rule 1. Counts, times, ids and enumerations are told with both values. Of all else, text and identifiers first, only
        that it differs: what is not known to be harmless is not told.
Rule 2. Events and contacts are matched by their ids, not by their places in a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeGuard

MOST = 20
"""Differences of a record that are told; the rest is counted."""

ENUMERATIONS = frozenset({
    "actor", "anger", "basis", "channel", "channels", "delivery", "delivery_reason", "direction", "kind", "metric",
    "next_topics", "outcome", "related_channel", "related_topics", "repeated_topics", "resolution",
    "resolution_any_topic", "severity", "severity_reasons", "source", "state", "topic", "topics", "type", "what",
})  # fmt: skip
IDS = frozenset({
    "alert_id", "contact_id", "customer_id", "event_id", "flag_id", "initial_contact", "next_contact", "paged_by",
    "previous_contact", "related_contact", "signal_id",
})  # fmt: skip
"""Derived, or made up by the feed; an account's id is somebody's own."""

Record = Mapping[str, Any]


def apart(wanted: Record, got: Record, left_out: frozenset[str] = frozenset()) -> str:
    """Return the versions and the differences of two records as a line; fields of `left_out` may differ."""
    kept = [{name: value for name, value in one.items() if name not in left_out} for one in (wanted, got)]
    found = _differences(kept[0], kept[1])
    told = [f"version {got.get('version')}, wanted {wanted.get('version')}", *islice(found, MOST)]
    more = sum(1 for _ in found)
    return "; ".join([*told, *([f"and {more} more"] if more else [])])


def _differences(wanted: Record, got: Record, where: str = "") -> Iterator[str]:
    for name in sorted(wanted.keys() | got.keys()):
        one, other = wanted.get(name), got.get(name)
        if one == other:
            continue
        place = f"{where}{name}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{place}.")
        elif _are_records(one) and _are_records(other):
            yield from _listed(one, other, place)
        elif _may_be_told(name, one) and _may_be_told(name, other):
            yield f"{place} {_said(other)}, wanted {_said(one)}"
        else:
            yield f"{place} differs"


def _listed(wanted: Sequence[Record], got: Sequence[Record], place: str) -> Iterator[str]:
    ones, others = (dict(_named(number, each) for number, each in enumerate(every)) for every in (wanted, got))
    if ones == others:
        yield f"{place}: the same, in another order or number"
    yield from (f"{place}[{name}] is missing" for name in ones if name not in others)
    yield from (f"{place}[{name}] should not be" for name in others if name not in ones)
    for name in ones:
        yield from _differences(ones[name], others.get(name, ones[name]), f"{place}[{name}].")


def _named(number: int, record: Record) -> tuple[str, Record]:
    if "event_id" in record:
        return f"{record.get('source')}/{record['event_id']}", record
    return str(record.get("contact_id", number)), record


def _are_records(value: object) -> TypeGuard[Sequence[Record]]:
    return isinstance(value, Sequence) and all(isinstance(each, Mapping) for each in value)


def _may_be_told(name: str, value: object) -> bool:
    if isinstance(value, str):
        return name in ENUMERATIONS | IDS
    if isinstance(value, Sequence):
        return all(_may_be_told(name, each) for each in value)
    return value is None or isinstance(value, int | float | datetime)


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "nothing" if value is None else str(value)

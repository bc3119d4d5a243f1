"""The defined work, the same for everybody; it needs fastavro, and a scorer that is handed in.

Rule 1. A customer's history is the moods of the last ten events, in their order in the customer's partition.
Rule 2. An alert is due when an event is bad and the mean of the history, itself included, is bad.
Rule 3. Records are Avro without a header, on every topic: nobody pays for a registry that others do not have.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer

KEPT = 10
BAD = -0.3
EVENTS, OUTPUTS, ALERTS, STATE = "events", "outputs", "alerts", "state"
"""Names of topics; each run puts its own prefix before the last three."""

EVENT: dict[str, Any] = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "customer_id", "type": "string"},
        {"name": "channel", "type": "string"},
        {"name": "at", "type": "long"},
        {"name": "text", "type": "string"},
    ],
}
OUTPUT: dict[str, Any] = {
    "type": "record",
    "name": "Output",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "customer_id", "type": "string"},
        {"name": "channel", "type": "string"},
        {"name": "at", "type": "long"},
        {"name": "mood", "type": "double"},
        {"name": "mean", "type": "double"},
        {"name": "worst", "type": "double"},
        {"name": "known", "type": "int"},
    ],
}
ALERT: dict[str, Any] = {
    "type": "record",
    "name": "Alert",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "customer_id", "type": "string"},
        {"name": "at", "type": "long"},
        {"name": "moods", "type": {"type": "array", "items": "double"}},
    ],
}
MOODS: dict[str, Any] = {"type": "array", "items": "double"}
_EVENT, _OUTPUT, _ALERT, _MOODS = (parse_schema(schema) for schema in (EVENT, OUTPUT, ALERT, MOODS))


def event(data: bytes) -> dict[str, Any]:
    """Return the event in a record."""
    return _read(data, _EVENT)  # type: ignore[no-any-return]


def moods(data: bytes) -> list[float]:
    """Return a history that `kept` wrote."""
    return _read(data, _MOODS)  # type: ignore[no-any-return]


def output_bytes(record: Mapping[str, Any]) -> bytes:
    """Return an output as a record's value."""
    return _written(record, _OUTPUT)


def alert_bytes(record: Mapping[str, Any]) -> bytes:
    """Return an alert as a record's value."""
    return _written(record, _ALERT)


def event_bytes(record: Mapping[str, Any]) -> bytes:
    """Return an event as a record's value."""
    return _written(record, _EVENT)


def moods_bytes(history: Sequence[float]) -> bytes:
    """Return a history as a record's value."""
    return _written(history, _MOODS)


def extended(history: Sequence[float], mood: float) -> list[float]:
    """Return the history with one more mood (Rule 1)."""
    return [*history[1 - KEPT :], mood]


def output(event: Mapping[str, Any], history: Sequence[float]) -> dict[str, Any]:
    """Return the enriched output; the event's own mood is the last of the history."""
    return {
        "event_id": event["event_id"],
        "customer_id": event["customer_id"],
        "channel": event["channel"],
        "at": event["at"],
        "mood": history[-1],
        "mean": sum(history) / len(history),
        "worst": min(history),
        "known": len(history),
    }


def alert(event: Mapping[str, Any], history: Sequence[float]) -> dict[str, Any] | None:
    """Return the alert that is due, if one is (Rule 2)."""
    if history[-1] > BAD or sum(history) / len(history) > BAD:
        return None
    named = {name: event[name] for name in ("event_id", "customer_id", "at")}
    return {**named, "moods": list(history)}


def _read(data: bytes, schema: Any) -> Any:  # noqa: ANN401 -- fastavro's own
    return schemaless_reader(io.BytesIO(data), schema, None)


def _written(record: Any, schema: Any) -> bytes:  # noqa: ANN401 -- fastavro's own
    buffer = io.BytesIO()
    schemaless_writer(buffer, schema, record)
    return buffer.getvalue()

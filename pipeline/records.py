"""Touchpoints and entries as Avro records, and back. Written out by hand: this runs for every event.

Rule 1. There and back again is the same value, for every value with times in whole milliseconds.
Rule 2. A finer or a naive time would not survive the wire unchanged, so it is refused here (ValueError):
        sources give milliseconds, and whoever made another time made a mistake.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from pipeline.touchpoint import Anger, Entry, Handling, Identifier, Mood, Origin, Score, Told, Touchpoint

_KEPT = tuple(field.name for field in fields(Entry) if field.name != "answers")


def touchpoint_record(touchpoint: Touchpoint) -> dict[str, Any]:
    """Return the record of touchpoint.v1.avsc. Raises ValueError for a time of Rule 2."""
    return _shared_record(touchpoint) | {
        "text": touchpoint.text,
        "link": touchpoint.link,
    }


def touchpoint(record: Mapping[str, Any]) -> Touchpoint:
    """Return the touchpoint of a record of touchpoint.v1.avsc."""
    return Touchpoint(
        **_shared(record),
        text=record["text"],
        link=record["link"],
    )


def entry_record(entry: Entry) -> dict[str, Any]:
    """Return the record of timeline-entry.v1.avsc. Raises ValueError as `touchpoint_record` does."""
    return _shared_record(entry) | {"answers": [told_record(told) for told in entry.answers]}


def entry(record: Mapping[str, Any]) -> Entry:
    """Return the entry of a record of timeline-entry.v1.avsc."""
    return Entry(**_shared(record), answers=tuple([told(each) for each in record["answers"]]))


def entry_of(touchpoint: Touchpoint) -> Entry:
    """Return what the state keeps of a touchpoint: not its words or link."""
    return Entry(**{name: getattr(touchpoint, name) for name in _KEPT})


def without_words(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the state would keep of a record of touchpoint.v1.avsc, as a record of timeline-entry.v1.avsc."""
    return {name: value for name, value in record.items() if name not in {"text", "link"}} | {"answers": []}


def told_record(told: Told) -> dict[str, Any]:
    """Return an answer in the wire's shape, as an identity change and a moved entry carry it."""
    return {
        "identifier": identifier_record(told.identifier),
        "customer_id": told.customer_id,
        "named_by": identifier_record(told.named_by),
        "parked": told.parked,
        "epoch": told.epoch,
    }


def told(record: Mapping[str, Any]) -> Told:
    """Return the answer that an identity change or a moved entry carries."""
    named_by = identifier_of(record["named_by"])
    return Told(identifier_of(record["identifier"]), record["customer_id"], named_by, record["parked"], record["epoch"])


def identifier_record(identifier: Identifier) -> dict[str, str]:
    """Return an identifier in the wire's shape."""
    return {"type": identifier.type, "value": identifier.value}


def identifier_of(record: Mapping[str, str]) -> Identifier:
    """Return the identifier that a record carries."""
    return Identifier(record["type"], record["value"])


def score_record(score: Score | None) -> dict[str, Any] | None:
    """Return a score in the wire's shape."""
    if score is None:
        return None
    return {
        "metric": score.metric,
        "value": score.value,
        "scale_min": score.scale_min,
        "scale_max": score.scale_max,
    }


def mood_record(mood: Mood | None) -> dict[str, Any] | None:
    """Return a mood in the wire's shape."""
    if mood is None:
        return None
    return {"worst": mood.worst, "mean": mood.mean, "sentences": mood.sentences, "truncated": mood.truncated}


def _shared_record(t: Touchpoint | Entry) -> dict[str, Any]:
    return {
        "event_id": t.event_id,
        "source": t.source,
        "channel": t.channel,
        "kind": t.kind,
        "occurred_at": _whole(t.occurred_at),
        "ended_at": None if t.ended_at is None else _whole(t.ended_at),
        "customer_id": t.customer_id,
        "account_id": t.account_id,
        "named_by": identifier_record(t.named_by),
        "actor": t.actor,
        "direction": t.direction,
        "keys": list(t.keys),
        "item": t.item,
        "revision": t.revision,
        "mood": mood_record(t.mood),
        "topics": list(t.topics),
        "score": score_record(t.score),
        "handling": _handling_record(t.handling),
        "asks_human": t.asks_human,
        "company_negations": t.company_negations,
        "excerpt": t.excerpt,
        "origin": {"topic": t.origin.topic, "partition": t.origin.partition, "offset": t.origin.offset},
        "identifiers": [identifier_record(i) for i in t.identifiers],
        "epoch": t.epoch,
        "company_words": t.company_words,
        "promised_by": None if t.promised_by is None else _whole(t.promised_by),
        "anger": [{"kind": anger.kind, "phrase": anger.phrase} for anger in t.anger],
        "thanks_only": t.thanks_only,
        "tags": list(t.tags),
    }


def _shared(r: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": r["event_id"],
        "source": r["source"],
        "channel": r["channel"],
        "kind": r["kind"],
        "occurred_at": r["occurred_at"],
        "ended_at": r["ended_at"],
        "customer_id": r["customer_id"],
        "account_id": r["account_id"],
        "named_by": identifier_of(r["named_by"]),
        "actor": r["actor"],
        "direction": r["direction"],
        "keys": tuple(r["keys"]),
        "item": r["item"],
        "revision": r["revision"],
        "mood": _mood(r["mood"]),
        "topics": tuple(r["topics"]),
        "score": _score(r["score"]),
        "handling": _handling(r["handling"]),
        "asks_human": r["asks_human"],
        "company_negations": r["company_negations"],
        "excerpt": r["excerpt"],
        "origin": Origin(r["origin"]["topic"], r["origin"]["partition"], r["origin"]["offset"]),
        "identifiers": tuple([identifier_of(i) for i in r["identifiers"]]),
        "epoch": r["epoch"],
        "company_words": r["company_words"],
        "promised_by": r["promised_by"],
        "anger": tuple([Anger(anger["kind"], anger["phrase"]) for anger in r["anger"]]),
        "thanks_only": r["thanks_only"],
        "tags": tuple(r["tags"]),
    }


def _whole(time: datetime) -> datetime:
    if time.tzinfo is None or time.microsecond % 1000:
        raise ValueError("a time on the wire is aware and in whole milliseconds")
    return time


def _mood(record: Mapping[str, Any] | None) -> Mood | None:
    if record is None:
        return None
    return Mood(record["worst"], record["mean"], record["sentences"], record["truncated"])


def _score(record: Mapping[str, Any] | None) -> Score | None:
    if record is None:
        return None
    return Score(record["metric"], record["value"], record["scale_min"], record["scale_max"])


def _handling_record(handling: Handling | None) -> dict[str, Any] | None:
    if handling is None:
        return None
    return {
        "wait_seconds": handling.wait_seconds,
        "hold_seconds": handling.hold_seconds,
        "transfers": handling.transfers,
        "agents": list(handling.agents),
        "queue": handling.queue,
        "outcome": handling.outcome,
    }


def _handling(record: Mapping[str, Any] | None) -> Handling | None:
    if record is None:
        return None
    return Handling(
        wait_seconds=record["wait_seconds"],
        hold_seconds=record["hold_seconds"],
        transfers=record["transfers"],
        agents=tuple(record["agents"]),
        queue=record["queue"],
        outcome=record["outcome"],
    )

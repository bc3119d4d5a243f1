"""One timeline per customer: touchpoints in event-time order, each once.

Rule 1. The timeline is a pure function of the set of entries: the order of arrival does not matter.
Rule 2. An event is its source and event id. Heard again with another time or other contents, the latest time counts,
        then the greatest contents; heard again the same, where it was heard first.
Rule 3. Order is (occurred_at, source, event_id), so equal times have one order too.
Rule 4. Contents are all that an event says: not where it stands in the log, nor whose it was found to be. A field that
        is added later counts where it differs from its default, so that it changes no digest of before.
"""

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields, replace
from datetime import datetime
from hashlib import blake2b

from pipeline.touchpoint import Entry, Handling, Origin

EventKey = tuple[str, str]
NOWHERE = Origin("", 0, 0)

_LATER = {
    field.name: field.default
    for field in fields(Entry)
    if field.default is not MISSING and field.name not in {"identifiers", "epoch", "answers"}
}
"""Fields of an entry that came after the others, with their defaults."""


def event_key(entry: Entry) -> EventKey:
    """Return what makes an event the same event: its source and its id."""
    return entry.source, entry.event_id


def place(entry: Entry) -> tuple[datetime, str, str]:
    """Return an entry's place in its customer's timeline."""
    return entry.occurred_at, entry.source, entry.event_id


def contents(entry: Entry) -> str:
    """Return the digest of what an entry says, 16 hexadecimal digits: two tellings of one event differ in it (Rule 4).

    Source, id and time are left out too: they name the event. Written out by hand: this runs for every event.
    """
    score, mood, handling = entry.score, entry.mood, entry.handling
    said: list[object] = [
        entry.channel,
        entry.kind,
        None if entry.ended_at is None else round(entry.ended_at.timestamp() * 1000),
        entry.account_id,
        entry.actor,
        entry.direction,
        entry.keys,
        entry.item,
        entry.revision,
        mood and (float(mood.worst), float(mood.mean), mood.sentences, mood.truncated),
        entry.topics,
        score and (score.metric, float(score.value), float(score.scale_min), float(score.scale_max)),
        handling and (_measured(handling), handling.transfers, handling.agents, handling.queue, handling.outcome),
        entry.asks_human,
        entry.company_negations,
        entry.excerpt,
        [(identifier.type, identifier.value) for identifier in entry.identifiers],
    ]
    said += [(name, getattr(entry, name)) for name, default in _LATER.items() if getattr(entry, name) != default]
    return blake2b(_AS_TEXT(said).encode(), digest_size=8).hexdigest()


def _plain(value: object) -> object:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else repr(value)


_AS_TEXT = json.JSONEncoder(default=_plain).encode


def _measured(handling: Handling) -> list[float | None]:
    """Return times as the wire has them: 5 and 5.0 say the same."""
    return [None if each is None else float(each) for each in (handling.wait_seconds, handling.hold_seconds)]


def stitched(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries as a timeline: each event once (Rule 2), in order (Rule 3)."""
    kept: dict[EventKey, Entry] = {}
    for entry in entries:
        other = kept.setdefault(event_key(entry), entry)
        if other is not entry:
            kept[event_key(entry)] = _counts(entry, other)
    return tuple(sorted(kept.values(), key=place))


def _counts(one: Entry, other: Entry) -> Entry:
    """Return which of two tellings of one event counts (Rule 2)."""
    first, second = (repr(replace(e, origin=NOWHERE, epoch=0, answers=())) for e in (one, other))
    if (one.occurred_at, first) != (other.occurred_at, second):
        return one if (one.occurred_at, first) > (other.occurred_at, second) else other
    return one if one.origin < other.origin else other

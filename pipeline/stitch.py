"""One timeline per customer: touchpoints in event-time order, each once.

Rule 1. The timeline is a pure function of the set of entries: the order of arrival does not matter.
Rule 2. An event is its source and event id. Heard again with another time or other contents, the latest time counts,
        then the greatest contents; heard again the same, where it was heard first.
Rule 3. Order is (occurred_at, source, event_id), so equal times have one order too.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pipeline.touchpoint import Entry, Origin

EventKey = tuple[str, str]
NOWHERE = Origin("", 0, 0)


def event_key(entry: Entry) -> EventKey:
    """Return what makes an event the same event: its source and its id."""
    return entry.source, entry.event_id


def place(entry: Entry) -> tuple[datetime, str, str]:
    """Return an entry's place in its customer's timeline."""
    return entry.occurred_at, entry.source, entry.event_id


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

"""What Kafka has of a person: live keys of the compacted topics, and until when a raw copy can remain of the others.

Rule 1. A key is live while its last record has a value. What an erasure takes out is gone when no key is live.
Rule 2. A topic that deletes by age may hold copies until the newest record that there can be is older than its
        retention: that is counted from the moment of asking. Kafka deletes whole segments, so a little later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agents.bonds import row_key
from agents.installation import Installation
from agents.known import identifier_key
from agents.topics import Cleanup
from commands.people import latest, read_topics
from commands.streams import partitions, reading
from pipeline.erasing import HEARD, MARK
from pipeline.kin import KinRules, customer_named_by
from pipeline.kin.erasure import Erasure, digests

COMPACTED = ("timelines", "directory", "state.entries", "state.raised", "state.kin", "state.bonds")
"""The topics that an erasure takes a person out of, key by key."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Until when a topic that deletes by age can hold a copy, and the time of its oldest record (None: it is empty)."""

    topic: str
    retention: timedelta
    until: datetime
    oldest: datetime | None


async def live_keys(at: Installation, person: Erasure, rules: KinRules) -> dict[str, int]:
    """Return how many live keys of a person each compacted topic has. Raises `TopicAdminError`."""
    found = await read_topics(at, COMPACTED)
    is_own = _own_keys(person, rules)
    return {name: sum(is_own[name](key) for key in latest(found[name])) for name in COMPACTED}


def _own_keys(person: Erasure, rules: KinRules) -> Mapping[str, Callable[[bytes], bool]]:
    homes = frozenset(customer_named_by(one).encode() for one in person.identifiers)
    names = frozenset(
        (*map(identifier_key, person.identifiers), *(d.encode() for bond in person.bonds for d in digests(bond, rules)))
    )
    parts = tuple(row_key(one) for one in person.identifiers)
    marks = tuple(each.type.encode() + b"\0" for each in (MARK, HEARD))

    def at_home(key: bytes) -> bool:
        home, _, rest = key.partition(b"\0")
        return home in homes and not rest.startswith(marks)

    return {
        "timelines": homes.__contains__,
        "directory": names.__contains__,
        "state.entries": at_home,
        "state.raised": at_home,
        "state.kin": at_home,
        "state.bonds": lambda key: any(part in key for part in parts),
    }


async def copies(at: Installation, now: datetime) -> list[Copies]:
    """Return until when the topics that delete by age can hold a copy, those that hold it longest first."""
    full = {at.name(topic.name): topic for topic in at.topics if topic.cleanup is Cleanup.DELETE and topic.retention}
    oldest = await _oldest(at, {state.name: state.partitions for state in at.wanted() if state.name in full})
    found = [
        Copies(topic.name, topic.retention, now + topic.retention, oldest.get(name))
        for name, topic in full.items()
        if topic.retention is not None
    ]
    return sorted(found, key=lambda each: (-each.retention, each.topic))


async def _oldest(at: Installation, topics: Mapping[str, int]) -> dict[str, datetime]:
    """Return the time of each topic's oldest record; topics without one are left out."""
    found: dict[str, datetime] = {}
    places = partitions(topics)
    async with reading(at.bootstrap) as consumer:
        consumer.assign(places)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            if begins[place] == ends[place]:
                continue
            consumer.seek(place, begins[place])
            record = await consumer.getone(place)
            moment = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            found[place.topic] = min(moment, found.get(place.topic, moment))
    return found

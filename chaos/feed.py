"""What is sent: the simulation's town, and what producers do that nobody asked them to.

Rule 1. Seeded: the same seed sends the same events. An event belongs to the fault during which it was sent.
Rule 2. What a producer does wrong is a function from events to events; what should come of it, the core says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from commands.playing import wire
from pipeline.wire import SchemaBook
from simulation import Simulated, simulate

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=30)
"""Between the ends of two customers' stories: six hundred at a time, so that a thousand events see many of them end in
the alerts and flags that they end in; and two hundred thousand events are past before today.
"""

POISON_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as a producer sends it."""

    source: str
    key: bytes | None
    value: bytes | None


Mischief = Callable[[list[Raw], Random], list[Raw]]


class Town:
    """An endless town; `take` gives the next events."""

    def __init__(self, seed: int, book: SchemaBook) -> None:
        """Take the seed, and the book that Avro is written with."""
        self._told: Iterator[Simulated] = simulate(seed, None, START, every=EVERY)
        self._book = book

    def take(self, number: int) -> list[Raw]:
        """Return the next so many events, every other phone call, e-mail and answer in Avro."""
        return [self._raw(place, event) for place, event in enumerate(islice(self._told, number))]

    def _raw(self, place: int, event: Simulated) -> Raw:
        avro = self._book if event.source in {"phone", "email", "survey"} and place % 2 else None
        return Raw(event.source, event.key, wire(event, avro))


def as_they_are(events: list[Raw], _dice: Random) -> list[Raw]:
    """Change nothing."""
    return events


def twice_in_reverse_two_hours_off(events: list[Raw], _dice: Random) -> list[Raw]:
    """Send everything twice, the last first, with a clock that is two hours ahead."""
    return [each for event in reversed(events) for each in (_late(event), _late(event))]


def poisoned(events: list[Raw], dice: Random) -> list[Raw]:
    """Put poison between them: a tenth of what is sent."""
    sent: list[Raw] = []
    for event in events:
        sent.append(event)
        while dice.random() < POISON_SHARE:
            sent.append(replace(event, value=dice.choice(POISON)(event, dice)))
            if dice.random() < POISON_SHARE:
                sent[-1] = Raw(event.source, None, None)
    return sent


def oversized(events: list[Raw], dice: Random) -> list[Raw]:
    """Put texts between them that are too long for what they become, and one that is too long to be read."""
    long = {"session_id": "S-long", "kind": "message", "sender": "customer", "customer": {"email": "long@example.com"}}
    said = ("\N{PILE OF POO} " * 490_000, "not again " * 500_000, "w" * 900_000)
    told = [
        {**long, "event_id": f"E-long-{n}", "occurred_at": START.isoformat(), "text": t} for n, t in enumerate(said)
    ]
    return _among(
        events, [Raw("chat", b"S-long", json.dumps(each, ensure_ascii=False).encode()) for each in told], dice
    )


def incompatible(events: list[Raw], dice: Random) -> list[Raw]:
    """Put events of other schemas between them: a phone's on the chats' topic, numbers where texts are meant."""
    wrong = [replace(event, source="chat") for event in events if event.source == "phone"][:50]
    wrong += [Raw(e.source, e.key, b'{"occurred_at": 7, "customer": [], "event_id": {"a": 1}}') for e in events[:50]]
    return _among(events, wrong, dice)


def _among(events: list[Raw], others: list[Raw], dice: Random) -> list[Raw]:
    places = sorted(dice.randrange(len(events) + 1) for _ in others)
    mixed = list(events)
    for place, other in zip(reversed(places), reversed(others), strict=True):
        mixed.insert(place, other)
    return mixed


def _garbage(_event: Raw, dice: Random) -> bytes:
    return dice.randbytes(dice.randrange(1, 200))


def _wrong_magic(event: Raw, _dice: Random) -> bytes:
    return b"\x07" + (event.value or b"")[1:]


def _unknown_schema(_event: Raw, dice: Random) -> bytes:
    return b"\x00" + (1_000_000 + dice.randrange(1000)).to_bytes(4, "big") + dice.randbytes(20)


def _trailing(event: Raw, dice: Random) -> bytes:
    return (event.value or b"") + dice.randbytes(3)


POISON: tuple[Callable[[Raw, Random], bytes], ...] = (_garbage, _wrong_magic, _unknown_schema, _trailing)


def _late(event: Raw) -> Raw:
    try:
        value = json.loads(event.value or b"")
    except ValueError:
        return event
    return replace(event, value=json.dumps(_shifted(value), ensure_ascii=False).encode())


def _shifted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _moved(each) if name.endswith("_at") else _shifted(each) for name, each in value.items()}
    return [_shifted(each) for each in value] if isinstance(value, list) else value


def _moved(value: object) -> object:
    try:
        return (datetime.fromisoformat(str(value)) + timedelta(hours=2)).isoformat()
    except (ValueError, OverflowError):
        return value

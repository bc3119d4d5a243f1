"""Playing a simulation to a Kafka, to a file, at any speed.

Rule 1. The simulation's last stretch (`over`) is played at the speed; what came before it is history, sent at once.
Rule 2. Unless a start is given, the last event happens at the moment when it is sent: no event is ever in the future,
        and what is played live is less than a day old.
Rule 3. Events go as plain JSON, or in Avro where asked and possible; broken ones as they are.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from commands.streams import Writer
from pipeline.wire import SchemaBook
from simulation import LONGEST_STORY, Answers, Simulated, customers_for, simulate

OVER = timedelta(hours=20)
"""How long the invented day is: under the 24 h after which an alert is stale, with room for a slow machine."""
AVRO = frozenset({"phone", "email", "survey"})
"""The sources that write Avro where it is asked for; the others have none, as in most companies."""
_CUSTOMERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is to be played. `speed` None: as fast as it goes. `one_identifier`: all events of a person carry one."""

    seed: int
    customers: int
    start: datetime
    events: int | None = None
    over: timedelta = OVER
    speed: float | None = None
    one_identifier: bool = False

    @property
    def every(self) -> timedelta:
        """The time between the ends of two customers' stories."""
        return self.over / self.customers

    @property
    def live_from(self) -> datetime:
        """The event time at which history ends and the live part begins."""
        return self.start + LONGEST_STORY

    def told(self) -> Iterator[Simulated]:
        """Yield the events in the order of sending."""
        told = simulate(self.seed, self.customers, self.start, every=self.every, one_identifier=self.one_identifier)
        return islice(told, self.events)


def play_of(
    now: datetime, *, seed: int, customers: int | None, events: int | None, speed: float | None,
    start: datetime | None = None, over: timedelta = OVER, one_identifier: bool = False,
) -> Play:  # fmt: skip
    """Return what to play; without a start, such that it ends when its playing ends (Rule 2)."""
    # No more than it takes: a stream that is cut early is mostly beginnings, and ends in few alerts.
    enough = _CUSTOMERS if events is None or customers else customers_for(seed, events, one_identifier=one_identifier)
    lasts = over / speed if speed else timedelta(0)
    begin = now + lasts - over - LONGEST_STORY if start is None else start
    return Play(
        seed=seed, customers=customers or enough, start=begin, events=events, over=over, speed=speed,
        one_identifier=one_identifier,
    )  # fmt: skip


@dataclass(slots=True)
class Sent:
    """What has been sent so far, and how far the invented time is."""

    answers: Answers = field(default_factory=Answers)
    until: datetime | None = None
    late: bool = False


async def send(
    play: Play, writer: Writer, prefix: str, sent: Sent, *, book: SchemaBook | None, tick: Callable[[Simulated], None]
) -> None:
    """Send it all to the raw topics, at the play's speed; `tick` is told of every event sent."""
    began = time.monotonic()
    for event in play.told():
        due = (event.sent_at - play.live_from) / timedelta(seconds=1) / play.speed if play.speed else 0.0
        ahead = due - (time.monotonic() - began)
        if ahead > 0:
            await writer.flush()
            await asyncio.sleep(ahead)
        of_it = book if event.source in AVRO else None
        await writer.send(f"{prefix}raw.{event.source}", event.key, wire(event, of_it))
        sent.answers.hear(event)
        tick(event)
    await writer.flush()


def wire(event: Simulated, book: SchemaBook | None = None) -> bytes:
    """Return the event's bytes: Avro where a book is given and the event fits its schema, else JSON."""
    if isinstance(event.value, bytes):
        return event.value
    if book is not None and event.rejected_for is None:
        return book.encode(f"raw.{event.source}", _timed(event.value))
    return json.dumps(event.value, ensure_ascii=False).encode()


def line(event: Simulated) -> bytes:
    """Return the event as a line of a JSON lines file, with its source."""
    if isinstance(event.value, bytes):
        return event.value + b"\n"
    return json.dumps({"source": event.source, **event.value}, ensure_ascii=False).encode() + b"\n"


def _timed(value: Any) -> Any:  # noqa: ANN401 -- JSON, as deep as it goes
    """Return the value with its times as times, which Avro wants; they are the fields whose name ends in `_at`."""
    if isinstance(value, dict):
        return {
            name: datetime.fromisoformat(each) if name.endswith("_at") and isinstance(each, str) else _timed(each)
            for name, each in value.items()
        }
    return [_timed(each) for each in value] if isinstance(value, list) else value


def now() -> datetime:
    """Return the time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)

"""Events at a steady rate, and in a burst: an invented day, and among it answers whose alerts are known by customer.

Rule 1. The day is the simulation's, all sources and troubles in it, made before anything is measured. Where it ends it
        begins again: an event that is told again costs less, so it is made long enough.
Rule 2. Every fifth event is an angry answer of a customer of its own, who is nobody's and comes once.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from commands.angry import angry
from commands.playing import now, play_of, wire
from commands.streams import Writer
from pipeline.kin import customer_named_by
from pipeline.touchpoint import Identifier

EVERY = 5
TICK = 0.01
"""Seconds between two handfuls of events."""

SEED = 6

Line = tuple[str, bytes | None, bytes]
"""An event's source, key and value."""


def day(events: int) -> list[Line]:
    """Return so many events of an invented day."""
    play = play_of(now(), seed=SEED, customers=None, events=events, speed=None)
    return [(event.source, event.key, wire(event)) for event in play.told()]


def asker(number: int) -> bytes:
    """Return the key of an alert that an angry answer raises."""
    return customer_named_by(Identifier("crm_id", f"A-{number}")).encode()


@dataclass(slots=True)
class Feed:
    """Sends events to the raw topics whose names begin with `prefix`; `rate` is events a second."""

    writer: Writer
    prefix: str
    rate: int
    lines: Iterator[Line]
    sent: int = 0
    asked: dict[bytes, bytes] = field(default_factory=dict)
    """The keys of the angry answers, each with the key of its alert."""

    async def steadily(self, until: Callable[[], bool]) -> None:
        """Send at the rate until it is time to end."""
        began, before = time.monotonic(), self.sent
        while not until():
            due = before + int((time.monotonic() - began) * self.rate)
            while self.sent < due:
                await self._one()
            await asyncio.sleep(TICK)

    async def burst(self, lines: Sequence[Line]) -> None:
        """Send all of these as fast as they are taken."""
        for source, key, value in lines:
            await self.writer.send(f"{self.prefix}raw.{source}", key, value)
        await self.writer.flush()

    async def ask(self) -> None:
        """Send an angry answer."""
        self.sent += 1
        key = f"R-{self.sent}".encode()
        self.asked[key] = asker(self.sent)
        await self.writer.send(f"{self.prefix}raw.survey", key, angry(self.sent, datetime.now(UTC)))

    async def _one(self) -> None:
        if (self.sent + 1) % EVERY == 0:
            await self.ask()
            return
        self.sent += 1
        source, key, value = next(self.lines)
        await self.writer.send(f"{self.prefix}raw.{source}", key, value)

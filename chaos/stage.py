"""Where a fault is played: Kafka, workers, topics of the run, and how far the work is.

Rule 1. How far the work is, is what the workers committed, asked of the broker.
Rule 2. Every look is kept: a commit that falls, or stands for long with work to do, is part of the verdict.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from chaos.cluster import Cluster
from chaos.crew import Workers
from chaos.feed import Raw
from chaos.kafka import Node
from commands.children import tail
from commands.rehearsal import Rehearsal
from commands.streams import administering, ends_of, reading, writing

LOOK = 0.2
"""Seconds between two looks."""


@dataclass(slots=True)
class Looks:
    """What the group had committed, look by look. Seconds are monotonic ones."""

    committed: dict[TopicPartition, int] = field(default_factory=dict)
    fell: list[str] = field(default_factory=list)
    moved: float = 0.0
    stood: float = 0.0

    def take(self, now: Mapping[TopicPartition, int], clock: float, *, left: bool) -> None:
        """Note a look; `left` says whether there is work to do."""
        self.fell += [f"{tp}: {old} -> {now[tp]}" for tp, old in self.committed.items() if now.get(tp, old) < old]
        if now != self.committed or not left or not self.moved:
            self.moved = clock
        self.stood = max(self.stood, clock - self.moved)
        self.committed = dict(now)


@dataclass(slots=True)
class Stage:
    """A run's stage. `begun` is where each raw partition ended when the present fault began."""

    node: Node | Cluster
    workers: Workers
    run: Rehearsal
    dice: Random
    looks: Looks = field(default_factory=Looks)
    begun: dict[TopicPartition, int] = field(default_factory=dict)
    events: int = 0
    feeding: asyncio.Task[None] | None = None

    async def feed(self, events: list[Raw]) -> None:
        """Begin to send a fault's events, in order."""
        async with reading(self.node.bootstrap) as consumer:
            self.begun = await ends_of(consumer, self.run.raw)
        self.events = len(events)
        self.feeding = asyncio.create_task(self._send(events))

    async def _send(self, events: Iterable[Raw]) -> None:
        async with writing(self.node.bootstrap) as writer:
            for event in events:
                await writer.send(f"{self.run.prefix}raw.{event.source}", event.key, event.value)

    async def sent(self) -> None:
        """Return when all of the fault's events are on the broker."""
        if self.feeding is not None:
            await self.feeding

    async def reached(self, share: float) -> None:
        """Return when this share of the fault's events is committed. Raises what the feeding failed with."""
        while await self._share() < share:
            self.workers.check()
            if self.feeding is not None and self.feeding.done():
                self.feeding.result()
            await asyncio.sleep(LOOK)

    async def _share(self) -> float:
        now = await self.look()
        done = sum(max(0, now.get(place, 0) - begun) for place, begun in self.begun.items())
        return done / max(self.events, 1)

    async def look(self) -> Mapping[TopicPartition, int]:
        """Ask the broker what is committed; while it does not answer, what was known."""
        try:
            async with asyncio.timeout(5), administering(self.node.bootstrap) as admin:
                found = await admin.list_consumer_group_offsets(self.run.group)
        except (KafkaError, OSError, RuntimeError):
            return self.looks.committed
        now = {place: max(offset.offset, 0) for place, offset in found.items()}
        self.looks.take(now, time.monotonic(), left=self.feeding is not None)
        return now

    async def hit(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a supervisor's worker, as soon as there is one."""
        while not self.workers.signal(name, number):
            self.workers.check()
            await asyncio.sleep(LOOK)

    async def until_alive(self, name: str) -> None:
        """Return when a supervisor's worker is there and serves its metrics."""
        log = self.workers.running[name][1].logs[0]
        while not self.workers.workers_of(name) or "metrics http" not in tail(log):
            self.workers.check()
            await asyncio.sleep(LOOK)

    async def resolver(self) -> str:
        """Return the name of the supervisor whose worker has taken most claims since it started."""
        counted = {name: await asyncio.to_thread(self._claims, name) for name in self.workers.running}
        return max(sorted(counted), key=lambda name: counted[name])

    def _claims(self, name: str) -> float:
        words = self.workers.running[name][1].logs[0].read_text("utf-8", "replace")
        address = next((line.split()[1] for line in reversed(words.splitlines()) if line.startswith("metrics ")), None)
        if address is None:
            return 0.0
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 -- our own worker's address
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0.0
        wanted = 'tellonce_chunk_records_count{agent="resolver"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

    def lose_stores(self) -> None:
        """Delete the workers' data folders."""
        for store in self.workers.stores():
            shutil.rmtree(store)

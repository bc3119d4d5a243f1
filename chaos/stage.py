"""Where a fault is played: Kafka, workers, topics of the run; what a fault may do and wait for.

Rule 1. How far the work is, is what the watcher saw last (`chaos.looks`): nothing here asks the broker for itself.
Rule 2. What a fault waits for comes to an end: it raises what the watcher, the feeding or a supervisor ended with.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from aiokafka.structs import TopicPartition

from chaos.cluster import Cluster
from chaos.crew import Workers, metered
from chaos.feed import Raw
from chaos.kafka import Node
from chaos.looks import LOOK, Looks, watch
from commands.patience import StalledError
from commands.rehearsal import Rehearsal
from commands.streams import ends_of, reading, writing

BOTH = ("a", "b")
"""The two supervisors that are meant to run."""

PATIENCE = 180.0
"""Seconds that nothing may move before a run gives up."""


@dataclass(slots=True)
class Stage:
    """A run's stage. `begun` is where each raw partition ended when the present fault began, `killed` the process
    ids of workers that it killed, `late` how often it hit when there was no work left; `can_work` is False
    while a fault takes away what every worker needs. `latent` is how many workers may leave, by fence, for what a
    fault harmed and nobody met yet; `say` is told what the dice chose.
    """

    node: Node | Cluster
    workers: Workers
    run: Rehearsal
    dice: Random
    say: Callable[[str], None]
    looks: Looks = field(default_factory=Looks)
    begun: dict[TopicPartition, int] = field(default_factory=dict)
    events: int = 0
    killed: set[int] = field(default_factory=set)
    late: int = 0
    latent: Counter[str] = field(default_factory=Counter)
    can_work: bool = True
    feeding: asyncio.Task[None] | None = None
    watching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look at the commits for as long as the block lasts."""
        meant_up = lambda: self.can_work and bool(self.workers.running)  # noqa: E731 -- it is one line
        self.watching = asyncio.create_task(
            watch(self.looks, self.node.bootstrap, self.run.group, self.run.work, meant_up)
        )
        try:
            yield
        finally:
            self.watching.cancel()
            with suppress(asyncio.CancelledError):
                await self.watching

    async def ready(self) -> None:
        """Return when both supervisors have a worker that is up.

        One that has seen workers leave is replaced: else it would wait longer and longer before it starts another, and
        the next fault would find nobody to hit.
        """
        self.workers.stop(*(name for name in self.workers.running if self.workers.has_left(name)))
        self.workers.start(*BOTH)
        for name in BOTH:
            await self.until_alive(name)

    async def anew(self, between: Callable[[], object]) -> None:
        """Stop both, do something, start them again."""
        self.workers.stop()
        await asyncio.to_thread(between)
        before = self.looks.taken + 1
        while self.looks.taken <= before:  # what they committed at their end is seen before they start
            await self._wait()
        self.late += self._is_done()
        self.workers.start(*BOTH)
        self.looks.started(time.monotonic())

    async def feed(self, events: list[Raw], over: float = 0.0) -> None:
        """Begin a fault: send its events, in order, over so many seconds."""
        async with reading(self.node.bootstrap) as consumer:
            self.begun = await ends_of(consumer, self.run.raw)
        self.events, self.late = len(events), 0
        self.killed.clear()
        self.looks.begin()
        self.feeding = asyncio.create_task(self._send(events, over))

    async def _send(self, events: list[Raw], over: float) -> None:
        began = time.monotonic()
        async with writing(self.node.bootstrap) as writer:
            for number, event in enumerate(events):
                ahead = began + over * number / len(events) - time.monotonic()
                if ahead > LOOK:
                    await writer.flush()
                    await asyncio.sleep(ahead)
                await writer.send(f"{self.run.prefix}raw.{event.source}", event.key, event.value)

    async def sent(self) -> None:
        """Return when all of the fault's events are on the broker."""
        if self.feeding is not None:
            await self.feeding

    async def reached(self, share: float) -> None:
        """Return when this share of the fault's events is committed."""
        while self._share() < share:
            await self._wait()

    def _share(self) -> float:
        done = sum(max(0, self.looks.committed.get(place, 0) - begun) for place, begun in self.begun.items())
        return done / max(self.events, 1)

    async def worked_off(self) -> None:
        """Return when all that was sent, and all that came of it, is committed. Raises `StalledError`."""
        before = self.looks.taken + 1  # a look that is under way may have begun before the last event was sent
        while self.looks.taken <= before or self.looks.left:
            if max(self.looks.stood, self.looks.back) > PATIENCE:
                raise StalledError(f"Nothing was committed for {PATIENCE:.0f} s; {self.looks.left} records are left.")
            await self._wait()

    async def _wait(self) -> None:
        """Wait for a look, as long as there is something to wait for (Rule 2)."""
        self.workers.check()
        for task in (self.feeding, self.watching):
            if task is not None and task.done():
                task.result()
        await asyncio.sleep(LOOK)

    async def hit(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a supervisor's worker, as soon as there is one that nobody killed yet."""
        while not (hit := self.workers.signal(name, number, self.killed)):
            await self._wait()
        if number == signal.SIGKILL:
            self.killed |= hit  # until its supervisor has seen it, it looks as if it lived
        self.late += number != signal.SIGCONT and self._is_done()

    def _is_done(self) -> bool:
        return not self.looks.left and (self.feeding is None or self.feeding.done())

    async def until_alive(self, name: str) -> None:
        """Return when a supervisor's worker is there and serves its metrics."""
        while not self.workers.is_up(name):
            await self._wait()

    async def busiest(self, agent: str) -> str:
        """Return the name of the supervisor whose worker's agent has taken most chunks since it started."""
        taken = "tellonce_chunk_records_count", agent
        logs = {name: crew.logs[0] for name, (_, crew) in self.workers.running.items()}
        counted = {name: (await asyncio.to_thread(metered, log)).get(taken, 0.0) for name, log in logs.items()}
        return max(sorted(counted), key=lambda name: counted[name])

    def lose_stores(self) -> None:
        """Delete the workers' data folders."""
        for store in self.workers.stores():
            shutil.rmtree(store)
        self.latent.clear()

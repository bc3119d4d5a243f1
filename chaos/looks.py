"""How far the work is, look by look, over a whole run: what the verdict says of commits that fell or stood.

Rule 1. How far the work is, is what the workers committed, asked of the broker; then where the topics that they read
        end. Neither number ever falls, so where they are equal, all was worked off at the moment between the questions.
Rule 2. One watcher looks from the first fault to the last, whatever the faults wait for: no look is left out.
Rule 3. Commits stand while something is uncommitted, workers are meant to be up, and Kafka answers. What a fault takes
        away on purpose (Kafka, all workers, the disk) is not held against who waits for it.
Rule 4. Where all workers were started anew, the seconds to the first commit are how long it took to be back, with or
        without a store: a number of its own, and no stand.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from agents.topic_admin import Unreachable
from commands.streams import administering, ends_of, reading

LOOK = 0.2
"""Seconds between two looks."""

ANSWER_WITHIN = 5.0
"""Seconds for the answers of a look; a Kafka that takes longer counts as away."""


@dataclass(slots=True)
class Looks:
    """What the group had committed, look by look. Seconds are monotonic ones.

    `left` is how many records of the last look were not committed, `taken` the number of looks, `moved` when commits
    last moved or had no reason to, `stood` for how long they stood at most since `begin`, `back` how long it took from
    a start of all workers to the first commit.
    """

    committed: Mapping[TopicPartition, int] = field(default_factory=dict)
    left: int = 0
    taken: int = 0
    fell: list[str] = field(default_factory=list)
    moved: float | None = None
    stood: float = 0.0
    back: float = 0.0
    _started: float | None = None

    def take(self, now: Mapping[TopicPartition, int], left: int, clock: float, *, meant_up: bool) -> None:
        """Note a look; `meant_up` says whether somebody is meant to work."""
        self.fell += [f"{tp}: {old} -> {now[tp]}" for tp, old in self.committed.items() if now.get(tp, old) < old]
        moves = now != self.committed or not left
        if self._started is not None:
            self.back = max(self.back, clock - self._started)
            self.moved = clock
            if moves:
                self._started = None
        elif moves or not meant_up or self.moved is None:
            self.moved = clock
        self.stood = max(self.stood, clock - self.moved)
        self.committed, self.left = {**self.committed, **now}, left
        self.taken += 1

    def away(self) -> None:
        """Note that Kafka did not answer: nobody could commit, and the next look begins anew."""
        self.moved = None

    def started(self, clock: float) -> None:
        """Note that all workers were started anew."""
        self._started = clock

    def begin(self) -> None:
        """Begin with another fault."""
        self.stood = self.back = 0.0


async def watch(
    looks: Looks, bootstrap: str, group: str, topics: Mapping[str, int], meant_up: Callable[[], bool]
) -> None:
    """Look again and again, until cancelled. `topics`: all that the group reads, with their partitions."""
    while True:
        try:
            async with administering(bootstrap) as admin, reading(bootstrap) as consumer:
                while True:
                    up = meant_up()
                    async with asyncio.timeout(ANSWER_WITHIN):
                        found = await admin.list_consumer_group_offsets(group)
                        ends = await ends_of(consumer, topics)
                    now = {place: max(offset.offset, 0) for place, offset in found.items()}
                    left = sum(max(end - now.get(place, 0), 0) for place, end in ends.items())
                    looks.take(now, left, time.monotonic(), meant_up=up and meant_up())
                    await asyncio.sleep(LOOK)
        except (KafkaError, OSError, Unreachable):  # a TimeoutError is an OSError
            looks.away()
            await asyncio.sleep(LOOK)

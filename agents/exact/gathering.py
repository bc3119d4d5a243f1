"""What waits for a lane, and how it is gathered into chunks. Pure.

A chunk costs a round of its own, of a journal, a fence and Kafka's word, whether it has one record or two hundred.
Where events come steadily a fetch brings one or two of a partition: what came while the one before was on its way is
one chunk.

Rule 1. Of a topic what waits is taken in the order of its arrival, and all of it exactly once. Topics take turns.
Rule 2. One chunk is made of what continues without a hole, in one generation of the group, of `size` records at most.
        What came after a way back, or crosses a hole, stays a chunk of its own: the fence judges it.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from agents.exact.chunks import Chunk


class Arrived(NamedTuple):
    """A chunk, and the generation of the group in which it came."""

    chunk: Chunk
    generation: int


@dataclass(slots=True)
class Gathering:
    """What waits for one lane: chunks of one partition."""

    _waiting: dict[str, deque[Arrived]] = field(default_factory=dict)

    def add(self, arrived: Arrived) -> None:
        """Have a chunk wait."""
        self._waiting.setdefault(arrived.chunk.topic, deque()).append(arrived)

    def take(self, size: int) -> Arrived | None:
        """Return what is to be worked on next; None where nothing waits."""
        if not self._waiting:
            return None
        topic = next(iter(self._waiting))
        waiting = self._waiting.pop(topic)
        last = waiting.popleft()
        gathered, count = [last], len(last.chunk.records)
        while waiting and _continues(waiting[0], last) and count + len(waiting[0].chunk.records) <= size:
            last = waiting.popleft()
            gathered.append(last)
            count += len(last.chunk.records)
        if waiting:
            self._waiting[topic] = waiting
        records = list(chain.from_iterable(each.chunk.records for each in gathered))
        return Arrived(Chunk(topic, last.chunk.partition, records), last.generation)


def _continues(arrived: Arrived, before: Arrived) -> bool:
    return arrived.chunk.first == before.chunk.end and arrived.generation == before.generation

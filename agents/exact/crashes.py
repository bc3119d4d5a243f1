"""Which record crashes the worker: what is held against a chunk, and then against one record.

Rule 1. What was in hand when the worker died is a suspect. It is a suspect only: the crash counts for nobody yet,
        unless a single record was in hand, and nothing else.
Rule 2. A suspect is taken alone: one record, and no other agent's chunk beside it. So a crash then is that record's.
Rule 3. A record that survives is forgotten; one that was in hand alone in as many crashes as the setting allows is
        set aside as a dead letter. Then the next suspect is taken.
Rule 4. A record is its place and its time: in a topic that was made anew, another record may stand at the same offset.
Rule 5. It is one worker's memory. Where a partition moves between crashes, the next worker counts for itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from agents.exact.chunks import Chunk, Record

MOST_SUSPECTS = 1000
"""Chunks remembered; the oldest are forgotten first, since their partition may never come back."""

Place = tuple[str, int, int, int]
"""Topic, partition, offset, and the record's time in epoch milliseconds (Rule 4)."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an agent had in hand: offsets from `first` to before `end`, and the first record's time."""

    topic: str
    partition: int
    first: int
    end: int
    timestamp: int

    @classmethod
    def of(cls, chunk: Chunk) -> "Held":
        """Return a chunk as it is held."""
        return cls(chunk.topic, chunk.partition, chunk.first, chunk.end, chunk.records[0].timestamp)

    @property
    def place(self) -> Place:
        """The place of its first record."""
        return self.topic, self.partition, self.first, self.timestamp


@dataclass(frozen=True, slots=True)
class Part:
    """What of a chunk to take next; `crashes` is how often its one record crashed the worker, where it is `alone`."""

    chunk: Chunk
    alone: bool = False
    crashes: int = 0


@dataclass(slots=True)
class Crashes:
    """The suspects, and the crashes of each record that was alone."""

    suspects: list[Held] = field(default_factory=list)
    counts: dict[Place, int] = field(default_factory=dict)

    def judge(self, held: Iterable[Held]) -> None:
        """Take note of what was in hand when a worker died (Rule 1)."""
        left = list(held)
        if len(left) == 1 and left[0].end == left[0].first + 1:
            self.counts[left[0].place] = self.counts.get(left[0].place, 0) + 1
        self.suspects = [*(old for old in self.suspects if old not in left), *left][-MOST_SUSPECTS:]

    def passed(self, tp: TP, upto: int) -> None:
        """Forget what stands before `upto`: it is done (Rule 3)."""
        self.suspects = [old for old in self.suspects if TP(old.topic, old.partition) != tp or old.end > upto]
        self.counts = {at: n for at, n in self.counts.items() if TP(at[0], at[1]) != tp or at[2] >= upto}

    def part(self, chunk: Chunk) -> Part:
        """Return the first part of a chunk: a suspect record alone (Rule 2), or all before the next suspect."""
        ranges = [(s.first, s.end) for s in self.suspects if (s.topic, s.partition) == (chunk.topic, chunk.partition)]
        if not ranges:
            return Part(chunk)
        for number, record in enumerate(chunk.records):
            if any(first <= record.offset < end for first, end in ranges):
                if number:
                    return Part(Chunk(chunk.topic, chunk.partition, chunk.records[:number]))
                alone = Chunk(chunk.topic, chunk.partition, chunk.records[:1])
                return Part(alone, alone=True, crashes=self.counts.get(_place(record), 0))
        return Part(chunk)

    def survived(self, part: Part) -> None:
        """Forget a record that was taken alone and is done (Rule 3)."""
        if part.alone:
            self.passed(TP(part.chunk.topic, part.chunk.partition), part.chunk.end)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "suspects": [[s.topic, s.partition, s.first, s.end, s.timestamp] for s in self.suspects],
            "counts": [[*place, count] for place, count in self.counts.items()],
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Crashes":
        """Return what JSON has. Raises KeyError, TypeError or ValueError where it is something else."""
        return cls(
            [Held(*each) for each in record["suspects"]],
            {(topic, partition, offset, at): count for topic, partition, offset, at, count in record["counts"]},
        )


def _place(record: Record) -> Place:
    return record.topic, record.partition, record.offset, record.timestamp

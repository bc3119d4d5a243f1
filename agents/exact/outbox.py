"""Sends whole batches and waits until the broker has them: Rule 3 of this room.

Rule 1. Records for one partition go out in the order given, in as few batches as fit.
Rule 2. `deliver` returns when every batch is acknowledged by all in-sync replicas; any failure raises.
Rule 3. A keyed record goes where murmur2 of its key says, as Kafka's own clients do; an unkeyed one needs a partition.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata


@dataclass(frozen=True, slots=True)
class Send:
    """A record to send; without a value it deletes its key from a compacted topic.

    `timestamp` is epoch milliseconds; `partition` None means: by key.
    """

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where a run of records ended up: the first and the last offset. `whole` when nothing else lies in between."""

    first: int
    last: int
    whole: bool


class Producer(Protocol):
    """What of aiokafka's producer is used."""

    def create_batch(self) -> Any:  # noqa: ANN401 -- aiokafka has no name for it
        """Begin an empty batch."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[RecordMetadata]:  # noqa: ANN401
        """Queue a batch; the future is done when the broker acknowledged it."""

    async def stop(self) -> None:
        """Send what is queued, and close."""


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key among `partitions`, as Kafka's own partitioner has it."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Outbox:
    """Delivers records through one producer, opened once for all agents."""

    def __init__(self, open_producer: Callable[[], Awaitable[Producer]], partitions: Mapping[str, int]) -> None:
        """Take how to open the producer, and the number of partitions of every topic that is written by key."""
        self._open_producer = open_producer
        self._partitions = partitions
        self._opening: asyncio.Future[Producer] | None = None
        self._producer: Producer

    async def open(self) -> None:
        """Open the producer, if nobody did yet."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open_producer())
        self._producer = await self._opening

    async def close(self) -> None:
        """Close the producer, if it was opened."""
        if self._opening is not None:
            await (await self._opening).stop()

    async def deliver(self, sends: Iterable[Send]) -> dict[tuple[str, int], Acknowledged]:
        """Send all, wait for all acknowledgements, and return where they ended up by (topic, partition)."""
        runs: dict[tuple[str, int], list[Send]] = {}
        for send in sends:
            partition = send.partition
            if partition is None:
                partition = partition_of(send.key, self._partitions[send.topic])
            runs.setdefault((send.topic, partition), []).append(send)
        acknowledged = await asyncio.gather(*(self._run(topic, p, run) for (topic, p), run in runs.items()))
        return dict(zip(runs, acknowledged, strict=True))

    async def _run(self, topic: str, partition: int, run: list[Send]) -> Acknowledged:
        sent: list[tuple[asyncio.Future[RecordMetadata], int]] = []
        batch, count = self._producer.create_batch(), 0
        for send in run:
            if batch.append(key=send.key, value=send.value, timestamp=send.timestamp) is None:
                sent.append((await self._producer.send_batch(batch, topic, partition=partition), count))
                batch, count = self._producer.create_batch(), 0
                if batch.append(key=send.key, value=send.value, timestamp=send.timestamp) is None:
                    size = len(send.value or b"")
                    raise ValueError(f"a record of {size} bytes does not fit into a batch for {topic}")
            count += 1
        sent.append((await self._producer.send_batch(batch, topic, partition=partition), count))
        places = [((await future).offset, size) for future, size in sent]
        first, last = places[0][0], places[-1][0] + places[-1][1] - 1
        return Acknowledged(first, last, last - first + 1 == len(run))

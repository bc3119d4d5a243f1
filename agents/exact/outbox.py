"""Sends whole batches and waits until the broker has them: Rule 3 of this room.

Rule 1. Records for one partition go out in the order given, in as few batches as fit.
Rule 2. `deliver` returns when every batch is acknowledged by all in-sync replicas; any failure raises.
Rule 3. Packing is work and sending is waiting, so they can be asked for apart.
Rule 4. A keyed record goes where murmur2 of its key says, as Kafka's own clients do; an unkeyed one needs a partition.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from aiokafka.errors import ProducerClosed
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata


class Send(NamedTuple):
    """A record to send; without a value it deletes its key from a compacted topic.

    `timestamp` is epoch milliseconds; `partition` None means: by key.
    """

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int
    partition: int | None = None


Sent = tuple[str, bytes, bytes | None, int, int | None]
"""What a `Send` is, without its names: they are made for every row of the state, and cost more than it is worth."""


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


Packed = dict[tuple[str, int], list[Any]]
"""Batches (aiokafka's builders) that are ready to go, by topic and partition."""


@lru_cache(maxsize=1 << 16)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key among `partitions`, as Kafka's own partitioner has it.

    It hashes in plain Python, byte by byte, so the keys seen lately are remembered.
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Outbox:
    """Delivers records through one producer, opened once for all agents."""

    def __init__(self, open_producer: Callable[[], Awaitable[Producer]], partitions: Mapping[str, int]) -> None:
        """Take how to open the producer, and the number of partitions of every topic that is written by key."""
        self._open_producer = open_producer
        self._partitions = partitions
        self._opening: asyncio.Future[Producer] | None = None
        self._producer: Producer
        self.closed = False

    async def open(self) -> None:
        """Open the producer, if nobody did yet."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open_producer())
        self._producer = await self._opening

    async def close(self) -> None:
        """Close the producer, if it was opened: who would send after that is cancelled, since the worker stops."""
        self.closed = True
        if self._opening is not None:
            await (await self._opening).stop()

    def packed(self, sends: Iterable[Sent]) -> Packed:
        """Return the records in batches, by topic and partition. Raises ValueError where a record fits into none."""
        packed: Packed = {}
        for topic, key, value, timestamp, partition in sends:
            if partition is None:
                partition = partition_of(key, self._partitions[topic])  # noqa: PLW2901 -- what None stands for
            batches = packed.get((topic, partition))
            if batches is None:
                batches = packed[topic, partition] = [self._producer.create_batch()]
            if batches[-1].append(key=key, value=value, timestamp=timestamp) is None:
                batches.append(self._producer.create_batch())
                if batches[-1].append(key=key, value=value, timestamp=timestamp) is None:
                    raise ValueError(f"a record of {len(value or b'')} bytes does not fit into a batch for {topic}")
        return packed

    async def deliver(self, sends: Iterable[Sent] | Packed) -> dict[tuple[str, int], Acknowledged]:
        """Send all, wait for all acknowledgements, and return where they ended up by (topic, partition)."""
        packed = sends if isinstance(sends, dict) else self.packed(sends)
        if not packed:
            return {}
        acknowledged = await asyncio.gather(*(self._run(topic, p, batches) for (topic, p), batches in packed.items()))
        return dict(zip(packed, acknowledged, strict=True))

    async def _run(self, topic: str, partition: int, batches: list[Any]) -> Acknowledged:
        try:
            sent = [await self._producer.send_batch(each, topic, partition=partition) for each in batches]
        except ProducerClosed:
            if self.closed:
                raise asyncio.CancelledError from None
            raise
        places = [(await future).offset for future in sent]
        counts = [each.record_count() for each in batches]
        first, last = places[0], places[-1] + counts[-1] - 1
        return Acknowledged(first, last, last - first + 1 == sum(counts))

"""The broadcast directory: every worker reads the whole topic `directory`, by a consumer of its own, into memory.

Rule 1. It belongs to no group: all partitions, from their start, whatever the other workers do. No rebalance moves it.
Rule 2. `caught_up` is done when all that was there at the start is read: until then intake would claim what is known.
Rule 3. A broker that goes away is waited for; it is then read on from where it stopped. What cannot be read ends the
        process, as anything unexpected does.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from agents.exact.exits import Exit, Leave, where
from agents.known import Known
from agents.metrics import Metrics
from pipeline.identity import DirectoryAnswer
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

AGAIN_AFTER = 1.0
"""Seconds between two attempts to reach a broker that went away."""

AT_ONCE = 500
"""Records that are taken without giving way to the event loop: about 10 ms."""

LOOK_AFTER_MS = 200
"""Milliseconds that a question for records waits where there are none."""


class BroadcastDirectory:
    """The directory of one worker."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, book: SchemaBook, metrics: Metrics) -> None:
        """Take the broker's address, the topic's full name and partitions, the contracts, and what to count in."""
        self._bootstrap, self._book, self._metrics = bootstrap, book, metrics
        self._next = {TopicPartition(topic, partition): 0 for partition in range(partitions)}
        self._known = Known()
        self._complete = asyncio.Event()
        self.heard = 0
        """Records read so far: moves while it catches up."""
        self.on_forget: Callable[[bytes], None] = lambda _key: None
        """Told each key that was erased."""

    def answers(self, identifiers: Iterable[Identifier]) -> Mapping[Identifier, DirectoryAnswer]:
        """Return what is known of these identifiers; those never heard of are left out."""
        return self._known.answers(identifiers)

    def knows_pair(self, digest: str) -> bool:
        """Say whether the pair that a digest stands for is known."""
        return self._known.knows_pair(digest)

    @property
    def complete(self) -> bool:
        """Whether all that was there at the start is read."""
        return self._complete.is_set()

    async def caught_up(self) -> None:
        """Return when all that was there at the start is read."""
        await self._complete.wait()

    async def follow(self, leave: Leave) -> None:
        """Read, for as long as the worker runs."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError):
                await asyncio.sleep(AGAIN_AFTER)
            except Exception as error:  # noqa: BLE001 -- intake would go on with a directory that stands still
                leave(Exit.UNEXPECTED, where(error))

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            consumer.assign(list(self._next))
            for partition, offset in self._next.items():
                consumer.seek(partition, offset)
            ends = await consumer.end_offsets(list(self._next))
            while True:
                batches = await consumer.getmany(timeout_ms=LOOK_AFTER_MS, max_records=AT_ONCE)
                for partition, records in batches.items():
                    for record in records:
                        self._hear(record.key, record.value)
                    self._next[partition] = records[-1].offset + 1
                if batches:
                    self._metrics["directory_identifiers"].set(self._known.identifiers)
                    self._metrics["directory_pairs"].set(self._known.pairs)
                    await asyncio.sleep(0)
                if not self.complete and await self._is_past(consumer, ends):
                    self._complete.set()
        finally:
            await consumer.stop()

    async def _is_past(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
        """Say whether all partitions were read up to here. Compaction may have left nothing at the end of one."""
        return all([self._next[at] >= end or await consumer.position(at) >= end for at, end in ends.items()])

    def _hear(self, key: bytes | None, value: bytes | None) -> None:
        self.heard += 1
        if value is not None:
            self._known.hear(self._book.decode("directory-entry", value))
        elif key is not None:
            self._known.forget(key)
            self.on_forget(key)

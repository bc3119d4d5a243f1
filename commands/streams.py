"""Reading and writing topics from outside a worker: what `try`, `simulate`, `watch` and `demo` share.

Rule 1. Reading joins no consumer group: it takes nothing from anybody and leaves no trace on the broker.
Rule 2. Writing is in order and idempotent, and counts as done when the broker said so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from agents.topic_admin import Unreachable

LARGEST_RECORD = 10 << 20
"""Bytes; the limit of dead-letters, the topic with the largest records (schemas/topics.toml)."""
_UNACKNOWLEDGED = 2_000
_LOOKS, _LOOK_SECONDS, _QUIET_LOOKS = 100, 0.1, 3
"""What Kafka has agreed to delete is gone for all its brokers a moment later; ten seconds is long."""


class Writer:
    """Sends records in order; `flush` waits until the broker has them all."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        """Take a started producer."""
        self._producer = producer
        self._waiting: list[asyncio.Future[object]] = []

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int | None = None,
        *,
        timestamp: int | None = None,
    ) -> None:
        """Send one record, to the partition of its key or to the one named; waits now and then, so that not too many
        are under way. `timestamp` is epoch milliseconds; none: now.
        """
        named = list(headers)
        if key is None and value is None:  # Kafka takes it; aiokafka's `send` does not
            empty = self._producer.create_batch()
            empty.append(key=None, value=None, timestamp=timestamp, headers=named)
            self._waiting.append(await self._producer.send_batch(empty, topic, partition=partition or 0))
        else:
            self._waiting.append(await self._producer.send(topic, value, key, partition, timestamp, headers=named))
        if len(self._waiting) >= _UNACKNOWLEDGED:
            await self.flush()

    async def flush(self) -> None:
        """Return when every record sent so far is on the broker. Raises what Kafka refused one with."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._producer.flush()
            await asyncio.gather(*waiting)


@asynccontextmanager
async def writing(bootstrap: str) -> AsyncIterator[Writer]:
    """Yield a writer; what it was given is on the broker when the block ends well."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5, max_request_size=LARGEST_RECORD + (1 << 20)
    )
    try:
        await producer.start()
        writer = Writer(producer)
        yield writer
        await writer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def reading(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer of no group, which is assigned nothing yet."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST_RECORD,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        # With the broker away, the client lets the end of its own fetch task out as if this task were cancelled.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a started admin client. Raises `Unreachable`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        try:
            await admin.start()
        except (KafkaError, OSError):
            raise Unreachable(f"No Kafka answers at {bootstrap}") from None
        yield admin
    finally:
        await admin.close()


def partitions(topics: Mapping[str, int]) -> list[TopicPartition]:
    """Return every partition of the topics, which are given with how many they have."""
    return [TopicPartition(topic, number) for topic, count in sorted(topics.items()) for number in range(count)]


async def read_to_the_end(bootstrap: str, topics: Mapping[str, int]) -> dict[str, list[ConsumerRecord]]:
    """Return every record that the topics have now, by topic, each partition in its order."""
    found: dict[str, list[ConsumerRecord]] = {topic: [] for topic in topics}
    places = partitions(topics)
    async with reading(bootstrap) as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        waiting = {place for place in places if ends[place] > 0}
        while waiting:
            for place, records in (await consumer.getmany(*waiting, timeout_ms=200)).items():
                found[place.topic] += [record for record in records if record.offset < ends[place]]
            for place in list(waiting):
                # A compacted topic's last records may be gone: the position says how far was read.
                if await consumer.position(place) >= ends[place]:
                    waiting.discard(place)
    return found


async def ends_of(consumer: AIOKafkaConsumer, topics: Mapping[str, int]) -> dict[TopicPartition, int]:
    """Return where each partition ends now."""
    return dict(await consumer.end_offsets(partitions(topics)))


async def existing_topics(bootstrap: str) -> dict[str, int]:
    """Return all topics that the Kafka has, with their partitions.

    All are asked for, never one by its name: on some Kafkas asking for a name makes the topic.
    """
    async with administering(bootstrap) as admin:
        return {
            each["topic"]: len(each["partitions"]) for each in await admin.describe_topics() if not each["error_code"]
        }


async def delete_topics(bootstrap: str, names: Collection[str]) -> None:
    """Delete these topics, and return when they are gone. Raises `RuntimeError` where Kafka keeps one.

    They are asked for by name even where they are not seen, and again while they are: one that is being made is seen
    only later, and a busy Kafka may say that it ran out of time.
    """
    async with administering(bootstrap) as admin:
        asked, quiet = frozenset(names), 0
        for _ in range(_LOOKS):
            if asked:
                await admin.delete_topics(sorted(asked))
            await asyncio.sleep(_LOOK_SECONDS)
            asked = frozenset(names) & frozenset(await admin.list_topics())
            quiet = 0 if asked else quiet + 1
            if quiet == _QUIET_LOOKS:
                return
        raise RuntimeError(f"Kafka keeps {', '.join(sorted(asked))}: delete them by hand")

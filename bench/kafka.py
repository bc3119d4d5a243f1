"""What the bench asks of a Kafka: topics, the events written once, and how many records a topic has."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2

from bench import work

PARTITIONS = 4
BATCH_BYTES = 512 * 1024


async def make_topics(kafka: str, names: Iterable[str], *, compacted: Iterable[str] = ()) -> None:
    """Make topics of four partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        plain = [NewTopic(name, PARTITIONS, 1) for name in names]
        kept = [NewTopic(name, PARTITIONS, 1, topic_configs={"cleanup.policy": "compact"}) for name in compacted]
        await admin.create_topics([*plain, *kept])
    finally:
        await admin.close()


async def drop_topics(kafka: str, prefix: str) -> None:
    """Delete all topics whose names begin with `prefix`, the ones that a framework made for itself too."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if prefix in name]
        if names:
            await admin.delete_topics(names)
    finally:
        await admin.close()


async def write_events(kafka: str, events: Iterable[dict[str, Any]]) -> None:
    """Write the events, each customer's into the partition that Kafka's own clients choose."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=BATCH_BYTES) as producer:
        batches = [producer.create_batch() for _ in range(PARTITIONS)]
        for event in events:
            key, value = event["customer_id"].encode(), work.event_bytes(event)
            place = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
            if batches[place].append(key=key, value=value, timestamp=None) is None:
                await (await producer.send_batch(batches[place], work.EVENTS, partition=place))
                batches[place] = producer.create_batch()
                batches[place].append(key=key, value=value, timestamp=None)
        for place, batch in enumerate(batches):
            await (await producer.send_batch(batch, work.EVENTS, partition=place))


@asynccontextmanager
async def counter(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a client that can count."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False) as client:
        yield client


async def count(client: AIOKafkaConsumer, topic: str) -> int:
    """Return how many records were written to a topic so far."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    return sum((await client.end_offsets(places)).values())

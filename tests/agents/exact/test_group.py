"""What the group asks a real Kafka: where a hole in a log ends."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import faust
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from faust.types import TP

from agents.exact.group import FaustGroup


def _group(kafka: str, *assigned: TP) -> FaustGroup:
    app: Any = SimpleNamespace(consumer=SimpleNamespace(assignment=lambda: set(assigned)), consumer_generation_id=7)
    return FaustGroup(cast(faust.App, app), kafka)


async def _log(kafka: str, topic: str, records: int) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in range(records):
            await producer.send_and_wait(topic, b"%d" % number, partition=0)
    return admin


async def test_the_log_is_asked_outside_the_group(kafka: str, prefix: str) -> None:
    """The beginning, the middle, the last record, and the end, where nothing is yet."""
    topic = f"{prefix}whole"
    admin = await _log(kafka, topic, 4)
    try:
        group = _group(kafka)
        found = [await group.first_at_or_after(TP(topic, 0), offset) for offset in (0, 2, 3, 4, 5)]
        assert found == [0, 2, 3, None, None]
    finally:
        await admin.close()


async def test_what_retention_deleted_is_a_hole(kafka: str, prefix: str) -> None:
    """Committed at 1, and the log begins at 3: reading goes on there, instead of waiting for what will never come."""
    topic = f"{prefix}deleted"
    admin = await _log(kafka, topic, 5)
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=3)})
        group = _group(kafka)
        assert [await group.first_at_or_after(TP(topic, 0), offset) for offset in (0, 2, 3, 4)] == [3, 3, 3, 4]
    finally:
        await admin.close()


async def test_a_partition_that_is_not_ours_has_no_answer() -> None:
    """It is another worker's to continue; nobody is asked."""
    group = _group("nobody:1", TP("raw", 0))
    async with asyncio.timeout(5):
        assert await group.committed(TP("raw", 1)) is None
    assert group.generation() == 7

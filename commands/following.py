"""Following alerts, flags and journey signals as they are published.

Rule 1. No group: watching takes nothing from anybody. It begins at the end, or at the beginning when asked.
Rule 2. A broker that is away is waited for, and said once; what was published meanwhile is read when it is back.
Rule 3. A record that cannot be read is said and passed over: watching decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import cast

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from agents.topic_admin import Unreachable
from commands.findings import Kind, Shown
from commands.streams import existing_topics, partitions, reading
from pipeline.refusal import Refused
from pipeline.wire import SchemaBook

KINDS: tuple[Kind, ...] = ("detractor-alerts", "repeat-contacts", "journey-signals")
_AGAIN_SECONDS = 2.0
_POLL_MS = 1000
_ANSWER_SECONDS = 5.0


async def findings(
    bootstrap: str, prefix: str, book: SchemaBook, *, from_beginning: bool, say: Callable[[str], None]
) -> AsyncGenerator[Shown, None]:
    """Yield alerts, flags and signals for ever, as they are published; `say` is told of trouble, in one line."""
    places: dict[TopicPartition, int] = {}
    away = False
    while True:
        try:
            async with reading(bootstrap) as consumer:
                await _join(consumer, await _topics(bootstrap, prefix), places, from_beginning=from_beginning or away)
                if away:
                    say("Back again.")
                away = False
                while True:
                    for record in await _next(consumer):
                        place = TopicPartition(record.topic, record.partition)
                        places[place] = record.offset + 1
                        try:
                            yield _read(record, prefix, book)
                        except Refused as refused:
                            say(f"{record.topic} {record.partition}/{record.offset}: {refused}")
        except (KafkaError, OSError, Unreachable, _NotThereError) as error:
            if not away:
                what = str(error) if isinstance(error, _NotThereError) else f"Kafka is away ({bootstrap})"
                say(f"{what}; waiting.")
            away = True
            await asyncio.sleep(_AGAIN_SECONDS)


class _NotThereError(Exception):
    """The topics are not there yet."""


async def _join(
    consumer: AIOKafkaConsumer, topics: Mapping[str, int], places: dict[TopicPartition, int], *, from_beginning: bool
) -> None:
    known = partitions(topics)
    consumer.assign(known)
    fresh = [place for place in known if place not in places]
    places.update(await (consumer.beginning_offsets if from_beginning else consumer.end_offsets)(fresh))
    for place in known:
        consumer.seek(place, places[place])


async def _topics(bootstrap: str, prefix: str) -> dict[str, int]:
    there = await existing_topics(bootstrap)
    for kind in KINDS:
        if prefix + kind not in there:
            raise _NotThereError(f"{prefix}{kind} is not there yet")
    return {prefix + kind: there[prefix + kind] for kind in KINDS}


async def _next(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    """Return what came, perhaps nothing. Raises where nothing came and the broker does not answer."""
    batches = await consumer.getmany(timeout_ms=_POLL_MS)
    if not batches:
        # The client waits for a broker that is away without a word; so it is asked something.
        async with asyncio.timeout(_ANSWER_SECONDS):
            await consumer.end_offsets(consumer.assignment())
    return [record for place in sorted(batches) for record in batches[place]]


def _read(record: ConsumerRecord, prefix: str, book: SchemaBook) -> Shown:
    kind = cast("Kind", record.topic.removeprefix(prefix))
    return Shown(kind, book.decode(kind.removesuffix("s"), record.value))

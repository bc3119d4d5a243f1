"""The whole product, all stages and all outputs, beside the same stages by hand.

Rule 1. Both take the same invented day (`simulation`) from their own raw topics, and do the same steps.
Rule 2. An event is done when its touchpoint is committed by the last stage; all is done when nothing is left anywhere.
"""

import sys
from dataclasses import replace
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents import topic_admin
from agents import topics as topic_list
from bench import kafka as broker
from bench.contestants import OLD_OVER_NEW, Contestant
from bench.measure import Measured, running, watched
from commands.playing import Sent, now, play_of, send
from commands.streams import writing
from pipeline.sources import SOURCES

LOOK_EVERY = 0.2
SEED = 6


PRODUCTS = (
    Contestant("product", "Tellonce, whole", (sys.executable, "-m", "commands", "worker", "--once")),
    Contestant(
        "product_by_hand",
        "the same stages by hand",
        (sys.executable, "-m", "bench.product_by_hand"),
        f"state is not read back after a restart; {OLD_OVER_NEW}; an error ends it for good",
    ),
)


async def measure_product(contestant: Contestant, kafka: str, prefix: str, events: int) -> Measured:
    """Run the product, or the same by hand, over an invented day; raises DidOtherWork."""
    group = f"{prefix}group"
    settings = {"BROKER": kafka, "PREFIX": prefix, "APP_ID": group}
    given = {f"TELLONCE_{name}": value for name, value in settings.items()}
    topics = topic_list.load()
    await topic_admin.apply(kafka, topic_list.want(topics, prefix=prefix, partitions=broker.PARTITIONS))
    try:
        play = play_of(now(), seed=SEED, customers=None, events=events, speed=None)
        async with writing(kafka) as writer:
            await send(play, writer, prefix, Sent(), book=None, tick=lambda _event: None)
        left = Left(kafka, prefix, group, events)
        async with running(replace(contestant, environment=given), kafka, prefix) as process, left:
            return await watched(process, left.done, events, LOOK_EVERY)
    finally:
        await broker.drop_topics(kafka, prefix)


class Left:
    """How much is done: touchpoints committed by the last stage; all events, when nothing is left on any topic."""

    def __init__(self, kafka: str, prefix: str, group: str, events: int, partitions: int = broker.PARTITIONS) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        self._client = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        self._group, self._events, self._last = group, events, f"{prefix}touchpoints"
        read = ("touchpoints", "moves", "identity-changes", *(f"raw.{source}" for source in SOURCES))
        self._places = [TopicPartition(prefix + name, number) for name in read for number in range(partitions)] + [
            TopicPartition(f"{prefix}identity-claims", 0)
        ]

    async def __aenter__(self) -> Self:
        await self._admin.start()
        await self._client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()
        await self._client.stop()

    async def done(self) -> int:
        """Return how many events are done."""
        try:
            offsets = await self._admin.list_consumer_group_offsets(self._group)
        except GroupCoordinatorNotAvailableError:  # a new Kafka makes its topic of offsets at the first question
            return 0
        committed = {place: max(offsets[place].offset, 0) if place in offsets else 0 for place in self._places}
        ends = await self._client.end_offsets(self._places)
        if all(committed[place] == ends[place] for place in self._places):
            return self._events
        stitched = sum(at for place, at in committed.items() if place.topic == self._last)
        return min(stitched, self._events - 1)

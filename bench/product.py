"""The whole product, all stages and all outputs, beside the same stages by hand.

Rule 1. Both take the same invented day (`simulation`) from their own raw topics, and do the same steps.
Rule 2. An event is done when its touchpoint is committed by the last stage; all is done when nothing is left anywhere.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
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
from commands.patience import WORK
from commands.playing import Sent, now, play_of, send
from commands.streams import writing

Places = Mapping[str, int]
"""Topics, and how many partitions each has."""

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


@asynccontextmanager
async def installed(
    contestant: Contestant, kafka: str, prefix: str, partitions: int = broker.PARTITIONS
) -> AsyncIterator[tuple[Contestant, Places]]:
    """Make topics for a contestant alone; yield it as it finds them, and which it reads. They go in the end."""
    wanted = topic_list.want(topic_list.load(), prefix=prefix, partitions=partitions)
    await topic_admin.apply(kafka, wanted)
    settings = {"BROKER": kafka, "PREFIX": prefix, "APP_ID": group_of(prefix), "PARTITIONS": str(partitions)}
    given = {f"TELLONCE_{name}": value for name, value in settings.items()}
    reads = {prefix + name for name in WORK}
    places = {each.name: each.partitions for each in wanted if each.name in reads}
    try:
        yield replace(contestant, environment=given), places
    finally:
        await broker.drop_topics(kafka, prefix)


def group_of(prefix: str) -> str:
    """Return the name of an installation's group."""
    return f"{prefix}group"


async def measure_product(contestant: Contestant, kafka: str, prefix: str, events: int) -> Measured:
    """Run the product, or the same by hand, over an invented day; raises DidOtherWork."""
    async with installed(contestant, kafka, prefix) as (own, places):
        play = play_of(now(), seed=SEED, customers=None, events=events, speed=None)
        async with writing(kafka) as writer:
            await send(play, writer, prefix, Sent(), book=None, tick=lambda _event: None)
        left = Left(kafka, prefix, events, places)
        async with running(own, kafka, prefix) as process, left:
            return await watched(process, left.done, events, LOOK_EVERY)


class Left:
    """How much is done: touchpoints committed by the last stage; all events, when nothing is left on any topic."""

    def __init__(self, kafka: str, prefix: str, events: int, places: Places) -> None:
        """Take the installation's prefix, how many events it is given, and the topics that it reads."""
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        self._client = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        self._group, self._events, self._last = group_of(prefix), events, f"{prefix}touchpoints"
        self._places = [TopicPartition(name, number) for name, count in places.items() for number in range(count)]

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

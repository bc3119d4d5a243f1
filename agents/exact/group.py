"""What the loop asks of the consumer group and the broker, and the answers of a real one.

Faust's Kafka consumer lives in a thread and an event loop of its own; questions to it are handed over there.
"""

import asyncio
from typing import Any, Protocol

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

ANSWER_WITHIN = 60.0
"""Seconds that a question to the broker may take before the worker counts as stuck. A Kafka that is started again takes
a quarter of a minute on a small machine; to leave meanwhile helps nobody, since it does not answer the next one either.
"""


class Group(Protocol):
    """The questions."""

    def generation(self) -> int:
        """Return the group's generation as this worker knows it."""

    async def committed(self, tp: TP) -> int | None:
        """Return the offset that the broker has as committed; where there is none, the log's start.

        None where the partition is not ours (any more).
        """

    async def first_at_or_after(self, tp: TP, offset: int) -> int | None:
        """Return the offset of the first record at or after `offset` that the broker has; None at the log's end."""

    async def seek(self, tp: TP, offset: int) -> None:
        """Send the consumer back (or forth) to an offset."""

    def wake_commits(self, tp: TP) -> None:
        """Make the commit loop look at this partition."""

    async def commit(self, tp: TP) -> None:
        """Commit now what is done of this partition, if the broker lets us."""


class FaustGroup:
    """A Faust app's group. Raises what the client raises, and TimeoutError: unexpected, so the process ends."""

    def __init__(self, app: faust.App, bootstrap: str) -> None:
        """Take the app whose consumer is asked, and the broker's address for the probe's own client."""
        self._app: Any = app
        self._bootstrap = bootstrap

    def generation(self) -> int:
        """Return the group's generation as this worker knows it."""
        return int(self._app.consumer_generation_id)

    async def committed(self, tp: TP) -> int | None:
        """Ask the broker: Faust's own copy is often empty just after an assignment."""
        if tp not in self._app.consumer.assignment():
            return None
        at = TopicPartition(tp.topic, tp.partition)
        thread = self._app.consumer._thread  # noqa: SLF001 -- Faust gives no other way to its consumer
        client = thread._ensure_consumer()  # noqa: SLF001 -- likewise
        async with asyncio.timeout(ANSWER_WITHIN):
            offset = await thread.call_thread(client.committed, at)
            if offset is None:
                offset = (await thread.call_thread(client.beginning_offsets, [at]))[at]
        return int(offset)

    async def first_at_or_after(self, tp: TP, offset: int) -> int | None:
        """Read one record with a client of its own, outside the group.

        "earliest": what retention deleted before it was taken is gone, and the log's start is what comes first.
        """
        at = TopicPartition(tp.topic, tp.partition)
        async with (
            asyncio.timeout(ANSWER_WITHIN),
            AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
            ) as probe,
        ):
            probe.assign([at])
            if (await probe.end_offsets([at]))[at] <= offset:
                return None
            probe.seek(at, offset)
            return int((await probe.getone(at)).offset)

    async def seek(self, tp: TP, offset: int) -> None:
        """Send the consumer to an offset."""
        await self._app.consumer.seek(tp, offset)

    def wake_commits(self, tp: TP) -> None:
        """Make the commit loop look at this partition."""
        self._app.consumer.wake_commits(tp)

    async def commit(self, tp: TP) -> None:
        """Commit now; a broker that is away is the commit loop's matter."""
        await self._app.consumer.commit_now({tp}, ANSWER_WITHIN)

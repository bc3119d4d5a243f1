"""Waiting until the workers have taken in all that Kafka had when they were asked.

Rule 1. What the raw topics have comes first; then what intake made of it. Taken in is what the whole group committed.
Rule 2. Each stage is asked where its topics end once, and waited for until then: traffic goes on meanwhile.
Rule 3. It ends. Where nothing of what is missing has moved for `PATIENCE`, nobody waits for it: a source that rests, or
        a mark at a log's end that is no record, must not silence the clock. A Kafka that is away is asked again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

LOOK_EVERY = 0.5
"""Seconds between two questions."""

ANSWER_WITHIN = 10.0
"""Seconds for one question."""

PATIENCE = 60.0
"""Seconds: twice what a worker that stands still has before it is ended."""

Places = Mapping[TopicPartition, int]


@dataclass(slots=True)
class Waiting:
    """Rules 2 and 3 as a state machine: tell it what is committed."""

    wanted: Places
    patience: float = PATIENCE
    _missing: dict[TopicPartition, int] = field(default_factory=dict)
    _since: float | None = None

    def is_over(self, committed: Places, now: float) -> bool:
        """Say whether what was wanted is committed, or stands still for too long; `now`: seconds."""
        missing = {tp: committed.get(tp, 0) for tp, end in self.wanted.items() if committed.get(tp, 0) < end}
        if self._since is None or any(self._missing.get(tp) != at for tp, at in missing.items()):
            self._since = now
        self._missing = missing
        return not missing or now - self._since > self.patience


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a group of workers has before it: the topics of each stage, by full name, with their partitions."""

    bootstrap: str
    group: str
    stages: Sequence[Mapping[str, int]]
    clock: Callable[[], float]

    async def worked_off(self) -> None:
        """Return when each stage, in order, is taken in to where it ended when it was asked."""
        while True:
            try:
                async with asked(self.bootstrap) as (admin, client):
                    for stage in self.stages:
                        await self._taken_in(stage, admin, client)
            except (KafkaError, OSError):  # a TimeoutError is an OSError; a Kafka that is away has nothing for anybody
                await asyncio.sleep(LOOK_EVERY)
            else:
                return

    async def _taken_in(self, stage: Mapping[str, int], admin: AIOKafkaAdminClient, client: AIOKafkaConsumer) -> None:
        places = [TopicPartition(name, number) for name, count in stage.items() for number in range(count)]
        async with asyncio.timeout(ANSWER_WITHIN):
            waiting = Waiting(await client.end_offsets(places))
        while True:
            async with asyncio.timeout(ANSWER_WITHIN):
                offsets = await admin.list_consumer_group_offsets(self.group)
                begins = await client.beginning_offsets(places)  # where nothing is committed yet
            committed = {**begins, **{tp: said.offset for tp, said in offsets.items() if said.offset >= 0}}
            if waiting.is_over(committed, self.clock()):
                return
            await asyncio.sleep(LOOK_EVERY)


@asynccontextmanager
async def asked(bootstrap: str) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    """Yield clients of their own for questions, outside the group: they do not disturb what they ask about."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        await admin.start()
        await client.start()
        yield admin, client
    finally:
        await client.stop()
        await admin.close()

"""Waiting until the workers have worked everything off.

Rule 1. Worked off is what the workers committed: every topic that they read (`WORK`), to its end. Who feeds the raw
        topics has stopped by then; the rest is written by the workers, so its ends may still move.
Rule 2. First it is asked what is committed, then where the topics end. A chunk is committed once all that follows from
        it is acknowledged, and neither number ever falls. So where the two are equal for every topic, they were equal
        for all of them at the moment between the two questions: nothing was under way that could bring more. What one
        topic brings to another (claims bring changes, changes bring moves, moves bring moves) needs no order.
Rule 3. It comes to an end: claims come of raw events only (and of one another, until changed rules are obeyed), a
        change of a claim only, and each move knows strictly more than what it came of (docs/identity.md, R1). What a
        directory has yet to hear does not matter: a touchpoint that was published by an old answer is corrected by the
        change that its customer is told.
Rule 4. Patience is bounded: it ends when nothing has moved for a while, or when a worker has ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from commands.leaving import go_on
from commands.streams import administering, ends_of, reading
from pipeline.sources import SOURCES

RAW = tuple(f"raw.{source}" for source in SOURCES)
WORK = (*RAW, "identity-claims", "identity-changes", "touchpoints", "moves", "deadlines")
"""Every topic that the workers' group reads."""

_LOOK_SECONDS = 0.2


class StalledError(Exception):
    """The workers do not get on."""


async def until_worked_off(
    bootstrap: str,
    group: str,
    topics: Mapping[str, int],
    *,
    patience: timedelta,
    check: Callable[[], None],
    progress: Callable[[int, int], None],
) -> None:
    """Return when the group has committed the ends of all topics, given by full name with their partitions.

    `check` raises when it makes no sense to wait on; `progress` is told (done, all so far). Raises `StalledError`.
    """
    async with reading(bootstrap) as consumer, administering(bootstrap) as admin:
        before, since = (-1, -1), time.monotonic()
        while True:
            check()
            go_on()
            committed = await _committed(admin, group)
            ends = await ends_of(consumer, topics)
            done, total = _done(committed, ends), sum(ends.values())
            progress(done, total)
            if done == total:
                return
            if (done, total) != before:
                before, since = (done, total), time.monotonic()
            elif time.monotonic() - since > patience.total_seconds():
                raise StalledError(
                    f"The workers have not moved for {patience.total_seconds():.0f} s: "
                    f"{total - done} of {total} records are left."
                )
            await asyncio.sleep(_LOOK_SECONDS)


def _done(committed: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> int:
    return sum(min(committed.get(place, 0), end) for place, end in ends.items())


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        found = await admin.list_consumer_group_offsets(group)
    except KafkaError:  # a group that nobody has joined yet has no coordinator for a moment
        return {}
    return {place: max(offset.offset, 0) for place, offset in found.items()}

"""Waiting until the workers have worked everything off.

Rule 1. Worked off is what the workers committed: first all raw topics to their ends, then the touchpoints that came of
        them (which have no more to come by then).
Rule 2. Patience is bounded: it ends when nothing has moved for a while, or when a worker has ended.
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

_LOOK_SECONDS = 0.2


class StalledError(Exception):
    """The workers do not get on."""


async def until_worked_off(
    bootstrap: str,
    group: str,
    stages: tuple[Mapping[str, int], ...],
    *,
    patience: timedelta,
    check: Callable[[], None],
    progress: Callable[[int, int], None],
) -> None:
    """Return when the group has committed the ends of every stage's topics, one stage after the other.

    `check` raises when it makes no sense to wait on; `progress` is told (done, all so far). Raises `StalledError`.
    """
    async with reading(bootstrap) as consumer, administering(bootstrap) as admin:
        before = 0
        for topics in stages:
            ends = await ends_of(consumer, topics)
            done, since = -1, time.monotonic()
            while True:
                check()
                go_on()
                now = _done(await _committed(admin, group), ends)
                progress(before + now, before + sum(ends.values()))
                if now == sum(ends.values()):
                    break
                if now != done:
                    done, since = now, time.monotonic()
                elif time.monotonic() - since > patience.total_seconds():
                    raise StalledError(
                        f"The workers have not moved for {patience.total_seconds():.0f} s: "
                        f"{sum(ends.values()) - now} of {sum(ends.values())} records are left."
                    )
                await asyncio.sleep(_LOOK_SECONDS)
            before += sum(ends.values())


def _done(committed: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> int:
    return sum(min(committed.get(place, 0), end) for place, end in ends.items())


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        found = await admin.list_consumer_group_offsets(group)
    except KafkaError:  # a group that nobody has joined yet has no coordinator for a moment
        return {}
    return {place: max(offset.offset, 0) for place, offset in found.items()}

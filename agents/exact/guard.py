"""The watches at work inside a worker: looks every two seconds, leaves where a watch says so.

Rule 1. The guard asks with clients of its own, outside the group: what it asks does not depend on what it watches.
Rule 2. A broker that does not answer is no stall: the producer's time-out and the supervisor deal with that. Once it
        answers again, the time begins anew: nobody could commit meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CoordinatorLoadInProgressError, KafkaError
from faust.types import TP

from agents.exact.exits import Exit, Leave
from agents.exact.fence import Fence
from agents.exact.offsets import Remembered
from agents.exact.watches import (
    LOOK_EVERY,
    LOOP_HANGS,
    NUDGE,
    STALL,
    HangWatch,
    PauseWatch,
    ProgressWatch,
    StallWatch,
    rebalance_hangs,
)

ANSWER_WITHIN = 5.0
"""Seconds for a question; a slower broker is asked again at the next look."""


PAUSE_SHARE = 0.6
"""Of the session timeout: a process that was away for longer may have lost its partitions by the time it wakes."""


@dataclass(frozen=True, slots=True)
class Watches:
    """What a guard looks with."""

    pause: PauseWatch
    hang: HangWatch
    nudge: StallWatch[TopicPartition]
    stall: StallWatch[TopicPartition]
    rebalance: ProgressWatch

    @classmethod
    def of(
        cls, session: timedelta, leave: Leave, clock: Callable[[], float], boot_clock: Callable[[], float]
    ) -> "Watches":
        """Return a worker's, by its session timeout. Both clocks tell seconds; `boot_clock` goes on while it sleeps."""
        return cls(
            PauseWatch(session * PAUSE_SHARE, leave, boot_clock),
            HangWatch(LOOP_HANGS, leave, clock),
            StallWatch(NUDGE),
            StallWatch(STALL),
            ProgressWatch(rebalance_hangs(session)),
        )


class Guard:
    """Watches one Faust app from within."""

    def __init__(  # noqa: PLR0913 -- the composition root's wiring, each by name
        self,
        *,
        fence: Fence,
        topics: frozenset[str],
        watches: Watches,
        seek: Callable[[TP, int], Awaitable[None]],
        leave: Leave,
        starting: Callable[[], int | None] = lambda: None,
        resting: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """Take the fence, the topics whose commits are ours, what to look with, how to send the consumer, how to leave.

        `starting` returns a number that moves while the worker reads what it needs before its first chunk, then None;
        `resting` the topics that are not read for now, whose commits therefore stand still.
        """
        self._fence, self._topics, self._leave, self._starting = fence, topics, leave, starting
        self._seek, self._resting, self._watches = seek, resting, watches
        self._remembered = Remembered()

    async def watch(self, app: faust.App, bootstrap: str) -> None:
        """Watch until the app stops."""
        self._watches.hang.watch(self._watches.pause.check)
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        client = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        await admin.start()
        await client.start()
        try:
            while not app.should_stop:
                await asyncio.sleep(LOOK_EVERY.total_seconds())
                self._watches.hang.beat()
                inside: Any = app
                starting = self._starting()
                busy = bool(inside.rebalancing or inside.in_recovery or starting is not None)
                progress = _restored(inside) + (starting or 0)
                if self._watches.rebalance.hangs(busy=busy, progress=progress, now=time.monotonic()):
                    self._leave(Exit.REBALANCE_HANGS, "a rebalance, a recovery or the start brings nothing")
                if busy:
                    self._watches.stall.reset()
                    self._watches.nudge.reset()
                else:
                    await self._look_for_stall(app, admin, client)
        finally:
            await admin.close()
            await client.stop()

    async def _look_for_stall(self, app: faust.App, admin: AIOKafkaAdminClient, client: AIOKafkaConsumer) -> None:
        watched = self._topics - self._resting()
        mine = [TopicPartition(tp.topic, tp.partition) for tp in app.consumer.assignment() if tp.topic in watched]
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                offsets = await admin.list_consumer_group_offsets(app.conf.id)
                ends = await client.end_offsets(mine) if mine else {}
                begins = await client.beginning_offsets(mine) if mine else {}
            if not self._remembered.is_answer(offsets):
                raise CoordinatorLoadInProgressError  # what it means; the client does not say it
        except (KafkaError, OSError):  # a TimeoutError is an OSError
            self._watches.stall.reset()
            self._watches.nudge.reset()
            return
        committed = {tp: max(offsets[tp].offset, 0) if tp in offsets else begins[tp] for tp in mine}
        now, generation = time.monotonic(), self._fence.generation
        if standing := self._watches.stall.standing(committed, ends, generation, now):
            where = ", ".join(f"{tp.topic}-{tp.partition} at {committed[tp]} of {ends[tp]}" for tp in sorted(standing))
            self._leave(Exit.STALLED, f"commits stand still: {where}")
        if standing := self._watches.nudge.standing(committed, ends, generation, now):
            for tp in standing:
                place = TP(tp.topic, tp.partition)
                want = self._fence.expected(place)
                await self._seek(place, committed[tp] if want is None else want)
            self._watches.nudge.reset()


def _restored(app: Any) -> int:  # noqa: ANN401 -- Faust's protocols do not name what its recovery knows
    """Return a number that moves while the tables are restored from their changelogs.

    An offset is None where a store that was just handed over has nothing yet.
    """
    return int(app.rebalancing_count + sum(at or 0 for at in app.tables.recovery.active_offsets.values()))

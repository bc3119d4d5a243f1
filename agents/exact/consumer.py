"""Faust's consumer with its commits replaced: Rule 2 of this room. Everything else is Faust's.

The eight methods overridden here are named in docs/upstream.md; a test pins their signatures to the locked version.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.exact.fence import Fence
from agents.exact.readback import Readback
from agents.exact.turns import fair_thread

LAST_COMMIT_WITHIN = 2.0
"""Seconds for the commit before partitions go; the group gives us ten (its rebalance timeout)."""


def exact_transport(  # noqa: C901 -- two small classes over four values
    fence: Fence,
    topics: frozenset[str],
    check_pause: Callable[[], None],
    readback: Readback,
    rest: Callable[[], Awaitable[None]],
) -> type[driver.Transport]:
    """Return Faust's Kafka transport with a consumer that commits what `fence` saw processed of these topics, and notes
    in `readback` what is fetched of all others. `rest` is awaited before partitions go.
    """
    thread = fair_thread(topics, readback)

    class ExactConsumer(driver.Consumer):
        def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
            return thread(self, loop=self.loop, beacon=self.beacon)

        def _new_offset(self, tp: TP) -> int | None:
            if tp.topic not in topics:
                return super()._new_offset(tp)
            self._acked[tp].clear()  # Faust's acknowledgements would pile up; they are not used
            self._acked_index[tp].clear()
            return fence.committable(tp, self.app.consumer_generation_id)

        async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
            # Faust takes the offsets inside a chunk for a gap in the log.
            if tp.topic not in topics:
                await super()._add_gap(tp, offset_from, offset_to)

        def _should_commit(self, tp: TP, offset: int) -> bool:
            # Faust remembers an offset as committed even when the commit failed.
            if tp.topic not in topics:
                return bool(super()._should_commit(tp, offset))
            return not fence.is_committed(tp, offset)

        async def _commit(self, offsets: Mapping[TP, int]) -> bool:
            check_pause()
            generation = self.app.consumer_generation_id
            if fence.generation != generation:
                return False
            done = bool(await super()._commit(offsets))
            if done:
                fence.committed(dict(offsets), generation)
            return done

        async def on_partitions_revoked(self, revoked: set[TP]) -> None:
            """Commit what is done before it goes, as long as the group takes it from us: nobody has to do it again."""
            await rest()
            done = {tp for tp in revoked if tp.topic in topics and tp in self._acked}
            if done:
                await self.commit_now(done, LAST_COMMIT_WITHIN)
            await super().on_partitions_revoked(revoked)

        async def commit_now(self, tps: set[TP], within: float) -> None:
            """Commit what is done of these, if the broker lets us within so many seconds. A commit that is under way
            may have begun too early, so there is a second one.
            """
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(within):
                    if not await self.commit(tps):
                        await self.commit(tps)

        async def seek_to_committed(self) -> Mapping[TP, int]:
            """Seek each partition to what is committed; one of which nothing is, to the log's start.

            The client leaves the latter where it is, beyond what was fetched and dropped while the group rebalanced:
            nobody would take those records until another one came.
            """
            committed: Mapping[TP, int] = await super().seek_to_committed()
            fresh = [tp for tp, offset in committed.items() if tp.topic in topics and not offset]
            if fresh:
                await self._thread.seek_to_beginning(*fresh)
            return committed

        def verify_event_path(self, now: float, tp: TP) -> None:
            """Say nothing: Faust takes a changelog, whose records no stream takes, for one that hangs, and logs twenty
            lines of error every minute. Whether ours gets on is `agents.exact.guard`'s to see.
            """

        def wake_commits(self, tp: TP) -> None:
            """Make the commit loop look at this partition: it visits those with acknowledgements."""
            self._acked[tp]

    class ExactTransport(driver.Transport):
        Consumer = ExactConsumer

    return ExactTransport

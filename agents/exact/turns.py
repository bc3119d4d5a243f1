"""Partitions take turns when records are fetched.

The client hands out all that it fetched of one partition, megabytes of it, before it goes on to the next. Meanwhile the
others look as if they stood still, and no partition's work overlaps with another's waiting for Kafka.

So the thread in which Faust's client lives is ours; there its client is also made to heed what the group answers
(`agents.exact.offsets`), and note is taken of what is read back of the state (`agents.exact.readback`).

Rule 1. Of each partition that comes in chunks a share is taken at a time. Other topics (changelogs) come as they did.
Rule 2. What was taken is handed on whatever happens to the next partition; its error is raised when it comes again.
"""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.exact.offsets import heed_group
from agents.exact.readback import Readback

SHARE = 1000
"""Records: a few chunks, so that a partition's next one is here when its last one is done."""


def fair_thread(  # noqa: C901 -- small methods of one class
    topics: frozenset[str], readback: Readback
) -> type[driver.AIOKafkaConsumerThread]:
    """Return Faust's consumer thread, in which the partitions of these topics take turns; all others are read back."""

    class FairThread(driver.AIOKafkaConsumerThread):
        async def on_start(self) -> None:
            await super().on_start()
            heed_group(self._ensure_consumer()._coordinator)  # noqa: SLF001 -- there is no other way to it

        async def _commit(self, offsets: Mapping[TP, int]) -> bool:
            # When a rebalance took all of these, Faust would commit nothing, and crash because that cannot be.
            return bool(self.assignment() & set(offsets)) and bool(await super()._commit(offsets))

        async def _fetch_records(
            self,
            consumer: AIOKafkaConsumer,
            active_partitions: set[TP],
            timeout: float | None = None,  # noqa: ASYNC109 -- Faust's own signature
            max_records: int | None = None,
        ) -> Any:  # noqa: ANN401 -- likewise
            found: dict[Any, list[Any]] = {}
            here = consumer._fetcher._records  # noqa: SLF001 -- to ask for each of fifty costs more than a fetch
            for tp in tuple(here):
                if tp.topic in topics and tp in active_partitions:
                    try:
                        found.update(await super()._fetch_records(consumer, {tp}, timeout=0, max_records=SHARE))
                    except KafkaError:
                        if not found:
                            raise
                        break
            if found:
                return found
            read = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
            readback.fetched({tp: records for tp, records in read.items() if tp.topic not in topics})
            return read

        async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
            earliest: Mapping[TP, int] = await super().earliest_offsets(*partitions)
            readback.begins(earliest)
            return earliest

        async def _seek_wait(self, consumer: AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
            readback.sought(partitions)  # at once, as the client does it: nothing is fetched in between
            await super()._seek_wait(consumer, partitions)

    return FairThread

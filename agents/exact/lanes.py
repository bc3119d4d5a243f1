"""Work that overlaps: a lane a partition, one chunk at a time in each, so that one waits while another works.

Rule 1. In a lane a chunk begins when the one before it is done. All topics of a partition are one lane: they share the
        partition's state, and whatever is committed of a topic is committed in order.
Rule 2. Only waiting overlaps. Of an agent's steps one is under way at a time (the loop sees to it), and what it
        stores is in the local store before the lane's next begins.
Rule 3. What comes while its lane is busy waits, and is gathered (`agents.exact.gathering`); other lanes go on. No more
        than `ROOM` chunks' worth of records waits, over all lanes: then nothing more is asked for.
Rule 4. What a lane's work raises is raised again to whoever brings more, or asks for the end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agents.exact.gathering import Arrived, Gathering

ROOM = 8
"""Chunks of full size that may wait beside those that are worked on: two for each lane of a usual worker. What waits
here, Faust counts as taken, and a group that rebalances drops it: more would be read twice, and help nobody.
"""

Work = Callable[[Arrived], Awaitable[None]]


@dataclass(slots=True)
class Lanes:
    """The lanes of one agent, in one event loop: `work` takes chunks, gathered to `size` records at most."""

    work: Work
    size: int
    _waiting: dict[int, Gathering] = field(default_factory=dict)
    _busy: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _records: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, arrived: Arrived) -> None:
        """Have a chunk worked on by and by; return when there is room for the next one."""
        lane = arrived.chunk.partition
        self._waiting.setdefault(lane, Gathering()).add(arrived)
        self._records += len(arrived.chunk.records)
        if lane not in self._busy:
            self._busy[lane] = asyncio.get_running_loop().create_task(self._run(lane))
        self._raise()
        while self._records > ROOM * self.size:
            await self._change()

    async def end(self) -> None:
        """Return when all is done."""
        self._raise()
        while self._busy:
            await self._change()

    async def cancel(self) -> None:
        """Stop what is under way, and return when it has stopped; what waits is forgotten."""
        left = list(self._busy.values())
        self._busy.clear()
        self._waiting.clear()
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _run(self, lane: int) -> None:
        """Work on what waits for a lane until nothing does."""
        try:
            while arrived := self._waiting[lane].take(self.size):
                self._records -= len(arrived.chunk.records)
                self._changed.set()
                await self.work(arrived)
            del self._waiting[lane], self._busy[lane]
        finally:
            self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
        self._raise()

    def _raise(self) -> None:
        """Raise what a lane's work raised; its lane stays busy for good."""
        for task in self._busy.values():
            if task.done():
                task.result()

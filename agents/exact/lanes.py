"""Work that overlaps: a lane a partition, one chunk at a time in each, so that one waits while another works.

Rule 1. In a lane a chunk begins when the one before it is done. All topics of a partition are one lane: they share the
        partition's state, and whatever is committed of a topic is committed in order.
Rule 2. Only waiting overlaps. Of an agent's steps one is under way at a time (`turn`), and what it stores is in the
        local store before the lane's next begins.
Rule 3. What a lane's work raises is raised again to whoever asks for the lane, or for all of them at the end.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Lanes:
    """The lanes of one agent, in one event loop."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _busy: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def free(self, lane: int) -> None:
        """Return when the lane's last work is done."""
        before = self._busy.pop(lane, None)
        if before is not None:
            await before

    def begin(self, lane: int, work: Coroutine[Any, Any, None]) -> None:
        """Begin work in a lane that is free."""
        self._busy[lane] = asyncio.get_running_loop().create_task(work)

    async def end(self) -> None:
        """Return when all is done."""
        for lane in list(self._busy):
            await self.free(lane)

    async def cancel(self) -> None:
        """Stop what is under way, and return when it has stopped."""
        left = list(self._busy.values())
        self._busy.clear()
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

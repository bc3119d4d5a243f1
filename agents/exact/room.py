"""Who may work beside whom: agents work together, but for one that must be alone.

Rule 1. Who must be alone waits until all others are out; nobody comes in meanwhile.
Rule 2. Going out never waits: who goes out because of an error must not let others in between.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Room:
    """A room for one event loop's tasks."""

    _inside: int = 0
    _wants_alone: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    @asynccontextmanager
    async def inside(self, *, alone: bool) -> AsyncIterator[None]:
        """Be in the room for as long as the block lasts."""
        await (self._enter_alone() if alone else self._enter())
        try:
            yield
        finally:
            self._inside -= 1
            self._wants_alone -= alone
            self._wake()

    async def _enter(self) -> None:
        while self._wants_alone:
            await self._change()
        self._inside += 1

    async def _enter_alone(self) -> None:
        while self._wants_alone:
            await self._change()
        self._wants_alone += 1
        try:
            while self._inside:
                await self._change()
        except BaseException:
            self._wants_alone -= 1
            self._wake()
            raise
        self._inside += 1

    async def _change(self) -> None:
        change = asyncio.get_running_loop().create_future()
        self._waiting.append(change)
        await change

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if not change.done():
                change.set_result(None)

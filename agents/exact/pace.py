"""How long a step works at a stretch: Rule 3 of `agents.exact.loop`, once for all steps.

Rule 1. It gives way to the event loop every few milliseconds, so that heartbeats and other agents go on.
Rule 2. After a second it is time: what is done of a chunk is sent and counted, and the step is asked again for the
        rest. A few costly records must not look like a worker that stands.
"""

import asyncio
import time

DONE_AFTER = 1.0
"""Seconds of work after which what is done of a chunk is sent and counted."""

GIVE_WAY_AFTER = 0.02
"""Seconds of work without giving way to the event loop; well under a heartbeat, and small against a chunk."""


class Pace:
    """The pace of one step, from when it is made."""

    def __init__(self) -> None:
        """Begin now."""
        self._started = self._gave_way = time.monotonic()

    async def give_way(self) -> None:
        """Give way to the event loop if it is due (Rule 1)."""
        if time.monotonic() - self._gave_way > GIVE_WAY_AFTER:
            await asyncio.sleep(0)
            self._gave_way = time.monotonic()

    async def is_time(self) -> bool:
        """Say whether to end with what is done (Rule 2); where not, give way if it is due."""
        if time.monotonic() - self._started > DONE_AFTER:
            return True
        await self.give_way()
        return False

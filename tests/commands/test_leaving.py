"""A cancellation that somebody swallowed is still heard."""

import asyncio
import contextlib

import pytest

from commands.leaving import go_on


async def test_a_swallowed_cancellation_is_heard_at_the_next_look() -> None:
    """Who waited for something kept the cancellation to itself; the next look ends the task all the same."""
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        go_on()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_nobody_ended_goes_on() -> None:
    """Without a cancellation a look changes nothing."""
    go_on()

"""A cancellation that somebody swallowed is still heard."""

import asyncio
import contextlib
import os
import signal

import pytest

from commands.leaving import go_on, in_order


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_end_lets_the_clean_up_work(number: signal.Signals) -> None:
    """The main task is cancelled once, wherever the signal lands; its clean-up runs to its end, waits included."""
    done: list[str] = []

    async def other() -> None:
        while True:
            os.kill(os.getpid(), number)  # it lands in this task, not in the main one
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(other())
        try:
            await task
        finally:
            await asyncio.sleep(0)
            done.append("tidied")

    with pytest.raises(SystemExit) as end, in_order():
        asyncio.run(main())
    assert end.value.code == 128 + number
    assert done == ["tidied"]

"""Leaving in order when somebody ends the process politely.

Rule 1. SIGTERM, and SIGHUP of a terminal that is closed, run every `finally`, as Ctrl-C does; Python's default would
        skip them all.
Rule 2. A handler that somebody chose already is theirs to keep.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

POLITE = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def in_order() -> Iterator[None]:
    """Make these signals end the block as Ctrl-C does; the exit code is the shell's, 128 and the signal.

    They become a Ctrl-C, and not an error of their own: asyncio knows how to end its main task for that one alone. An
    error raised by a handler lands in whatever task is running, and again in all that wait for it, clean-up included.
    """
    ours = [number for number in POLITE if signal.getsignal(number) is signal.SIG_DFL]
    came: list[int] = []

    def leave(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        signal.raise_signal(signal.SIGINT)

    for number in ours:
        signal.signal(number, leave)
    try:
        yield
    except KeyboardInterrupt:
        if came:
            raise SystemExit(128 + came[0]) from None
        raise
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def go_on() -> None:
    """Raise `CancelledError` if this task was told to end and whoever it waited for kept that to itself.

    `asyncio.wait_for` of Python 3.11, which Kafka's client uses, loses a cancellation that comes with the answer.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

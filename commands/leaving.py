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
    """Make these signals end the block like an error does; the exit code is the shell's, 128 and the signal."""
    ours = [number for number in POLITE if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
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


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

"""Leaving in order when somebody ends the process politely.

Rule 1. SIGTERM runs every `finally`, as Ctrl-C does; Python's default would skip them all.
Rule 2. A handler that somebody chose already is theirs to keep.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def in_order() -> Iterator[None]:
    """Make SIGTERM end the block like an error does; the exit code is 143, as the shell has it."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

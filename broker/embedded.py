"""Borrow the node that runs, or own one for a while.

    with embedded() as kafka:
        use(kafka.bootstrap)

Rule 1: a node that runs is borrowed, and left running. Else one is started, and stopped on the way out.
Rule 2: the way out is any: the end of the block, an error, Ctrl-C, SIGTERM; and after `kill -9` the kernel
        ends the node (Linux, see `broker.tether`).
Rule 3: own one from the main thread: the tie to the owner, and the handler for SIGTERM, are the thread's.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from broker.layout import Layout, state_home
from broker.requirements import HOME, find
from broker.running import START_SECONDS, Kafka, find_or_start, stop_own


def layout_of(state_dir: Path | None = None) -> Layout:
    """Returns where the broker keeps what it keeps: `broker` in `state_dir`, by default Tellonce's own."""
    return Layout((state_dir or state_home(os.environ, Path.home())).absolute() / "broker")


@contextmanager
def embedded(state_dir: Path | None = None, *, home: Path = HOME, seconds: float = START_SECONDS) -> Iterator[Kafka]:
    """Yields a Kafka on this machine that answers.

    Raises `broker.errors.Missing` or `DidNotStart`; their messages say what to do.
    """
    layout = layout_of(state_dir)
    with _sigterm_ends_the_block():
        kafka, own = find_or_start(find(home), layout, owned=True, seconds=seconds)
        try:
            yield kafka
        finally:
            if own is not None:
                stop_own(layout, kafka, own)


@contextmanager
def _sigterm_ends_the_block() -> Iterator[None]:
    # A handler that somebody chose is theirs to keep; Python's default would skip every `finally`.
    is_ours = (
        threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

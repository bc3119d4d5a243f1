"""Starts a worker again when it leaves: crash-only needs somebody who does.

Rule 1. Within a second the first time; then twice as long each time, up to 30 s, while it does not live for a minute.
Rule 2. A worker that cannot start (wrong settings, missing topics) is not started again: it would say the same.
Rule 3. SIGTERM and SIGINT go to the worker, and what it says at its end is our exit code.
"""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from agents.exact.exits import Exit

STOP_WITHIN = timedelta(seconds=20)
"""A worker that does not end after SIGTERM is killed: that loses nothing, it is what it is made for."""


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait before the next start (Rule 1)."""

    first: timedelta = timedelta(milliseconds=500)
    most: timedelta = timedelta(seconds=30)
    steady_after: timedelta = timedelta(minutes=1)

    def wait(self, quick_ends: int) -> timedelta:
        """Return the wait after so many ends in a row that came quickly (the first is 1)."""
        doublings = min(max(quick_ends, 1) - 1, 16)
        return min(self.first * (1 << doublings), self.most)


class Supervisor:
    """Runs one worker process after another until it is told to stop."""

    def __init__(
        self,
        command: Callable[[Mapping[str, int]], Sequence[str]],
        say: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        """Take the worker's command (given the restarts by fence so far), where to say what happens, and a clock."""
        self._command, self._say, self._clock = command, say, clock
        self._stop = Event()
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self, *_: object) -> None:
        """Stop the worker and come back from `run`; safe in a signal handler."""
        self._stop.set()
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def run(self, back_off: BackOff | None = None) -> int:
        """Run workers until stopped; return the exit code."""
        back_off = back_off or BackOff()
        restarts: Counter[str] = Counter()
        quick = 0
        while True:
            began = self._clock()
            code = self._one(restarts)
            if self._stop.is_set() or code in (Exit.STOPPED, Exit.CONFIGURATION, 1):
                return max(code, 0) if code != -signal.SIGTERM else 0
            fence = fence_of(code)
            restarts[fence] += 1
            quick = 1 if self._clock() - began > back_off.steady_after.total_seconds() else quick + 1
            wait = back_off.wait(quick)
            self._say(f"worker left: exit={code} fence={fence}; starting it again in {wait.total_seconds():g} s")
            if self._stop.wait(wait.total_seconds()):
                return 0

    def _one(self, restarts: Mapping[str, int]) -> int:
        with subprocess.Popen(self._command(restarts), stdin=subprocess.PIPE) as child:  # noqa: S603 -- our own program
            self._child = child
            if self._stop.is_set():
                child.send_signal(signal.SIGTERM)
            while not self._stop.wait(0.1) and child.poll() is None:
                pass
            try:
                return child.wait(STOP_WITHIN.total_seconds() if self._stop.is_set() else None)
            except subprocess.TimeoutExpired:
                child.kill()
                return child.wait()


def fence_of(code: int) -> str:
    """Return the name of the fence behind an exit code: the exit's own, or the signal's that killed it."""
    if code < 0:
        return f"signal_{signal.Signals(-code).name.lower()}"
    return Exit(code).name.lower() if code in Exit.__members__.values() else f"exit_{code}"

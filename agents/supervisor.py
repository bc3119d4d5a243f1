"""Starts a worker again when it leaves: crash-only needs somebody who does.

Rule 1. Within a second the first time; then twice as long each time, up to 30 s, while it does not live for a minute.
Rule 2. A worker that cannot start (wrong settings, missing topics) is not started again: it would say the same. Once
        one has run, only wrong settings end us: a Kafka that does not answer then is one that comes back.
Rule 3. SIGTERM and SIGINT go to the worker, and what it says at its end is our exit code.
"""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from agents.exact.exits import Exit

STOP_WITHIN = timedelta(seconds=20)
"""A worker that does not end after SIGTERM is killed: that loses nothing, it is what it is made for."""

LOOK_EVERY = 0.1
"""Seconds between looks at the worker and at our own orders to stop."""

ENDS = (Exit.STOPPED, Exit.CONFIGURATION)
CANNOT_START = 1
"""What click leaves with when the topics or the Kafka are not ready."""


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
        sleep: Callable[[float], None],
    ) -> None:
        """Take the worker's command (given the restarts by fence so far), where to say what happens, clock, sleep."""
        self._command, self._say, self._clock, self._sleep = command, say, clock, sleep
        self._stopped = False  # not an Event: its lock is not for signal handlers
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self, *_: object) -> None:
        """Stop the worker and come back from `run`; safe in a signal handler."""
        self._stopped = True
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def _told(self) -> bool:
        return self._stopped

    def run(self, back_off: BackOff | None = None) -> int:
        """Run workers until stopped; return the exit code."""
        back_off = back_off or BackOff()
        restarts: Counter[str] = Counter()
        quick = 0
        while True:
            began = self._clock()
            code = self._one(restarts)
            if self._told() or code in ENDS or (code == CANNOT_START and not restarts):
                return max(code, 0) if code != -signal.SIGTERM else 0
            fence = fence_of(code)
            restarts[fence] += 1
            quick = 1 if self._clock() - began > back_off.steady_after.total_seconds() else quick + 1
            wait = back_off.wait(quick)
            self._say(f"worker left: exit={code} fence={fence}; starting it again in {wait.total_seconds():g} s")
            until = self._clock() + wait.total_seconds()
            while self._clock() < until:
                if self._told():
                    return 0
                self._sleep(min(LOOK_EVERY, wait.total_seconds()))

    def _one(self, restarts: Mapping[str, int]) -> int:
        with subprocess.Popen(self._command(restarts), stdin=subprocess.PIPE) as child:  # noqa: S603 -- our own program
            self._child = child
            if self._told():
                child.send_signal(signal.SIGTERM)
            while not self._told() and child.poll() is None:
                self._sleep(LOOK_EVERY)
            try:
                return child.wait(STOP_WITHIN.total_seconds() if self._told() else None)
            except subprocess.TimeoutExpired:
                child.kill()
                return child.wait()


def fence_of(code: int) -> str:
    """Return the name of the fence behind an exit code: the exit's own, or the signal's that killed it."""
    if code < 0:
        known = -code in signal.Signals.__members__.values()
        return f"signal_{signal.Signals(-code).name.lower() if known else -code}"
    return Exit(code).name.lower() if code in Exit.__members__.values() else f"exit_{code}"

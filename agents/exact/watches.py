"""The watches that end a worker which can no longer be trusted: Rule 5 of this room.

Rule 1. Paused: the clock that also counts a suspended machine jumped by more than 0.6 of the session timeout. Others
        may own our partitions by now; leave before anything is written.
Rule 2. Stalled: a partition has records that are not committed, and its commits stood still: for NUDGE, and its
        consumer is sent back to where it should read (in a rebalance Faust can lose the place, and with it the hint
        that the next record would give); for STALL, and the worker leaves. While other partitions get on, it may only
        have to wait for its turn on a busy machine: then it takes PATIENT times as long. To be sent back would cost
        it what it has in the buffer, and to leave would cost all of them.
Rule 3. Hung: the event loop did not run for LOOP_HANGS, or a rebalance or recovery brought nothing for longer than
        `rebalance_hangs`: a group waits a session for a member that died, and who waits with it hangs not.
        A recovery that moves may take as long as it needs, and commits that wait for it have not stalled.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from agents.exact.exits import Exit, Leave

P = TypeVar("P")

NUDGE = timedelta(seconds=4)
STALL = timedelta(seconds=30)
PATIENT = 4
LOOP_HANGS = timedelta(seconds=20)
REBALANCE_HANGS = timedelta(seconds=40)
BEYOND_A_SESSION = timedelta(seconds=10)
"""For what follows when the group has given a member up: its answers, and the looks at them, on a busy machine."""
LOOK_EVERY = timedelta(seconds=2)


def rebalance_hangs(session: timedelta) -> timedelta:
    """Return how long a rebalance may bring nothing, where the group takes a session to give a member up."""
    return max(REBALANCE_HANGS, session + BEYOND_A_SESSION)


@dataclass(slots=True)
class PauseWatch:
    """Rule 1. `clock` returns seconds and goes on while the process sleeps (CLOCK_BOOTTIME)."""

    limit: timedelta
    leave: Leave
    clock: Callable[[], float]
    _alive: float | None = None

    def check(self) -> None:
        """Leave if the time since the last check is over the limit; called from every place that matters."""
        now = self.clock()
        if self._alive is not None and now - self._alive > self.limit.total_seconds():
            self.leave(Exit.PAUSED, f"paused for {now - self._alive:.1f} s")
        self._alive = now


@dataclass(slots=True)
class StallWatch(Generic[P]):
    """Rule 2, as a state machine: tell it what is committed and where the logs end."""

    limit: timedelta
    _since: dict[tuple[P, int, int | None], float] = field(default_factory=dict)
    _committed: dict[P, int] = field(default_factory=dict)
    _moved: float = 0.0

    def reset(self) -> None:
        """Forget what was seen: while tables are restored, nothing is taken, so nothing can be committed."""
        self._since = {}

    def standing(
        self, committed: Mapping[P, int], ends: Mapping[P, int], generation: int | None, now: float
    ) -> frozenset[P]:
        """Return the partitions whose commits stood still with work to do, for over the limit. `now`: seconds.

        The limit is PATIENT times as long for those that stand while others move.
        """
        if any(at > self._committed.get(tp, at) for tp, at in committed.items()):
            self._moved = now
        self._committed = dict(committed)
        waiting = {(tp, at, generation) for tp, at in committed.items() if ends.get(tp, 0) > at}
        self._since = {lag: self._since.get(lag, now) for lag in waiting}
        limit = self.limit.total_seconds()
        if now - self._moved <= limit:
            limit *= PATIENT
        return frozenset(tp for tp, at, of in waiting if now - self._since[tp, at, of] > limit)


@dataclass(slots=True)
class ProgressWatch:
    """Rule 3, as a state machine: tell it whether the worker is busy with itself, and a number that moves with it."""

    limit: timedelta
    _since: tuple[int, float] | None = None

    def hangs(self, *, busy: bool, progress: int, now: float) -> bool:
        """Say whether it was busy for longer than the limit with no progress. `now`: seconds."""
        if not busy:
            self._since = None
            return False
        if self._since is None or self._since[0] != progress:
            self._since = progress, now
        return now - self._since[1] > self.limit.total_seconds()


@dataclass(slots=True)
class HangWatch:
    """Rule 3: the loop says that it runs (`beat`); a thread looks whether it still does."""

    limit: timedelta
    leave: Leave
    clock: Callable[[], float]
    _beaten: float = 0.0

    def beat(self) -> None:
        """Say that the event loop runs."""
        self._beaten = self.clock()

    def watch(self, check_pause: Callable[[], None]) -> None:
        """Start the thread that leaves when the loop hangs or the process was paused."""
        self.beat()

        def look() -> None:
            while self.clock() - self._beaten < self.limit.total_seconds():
                time.sleep(0.25)
                check_pause()
            self.leave(Exit.LOOP_HANGS, f"the event loop did not run for {self.limit.total_seconds():.0f} s")

        threading.Thread(target=look, name="hang-watch", daemon=True).start()

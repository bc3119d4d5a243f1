"""The budgets of all sources at work: the alarm, its line, and the rests of a source that pours into the drawer.

Rule 1. A source rests by its raw topic's partitions not being fetched; other sources go on. What was fetched before is
        still taken, so a burst of what the worker had in its buffers comes first.
Rule 2. Nothing is paused or resumed while the group rebalances or state is restored: then all of it is Faust's. It
        resumes everything afterwards; the next look pauses again.
Rule 3. The line has the source, the share and the commonest reason, never a customer's contents.
Rule 4. It is one worker's view: each counts what it takes itself, and begins anew when it starts.
"""

import asyncio
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from faust.types import TP

from agents.budget import Budget, BudgetPolicy
from agents.metrics import Metrics

LOOK_EVERY = 0.5
"""Seconds between two looks at who is to rest."""


class Tap(Protocol):
    """What of Faust's consumer is used."""

    def assignment(self) -> Collection[TP]:
        """Return this worker's partitions."""

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Stop fetching from partitions."""

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from partitions again."""


class BudgetWatch:
    """The budgets of the sources of one worker."""

    def __init__(
        self,
        policy: BudgetPolicy,
        sources: Mapping[str, str],
        metrics: Metrics,
        clock: Callable[[], float],
        say: Callable[[str], object] = sys.stderr.write,
    ) -> None:
        """Take the policy, the source of each raw topic by its full name, and where the alarm is shown and said."""
        self._budgets = {source: Budget(policy) for source in sources.values()}
        self._sources, self._metrics, self._clock, self._say = sources, metrics, clock, say
        self._alarmed: set[str] = set()
        self._paused: frozenset[TP] = frozenset()
        for source in self._budgets:
            metrics["dead_letter_alarm"].labels(source).set(0)

    def spend(self, source: str, heard: Mapping[str | None, int]) -> None:
        """Take note of events that are done: how many were refused for which reason, and (None) how many were not."""
        budget = self._budgets[source]
        budget.spend(heard, self._clock())
        if budget.over == (source in self._alarmed):
            return
        (self._alarmed.add if budget.over else self._alarmed.discard)(source)
        self._metrics["dead_letter_alarm"].labels(source).set(int(budget.over))
        if budget.over:
            why = f"mostly {budget.commonest}; it is slowed until the share falls"
            self._say(f"tellonce worker alarm: {budget.share:.0%} of {source} becomes dead letters, {why}\n")
        else:
            self._say(f"tellonce worker alarm ends: {budget.share:.0%} of {source} becomes dead letters\n")

    def resting(self) -> frozenset[str]:
        """Return the raw topics, by full name, whose sources are to rest now."""
        now = self._clock()
        return frozenset(topic for topic, source in self._sources.items() if self._budgets[source].rests(now))

    def look(self, tap: Tap) -> None:
        """Pause the partitions of who is to rest, and let go of those of who is not any more."""
        resting, mine = self.resting(), tap.assignment()
        pause = frozenset(tp for tp in mine if tp.topic in resting)
        resume = self._paused.intersection(mine) - pause
        if pause:
            tap.pause_partitions(pause)
        if resume:
            tap.resume_partitions(resume)
        self._paused = pause

    async def watch(self, tap: Callable[[], Tap], busy: Callable[[], bool], stopped: Callable[[], bool]) -> None:
        """Look until stopped, but not while the worker is busy with itself (Rule 2)."""
        while not stopped():
            if not busy():
                self.look(tap())
            await asyncio.sleep(LOOK_EVERY)

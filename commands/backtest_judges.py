"""What is asked of a bucket of customers, where every process finds it: this imports next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipeline.backtest import Tally, Window, tallied
from pipeline.hotspots import Weighed, weighed
from pipeline.policy import Policy
from pipeline.touchpoint import Entry


def tally(
    customers: Iterator[list[Entry]],
    now: datetime | None,
    *,
    in_force: Policy,
    draft: Policy,
    window: Window,
    samples: int,
) -> Tally:
    """Return the tally of a bucket of customers under two policies, at a time of the clock."""
    whole = Tally(samples)
    for rows in customers:
        whole.add(tallied(rows, in_force, draft, window, samples, now))
    return whole


def weigh(customers: Iterator[list[Entry]], now: datetime | None, *, policy: Policy, window: Window) -> Weighed:
    """Return what a bucket of customers weighs; promises weigh nothing, so the clock does not matter."""
    del now
    whole = Weighed()
    for rows in customers:
        whole.add(weighed(rows, policy, window.since, window.until))
    return whole

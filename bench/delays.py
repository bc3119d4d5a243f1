"""What delays come to: percentiles of how long it took from a raw event's arrival to its alert's. Pure.

Rule 1. A percentile is a delay that was measured (nearest rank), never a value in between.
Rule 2. An event whose alert never came is an error, not a delay that is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


class NeverTold(Exception):
    """Some events' alerts never came; the message says how many."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that had to raise an alert: when it arrived, and how long its alert took. Both in milliseconds."""

    at: int
    took: int


def told(arrived: Mapping[bytes, int], alerts: Iterable[tuple[bytes, int]]) -> list[Told]:
    """Return how long each event's first alert took, in the order of arrival; both are (customer, epoch ms).

    Raises NeverTold (Rule 2). Alerts of other customers are left out.
    """
    first: dict[bytes, int] = {}
    for customer, at in alerts:
        first[customer] = min(first.get(customer, at), at)
    missing = len(arrived.keys() - first.keys())
    if missing:
        raise NeverTold(f"{missing} of {len(arrived)} events that had to raise an alert raised none")
    return [Told(at, first[customer] - at) for customer, at in sorted(arrived.items(), key=lambda each: each[1])]


def percentile(delays: Sequence[int], share: float) -> int:
    """Return the smallest delay that at least this share of all is not above; ValueError where there are none."""
    if not delays:
        raise ValueError("no delays")
    return sorted(delays)[max(ceil(share * len(delays)), 1) - 1]


def summary(delays: Sequence[int]) -> dict[str, int]:
    """Return how many there are, and the percentiles that are reported, in milliseconds."""
    return {"alerts": len(delays), **{name: percentile(delays, share) for name, share in SHARES.items()}}

"""When a customer counts as turning away, and how urgent that is: frozen, validated, named values.

Rule 1. As in `pipeline.policy`: nonsense cannot be built; `at_most` and `within` include the limit, `under` does not.
Rule 2. A channel or a segment of customers may have limits of its own. The segment's word counts above the channel's,
        that above the general; of several segments that a customer is in, the first in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pipeline.policy_error import need


@dataclass(frozen=True, slots=True)
class Points:
    """The `at_most` worst of `of` points are a detractor's; on a scale of another length, the same share of it."""

    at_most: float
    of: float


LIMITS = ("nps_at_most", "csat", "ces", "stars", "worst_at_most", "mean_at_most")
"""The limits that a channel or a segment may have of its own."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers with limits of their own: of these accounts, or with one of these tags on a touchpoint so far."""

    accounts: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetractorPolicy:
    """Who is a detractor. NPS is asked on 0 to 10 always; the others carry their scale. Text alone is a detractor's
    where the worst sentence and the mean are both at most their limits (each from -1 to 1).

    An alert is paid attention to until `stale_after`; another one of the same cause that comes under `cool_down` after
    it pages nobody. The confidence of text is a share, given for a worst sentence of -0.5 and of -1.
    """

    nps_at_most: float = 6
    csat: Points = Points(2, 5)
    ces: Points = Points(3, 7)
    stars: Points = Points(2, 5)
    worst_at_most: float = -0.5
    mean_at_most: float = -0.05
    stale_after: timedelta = timedelta(hours=24)
    cool_down: timedelta = timedelta(hours=24)
    confidence_at_half: float = 0.66
    confidence_at_one: float = 0.98
    by_channel: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    by_segment: Mapping[str, Segment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse limits outside their scales."""
        need(0 <= self.nps_at_most <= 10, "detractor.nps", self.nps_at_most, "0 to 10")  # noqa: PLR2004 -- NPS's own scale
        for name in ("csat", "ces", "stars"):
            points: Points = getattr(self, name)
            need(0 < points.at_most < points.of, f"detractor.{name}", points.at_most, f"more than 0, below {points.of}")
        for name in ("worst_at_most", "mean_at_most"):
            need(-1 <= getattr(self, name) <= 1, f"detractor.{name}", getattr(self, name), "-1 to 1")
        need(self.stale_after > timedelta(0), "detractor.stale_after", self.stale_after, "more than 0")
        need(self.cool_down >= timedelta(0), "detractor.cool_down", self.cool_down, "0 or more")
        for name in ("confidence_at_half", "confidence_at_one"):
            need(0 <= getattr(self, name) <= 1, f"detractor.{name}", getattr(self, name), "0 to 1")

    def limits(self, channel: str, segment: str | None) -> "DetractorPolicy":
        """Return the policy with the limits that count for this channel and this segment (Rule 2)."""
        own = self.by_channel.get(channel, {})
        if segment is not None:
            own = {**own, **self.by_segment[segment].limits}
        return replace(self, **own) if own else self


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityPolicy:
    """What makes an alert more urgent: the first one of a customer known for `loyal_after`, one that is at least the
    `often`th `often_within` this time, and customers of these accounts or with these tags.
    """

    loyal_after: timedelta = timedelta(days=180)
    often: int = 3
    often_within: timedelta = timedelta(days=30)
    high_value_accounts: frozenset[str] = frozenset()
    high_value_tags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse times of nothing, and an `often` that every alert is."""
        need(self.loyal_after > timedelta(0), "severity.loyal_after", self.loyal_after, "more than 0")
        need(self.often > 1, "severity.often", self.often, "2 or more alerts")
        need(self.often_within > timedelta(0), "severity.often_within", self.often_within, "more than 0")

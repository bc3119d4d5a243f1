"""When a journey signal is raised: frozen, validated, named values. `policies/default.toml` gives the reasons.

Rule 1. As in `pipeline.policy`: nonsense cannot be built, and `at_least` and `within` include the limit.
"""

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from pipeline.policy_error import PolicyError, need

MOST_POINTS = 100
"""The highest score of a contact's effort: its points are cut there."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a component adds to the effort: points for each (a minute, a transfer, ...), and how many at most."""

    each: float
    at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortPolicy:
    """What counts as how much effort, in points of 0 to 100; a contact of `raise_at` points or more is a signal."""

    raise_at: float = 50
    waiting: Weight = Weight(1, 20)
    hold: Weight = Weight(1.5, 15)
    transfers: Weight = Weight(10, 20)
    agents: Weight = Weight(5, 15)
    channels: Weight = Weight(5, 15)
    repeats: Weight = Weight(15, 45)
    bot_only: Weight = Weight(10, 10)
    asks_person: Weight = Weight(10, 20)
    abandoned: Weight = Weight(15, 30)

    def __post_init__(self) -> None:
        """Refuse weights below nothing, caps above the whole, and a limit that nobody or everybody reaches."""
        need(0 < self.raise_at <= MOST_POINTS, "effort.raise_at", self.raise_at, "more than 0, at most 100")
        for name in COMPONENTS:
            weight: Weight = getattr(self, name)
            need(weight.each >= 0, f"effort.{name}", weight.each, "0 or more")
            need(0 <= weight.at_most <= MOST_POINTS, f"effort.{name}", weight.at_most, "at_most from 0 to 100")


COMPONENTS = tuple(name for name in EffortPolicy.__dataclass_fields__ if name != "raise_at")
"""The components of an effort, in the order in which they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachPolicy:
    """When calls that were given up say that a person cannot be reached: `attempts` of them without an answer between,
    each `within` this long after the one before.
    """

    attempts: int = 2
    within: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        """Refuse no attempt and no time."""
        need(self.attempts >= 1, "reach.attempts", self.attempts, "1 or more")
        need(self.within > timedelta(0), "reach.within", self.within, "more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasingPolicy:
    """When the company's side of a contact says no too often: `at_least` times, and `per_100_words` of its words."""

    at_least: int = 4
    per_100_words: float = 3

    def __post_init__(self) -> None:
        """Refuse limits that every contact reaches."""
        need(self.at_least >= 1, "phrasing.at_least", self.at_least, "1 or more")
        need(0 <= self.per_100_words <= 100, "phrasing.per_100_words", self.per_100_words, "0 to 100")  # noqa: PLR2004 -- of 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePolicy:
    """How promises are read and kept: `time_zone` is what the company's "5 pm" means; in a chat the company comes back
    to the customer after saying nothing for `pause` or longer, what it says sooner is the same sitting. Where nobody
    speaks, a promise is broken more than `grace` after it was due, by the clock of the worker.
    """

    time_zone: str = "UTC"
    pause: timedelta = timedelta(minutes=5)
    grace: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        """Refuse a zone that nobody knows, a negative pause and a negative grace."""
        known = self.time_zone == "UTC" or self.time_zone in available_timezones()
        if not known:
            raise PolicyError("promise.time_zone", self.time_zone, "a name of the tz database: Europe/London, UTC")
        need(self.pause >= timedelta(0), "promise.pause", self.pause, "0 or more")
        need(self.grace >= timedelta(0), "promise.grace", self.grace, "0 or more")

    @property
    def zone(self) -> tzinfo:
        """The time zone."""
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)

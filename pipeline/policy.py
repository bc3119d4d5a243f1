"""What counts as what: frozen, validated, named values. `policies/default.toml` holds the defaults with their reasons.

Rule 1. A policy that makes no sense cannot be built: `PolicyError` names the setting, the value and what is allowed.
Rule 2. Boundaries are said in the name: `at_most` and `within` include the limit, `under` does not.
Rule 3. A policy is data for the core; reading the file is the shell's work (`pipeline.policy_file` only parses).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.detractor_policy import DetractorPolicy, Points, Segment, SeverityPolicy
from pipeline.journey.policy import EffortPolicy, PhrasingPolicy, PromisePolicy, ReachPolicy
from pipeline.policy_error import PolicyError
from pipeline.policy_error import need as _need
from pipeline.touchpoint import Direction

__all__ = ["DetractorPolicy", "Points", "PolicyError", "Segment", "SeverityPolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Which events are believed. Events before `earliest`, or later than their receipt by more than `clock_skew`,
    are refused; so is a single text of more than `longest_text` characters.
    """

    earliest: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    clock_skew: timedelta = timedelta(hours=24)
    longest_text: int = 1_000_000

    def __post_init__(self) -> None:
        """Refuse a naive earliest time, a negative skew, a text limit of nothing."""
        _need(self.earliest.tzinfo is not None, "intake.earliest", self.earliest, "a time with an offset")
        _need(self.clock_skew >= timedelta(0), "intake.clock_skew", self.clock_skew, "0 or more")
        _need(self.longest_text >= 1, "intake.longest_text", self.longest_text, "1 or more characters")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of `raw.other`: the direction of its events where they do not say one, and whether they can be a
    contact of the customer at all (an invoice cannot).
    """

    direction: Direction
    contact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPolicy:
    """How touchpoints group into contacts. Without a conversation id, a silence longer than `gap` ends a contact.
    A contact that begins under `handover_under` after another's last activity continues it.
    """

    gap: timedelta = timedelta(minutes=30)
    gap_by_channel: Mapping[str, timedelta] = field(default_factory=dict)
    handover_under: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        """Refuse gaps of nothing and negative hand-overs."""
        for name, gap in {
            "gap": self.gap,
            **{f"gap_by_channel.{k}": v for k, v in self.gap_by_channel.items()},
        }.items():
            _need(gap > timedelta(0), f"contact.{name}", gap, "more than 0")
        _need(self.handover_under >= timedelta(0), "contact.handover_under", self.handover_under, "0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPolicy:
    """When a contact repeats an earlier one: it begins within the window (inclusive) after the earlier one's last
    activity. A topic may have a window of its own for the same-topic answer. `not_contacts` are channels whose
    touchpoints never are a contact (a survey answer is feedback on one).
    """

    within: timedelta = timedelta(days=7)
    within_by_topic: Mapping[str, timedelta] = field(default_factory=dict)
    not_contacts: frozenset[str] = frozenset({"survey"})

    def __post_init__(self) -> None:
        """Refuse windows of nothing."""
        _need(self.within > timedelta(0), "repeat.within", self.within, "more than 0")
        for topic, window in self.within_by_topic.items():
            _need(window > timedelta(0), f"repeat.within_by_topic.{topic}", window, "more than 0")

    def window(self, topic: str) -> timedelta:
        """Return the window within which a contact on this topic repeats an earlier one on it."""
        return self.within_by_topic.get(topic, self.within)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePolicy:
    """What the `timelines` topic carries: touchpoints within `horizon` before the newest, the newest `touchpoints`
    and `contacts` of them listed one by one.
    """

    horizon: timedelta = timedelta(days=90)
    touchpoints: int = 500
    contacts: int = 100

    def __post_init__(self) -> None:
        """Refuse a horizon of nothing and lists of nothing."""
        _need(self.horizon > timedelta(0), "timeline.horizon", self.horizon, "more than 0")
        _need(self.touchpoints >= 1, "timeline.touchpoints", self.touchpoints, "1 or more")
        _need(self.contacts >= 1, "timeline.contacts", self.contacts, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy, by name and version; every alert and flag says which one decided."""

    name: str = "default"
    version: str = "1"
    intake: IntakePolicy = field(default_factory=IntakePolicy)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    contact: ContactPolicy = field(default_factory=ContactPolicy)
    repeat: RepeatPolicy = field(default_factory=RepeatPolicy)
    detractor: DetractorPolicy = field(default_factory=DetractorPolicy)
    severity: SeverityPolicy = field(default_factory=SeverityPolicy)
    timeline: TimelinePolicy = field(default_factory=TimelinePolicy)
    effort: EffortPolicy = field(default_factory=EffortPolicy)
    reach: ReachPolicy = field(default_factory=ReachPolicy)
    phrasing: PhrasingPolicy = field(default_factory=PhrasingPolicy)
    promise: PromisePolicy = field(default_factory=PromisePolicy)

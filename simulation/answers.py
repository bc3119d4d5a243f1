"""What a pipeline should have found in the events that were really sent.

Rule 1. Facts are the plot's. They are only dropped here where an event that they need was never sent.
Rule 2. An event heard twice is received twice and admitted twice, and is one touchpoint.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulation.events import Alert, Repeat, Simulated


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """The known answer. `inferred` are those that must be found; other words may add more."""

    received: int
    admitted: int
    rejected: int
    rejected_by_reason: Mapping[str, int]
    duplicates: int
    late: int
    customers: int
    by_source: Mapping[str, int]
    explicit: tuple[Alert, ...]
    inferred: tuple[Alert, ...]
    any_topic: tuple[Repeat, ...]
    same_topic: tuple[Repeat, ...]

    def document(self) -> dict[str, object]:
        """Return it as a JSON document."""
        return {
            "received": self.received,
            "admitted": self.admitted,
            "rejected": self.rejected,
            "rejected_by_reason": dict(sorted(self.rejected_by_reason.items())),
            "duplicates": self.duplicates,
            "late": self.late,
            "customers": self.customers,
            "by_source": dict(sorted(self.by_source.items())),
            "detractor_alerts": {
                "explicit": [_alert(alert) for alert in self.explicit],
                "inferred_at_least": [_alert(alert) for alert in self.inferred],
            },
            "repeat_contacts": {
                "any_topic": [_repeat(repeat) for repeat in self.any_topic],
                "same_topic": [_repeat(repeat) for repeat in self.same_topic],
            },
        }


@dataclass(slots=True)
class Answers:
    """Listens to the events as they are sent, and says at the end what should be found in them."""

    received: int = 0
    duplicates: int = 0
    late: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    customers: set[tuple[str, str]] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    facts: list[Alert | Repeat] = field(default_factory=list)

    def hear(self, event: Simulated) -> None:
        """Note one event that was sent."""
        self.received += 1
        self.by_source[event.source] += 1
        if event.rejected_for is not None:
            self.rejected[event.rejected_for] += 1
            return
        if event.again:
            self.duplicates += 1
            return
        self.late += event.is_late
        self.customers.add(event.customer)
        self.sent.add(event.event_id)
        self.facts.extend(event.facts)

    def known(self) -> KnownAnswer:
        """Return what should be found in what was sent so far."""
        alerts = sorted(fact for fact in self.facts if isinstance(fact, Alert))
        repeats = sorted(
            (fact for fact in self.facts if isinstance(fact, Repeat) and fact.needs <= self.sent),
            key=lambda repeat: (repeat.source, repeat.first_event_id),
        )
        rejected = self.rejected.total()
        return KnownAnswer(
            received=self.received,
            admitted=self.received - rejected,
            rejected=rejected,
            rejected_by_reason=dict(self.rejected),
            duplicates=self.duplicates,
            late=self.late,
            customers=len(self.customers),
            by_source=dict(self.by_source),
            explicit=tuple(alert for alert in alerts if alert.basis == "explicit"),
            inferred=tuple(alert for alert in alerts if alert.basis == "inferred"),
            any_topic=tuple(repeat for repeat in repeats if not repeat.topic),
            same_topic=tuple(repeat for repeat in repeats if repeat.topic),
        )


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "source": alert.source,
        "event_id": alert.event_id,
        "customer": {"type": alert.customer[0], "value": alert.customer[1]},
        "metric": alert.metric,
    }


def _repeat(repeat: Repeat) -> dict[str, object]:
    return {
        "source": repeat.source,
        "first_event_id": repeat.first_event_id,
        "previous_source": repeat.previous_source,
        "previous_event_id": repeat.previous_event_id,
        "customer": {"type": repeat.customer[0], "value": repeat.customer[1]},
    }

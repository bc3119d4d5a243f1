"""What a pipeline should have found in the events that were really sent.

Rule 1. Facts are the plot's. They are only dropped here where an event that they need was never sent, or where nothing
        that was sent tells that the events are one customer's.
Rule 2. An event heard twice is received twice and admitted twice, and is one touchpoint.
Rule 3. A customer is what can be known of a person (`simulation.knowable`): some people are two customers, and some
        customers two people. `identity` tells both, event by event.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simulation.events import Alert, Name, Repeat, Shared, Simulated
from simulation.knowable import customers


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """The known answer. `inferred` are those that must be found; other words may add more.

    `customer_of` is the customer that each event can be known to be of, `person_of` who it truly was; by event id.
    """

    received: int
    admitted: int
    rejected: int
    rejected_by_reason: Mapping[str, int]
    duplicates: int
    late: int
    customer_of: Mapping[str, Name]
    person_of: Mapping[str, int]
    situation_of: Mapping[str, str]
    by_source: Mapping[str, int]
    explicit: tuple[Alert, ...]
    inferred: tuple[Alert, ...]
    any_topic: tuple[Repeat, ...]
    same_topic: tuple[Repeat, ...]

    @property
    def customers(self) -> int:
        """How many customers can be known."""
        return len(set(self.customer_of.values()))

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
            "identity": {
                "people": len(set(self.person_of.values())),
                "customers": self.customers,
                "customer_of": {event: _named(name) for event, name in sorted(self.customer_of.items())},
                "person_of": dict(sorted(self.person_of.items())),
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
    sent: dict[str, tuple[Name, ...]] = field(default_factory=dict)
    person_of: dict[str, int] = field(default_factory=dict)
    situation_of: dict[str, str] = field(default_factory=dict)
    facts: list[Alert | Repeat] = field(default_factory=list)
    shared: set[Shared] = field(default_factory=set)

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
        self.sent[event.event_id] = event.identifiers
        self.person_of[event.event_id] = event.person
        self.situation_of[event.event_id] = event.situation
        for fact in event.facts:
            if isinstance(fact, Shared):
                self.shared.add(fact)
            else:
                self.facts.append(fact)

    def known(self) -> KnownAnswer:
        """Return what should be found in what was sent so far."""
        customer_of = customers(self.sent, self.shared)
        alerts = sorted(
            replace(fact, customer=customer_of[fact.event_id]) for fact in self.facts if isinstance(fact, Alert)
        )
        repeats = self._repeats(customer_of)
        rejected = self.rejected.total()
        return KnownAnswer(
            received=self.received,
            admitted=self.received - rejected,
            rejected=rejected,
            rejected_by_reason=dict(self.rejected),
            duplicates=self.duplicates,
            late=self.late,
            customer_of=customer_of,
            person_of=dict(self.person_of),
            situation_of=dict(self.situation_of),
            by_source=dict(self.by_source),
            explicit=tuple(alert for alert in alerts if alert.basis == "explicit"),
            inferred=tuple(alert for alert in alerts if alert.basis == "inferred"),
            any_topic=tuple(repeat for repeat in repeats if not repeat.topic),
            same_topic=tuple(repeat for repeat in repeats if repeat.topic),
        )

    def _repeats(self, customer_of: Mapping[str, Name]) -> list[Repeat]:
        """Return those that stand: of each contact the first one told whose events are known to be one customer's."""
        found: dict[tuple[str, bool], Repeat] = {}
        for fact in self.facts:
            if isinstance(fact, Repeat) and fact.needs <= self.sent.keys():
                whose = customer_of[fact.first_event_id]
                if customer_of[fact.previous_event_id] == whose:
                    found.setdefault((fact.first_event_id, fact.topic), replace(fact, customer=whose))
        return sorted(found.values(), key=lambda repeat: (repeat.source, repeat.first_event_id))


def _named(name: Name) -> dict[str, str]:
    return {"type": name[0], "value": name[1]}


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "source": alert.source,
        "event_id": alert.event_id,
        "customer": _named(alert.customer),
        "metric": alert.metric,
    }


def _repeat(repeat: Repeat) -> dict[str, object]:
    return {
        "source": repeat.source,
        "first_event_id": repeat.first_event_id,
        "previous_source": repeat.previous_source,
        "previous_event_id": repeat.previous_event_id,
        "customer": _named(repeat.customer),
    }

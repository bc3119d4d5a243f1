"""Villages of invented people whose events name them in many ways, and the slow, obvious answer to who is who.

Rule 1. A village is made of a seed and a number: the seed is its story, the number keeps its people apart from those of
        other villages. Two villages of one seed differ in nothing but their names.
Rule 2. In a village without conflicts every person has one CRM id at most, and nobody uses what is another's. In one
        with conflicts everybody may use anything: shared telephones and addresses, several CRM ids on one.
Rule 3. A conversation is always with the same identifiers: one of two customers who are told apart is given up
        (docs/identity.md). No two events happen at the same moment.
Rule 4. `by_union_find` shares no code with `pipeline`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pipeline.touchpoint import Identifier
from tests.whole.harness import Raw

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
ORDER = ("crm_id", "email", "phone", "visitor_id")
FIELDS = {"crm_id": "customer_id", "email": "email", "phone": "phone", "visitor_id": "visitor_id"}
AREAS = ("207946", "113496", "114496", "115496", "116496", "117496", "118496", "121496", "131496", "141496")
"""Areas in which Ofcom keeps a thousand numbers each for invented people."""
PHONES = 8
"""Telephones of a village."""
WORDS = (
    "Where is my parcel?",
    "You charged me twice for one order.",
    "This is the worst service ever. I am furious, I hate it.",
    "Thank you, all is well.",
    "I was charged twice again! Terrible, awful, useless.",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event, who it names (strongest first), and how its source writes it."""

    event_id: str
    source: str
    identifiers: tuple[Identifier, ...]
    occurred_at: datetime
    fields: tuple[tuple[str, Any], ...]

    @property
    def raw(self) -> Raw:
        """The event as it is fed."""
        customer = {FIELDS[one.type]: one.value for one in self.identifiers}
        told = {"event_id": self.event_id, "occurred_at": self.occurred_at.isoformat(), "customer": customer}
        return Raw(self.source, json.dumps(told | dict(self.fields)).encode(), self.event_id.encode())


@dataclass(frozen=True, slots=True)
class Village:
    """Its events in order of time."""

    number: int
    events: tuple[Event, ...]

    def name(self, type_: str, which: int) -> Identifier:
        """Return one of the village's identifiers."""
        return named(self.number, type_, which)


def named(village: int, type_: str, which: int) -> Identifier:
    """Return an identifier of a village."""
    if type_ == "phone":
        area, own = divmod(village * PHONES + which % PHONES, 1000)
        return Identifier(type_, f"+44{AREAS[area]}{own:04}")
    values = {
        "crm_id": f"C-{village:04}-{which}",
        "email": f"p{village:04}.{which}@example.com",
        "visitor_id": f"browser-{village:04}-{which}",
    }
    return Identifier(type_, values[type_])


def village(seed: int, number: int, events: int, *, conflicts: bool) -> Village:
    """Return a village of so many events."""
    dice = Random(seed * 2 + conflicts)  # noqa: S311 -- repeatable, not secret
    moments = sorted(dice.sample(range(20 * 24 * 60), events))
    told = []
    for i, minute in enumerate(moments):
        who = _anybody(dice, number) if conflicts else _somebody(dice, number)
        told.append(_event(dice, f"V{number:04}-{i:02}", who, START + timedelta(minutes=minute)))
    return Village(number, tuple(told))


def by_union_find(events: Iterable[Event]) -> set[frozenset[str]]:
    """Return the event ids of each customer, where identifiers on one event are one person's."""
    told = list(events)
    groups: list[set[Identifier]] = []
    for event in told:
        same = [group for group in groups if group & set(event.identifiers)]
        groups = [group for group in groups if group not in same]
        groups.append(set(event.identifiers).union(*same))
    return {frozenset(e.event_id for e in told if set(e.identifiers) <= group) for group in groups}


def _somebody(dice: Random, number: int) -> tuple[Identifier, ...]:
    """Return one to three identifiers of one of four people; the fourth has no CRM id."""
    person = dice.randrange(4)
    own = [("email", 2 * person), ("email", 2 * person + 1), ("phone", 2 * person), ("phone", 2 * person + 1)]
    own += [("visitor_id", 2 * person), ("visitor_id", 2 * person + 1)]
    own += [("crm_id", person)] if person < 3 else []
    return _chosen(dice, number, own)


def _anybody(dice: Random, number: int) -> tuple[Identifier, ...]:
    """Return one to three of a dozen identifiers that all share."""
    names = [("crm_id", i) for i in range(3)] + [("email", i) for i in range(4)]
    names += [("phone", i) for i in range(2)] + [("visitor_id", i) for i in range(3)]
    return _chosen(dice, number, names)


def _chosen(dice: Random, number: int, names: list[tuple[str, int]]) -> tuple[Identifier, ...]:
    """Return some of them, of each type one: an event's customer has a field for each."""
    dice.shuffle(names)
    by_type = dict(reversed(names[: dice.choice((1, 2, 2, 3))]))
    return tuple(named(number, type_, by_type[type_]) for type_ in ORDER if type_ in by_type)


def _event(dice: Random, event_id: str, who: tuple[Identifier, ...], at: datetime) -> Event:
    talk = f"{event_id[:5]}/{'+'.join(one.value for one in who)}"
    words = dice.choice(WORDS)
    kind = dice.choice(("chat", "chat", "survey", "other", "run"))
    fields: dict[str, dict[str, Any]] = {
        "chat": {"session_id": talk, "kind": "message", "sender": "customer", "text": words},
        "survey": {
            "response_id": event_id,
            "metric": "nps",
            "score": float(dice.randrange(11)),
            "about_source": "chat",
            "about_id": talk,
        },
        "other": {"channel": "community", "conversation_id": f"{talk}/{dice.randrange(3)}", "text": words},
        "run": {"channel": "sms", "text": words},
    }
    return Event(event_id, "other" if kind == "run" else kind, who, at, tuple(fields[kind].items()))

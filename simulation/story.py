"""A customer's story, told step by step: each step adds the events that the sources would send.

Rule 1. The story has its own clock, which starts at nought; until `town` sets it into the calendar, the times
        in a value are durations of that clock.
Rule 2. An event's id is a function of the customer's number and the step.
Rule 3. What a step causes (an alert, a repeat) is said by the plot when it takes the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Literal

from simulation import words
from simulation.claims import identifiers_in
from simulation.events import Alert, Fact, Name, Repeat, Shared
from simulation.manners import Manner, claimed
from simulation.people import Person
from simulation.phrases import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event on the story's clock. `occurred` and `sent` are since the story's beginning."""

    source: str
    key: str
    event_id: str
    customer: Name
    person: int
    identifiers: tuple[Name, ...]
    occurred: timedelta
    sent: timedelta
    value: Mapping[str, object] | bytes
    again: bool = False
    rejected_for: str | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact that a later one may come back to. `topic_event_id` says what it is about."""

    source: str
    own_id: str
    first_event_id: str
    topic_event_id: str


@dataclass(slots=True)
class Story:
    """What has been told so far of one customer, and the clock.

    `manner` says which identifiers each channel knows the customer by; without one, all know the strongest.
    """

    who: Person
    dice: Random
    manner: Manner | None = None
    now: timedelta = timedelta(0)
    told: list[Told] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    steps: int = 0
    shared: list[Shared] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Choose the order, the product and the days that the story is about."""
        dice = self.dice
        self.names = {
            "order": f"{dice.choice('ABKRT')}{dice.randrange(10_000, 99_999)}",
            "product": dice.choice(words.PRODUCTS),
            "day": dice.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")),
            "days": str(dice.randrange(2, 9)),
            "amount": f"{dice.randrange(9, 240)}.{dice.choice(('00', '49', '50', '95', '99'))}",
            "town": dice.choice(words.TOWNS),
            "team": dice.choice(("billing", "delivery", "accounts", "returns")),
            "agent_name": dice.choice(("Ash", "Cleo", "Finn", "Hope", "Joy")),
            "first": self.who.first,
            "last": self.who.last,
        }

    def says(self, pattern: str) -> str:
        """Return one of the pattern's sentences, with this story's order, product and names."""
        return say(self.dice, pattern, self.names)

    def rest(self, least: timedelta, most: timedelta) -> None:
        """Let between `least` and `most` pass, in whole seconds."""
        self.now += timedelta(seconds=self.dice.randrange(int(least.total_seconds()), int(most.total_seconds()) + 1))

    def own_id(self, prefix: str) -> str:
        """Return the next own id of a source: of a session, a call, a message."""
        self.steps += 1
        return f"{prefix}-{self.who.number}-{self.steps}"

    def customer(self, channel: str = "other", line: int = 0) -> dict[str, object]:
        """Return the `customer` of an event: what this channel knows by its line number `line`."""
        known = claimed(self.who, self.manner, channel, line)
        return known | ({"account_id": self.who.account_id} if self.who.account_id else {})

    def tell(self, source: str, key: str, value: dict[str, object]) -> str:
        """Add one event that happens now, and return its id."""
        name = self.own_id("e")
        stamped = {"event_id": name, "occurred_at": self.now} | value
        self._add(source, key, name, stamped)
        return name

    def tell_broken(self, source: str, value: dict[str, object] | bytes, reason: str) -> None:
        """Add an event that cannot be read, for this reason."""
        key = self.own_id("broken")
        self._add(source, key, key, value, reason)

    def _add(
        self, source: str, key: str, event_id: str, value: Mapping[str, object] | bytes, reason: str | None = None
    ) -> None:
        names = () if reason is not None or isinstance(value, bytes) else identifiers_in(source, value)
        told = Told(
            source=source,
            key=key,
            event_id=event_id,
            customer=self.who.named_by,
            person=self.who.number,
            identifiers=names,
            occurred=self.now,
            sent=self.now,
            value=value,
            rejected_for=reason,
            facts=tuple(shared for shared in self.shared if shared.name in names),
        )
        self.told.append(told)

    def add_fact(self, event_id: str, *facts: Fact) -> None:
        """Say that these follow from an event that was told already."""
        for place, event in enumerate(self.told):
            if event.event_id == event_id and not event.again:
                self.told[place] = replace(event, facts=event.facts + facts)
                return
        raise KeyError(event_id)

    def returns(self, contact: Contact, earlier: Contact, *, same_topic: bool) -> None:
        """Say that `contact` repeats `earlier`, and whether it is about the same thing.

        Where it comes after several, say so of the newest first: the first that can be known to be the same customer's
        is the one that it repeats.
        """
        for topic in (False, True) if same_topic else (False,):
            firsts = {contact.first_event_id, earlier.first_event_id}
            needs = firsts | ({contact.topic_event_id, earlier.topic_event_id} if topic else set())
            repeat = Repeat(
                source=contact.source,
                first_event_id=contact.first_event_id,
                previous_source=earlier.source,
                previous_event_id=earlier.first_event_id,
                customer=self.who.named_by,
                topic=topic,
                needs=frozenset(needs),
            )
            self.add_fact(contact.first_event_id, repeat)

    def alert(self, event_id: str, source: str, metric: str | None = None) -> None:
        """Say that this event makes a detractor: by its score where a metric is given, else by its words."""
        basis: Literal["explicit", "inferred"] = "explicit" if metric else "inferred"
        self.add_fact(event_id, Alert(basis, source, event_id, self.who.named_by, metric))

"""An event that a source would send, with what the plot says should follow from it.

Rule 1. `value` is what goes on the wire: a JSON object in the shape of the source's raw schema, or bytes that
        are broken on purpose.
Rule 2. `sent_at` is never before `occurred_at`; a late event's is later.
Rule 3. A fact (`Alert`, `Repeat`) stands only if every event that it needs was sent.
Rule 4. `person` is who it truly was; `identifiers` is all that anybody else can go by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Json = Mapping[str, object]
Name = tuple[str, str]
"""An identifier, as (type, canonical value)."""


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """A detractor: by the customer's own score (explicit), or by words that are plainly angry (inferred)."""

    basis: Literal["explicit", "inferred"]
    source: str
    event_id: str
    customer: tuple[str, str]
    metric: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Repeat:
    """A contact that comes back to an earlier one. `topic`: about the same thing, else only within the
    window. `first_event_id` and `previous_event_id` are the first events of the two contacts.
    """

    source: str
    first_event_id: str
    previous_source: str
    previous_event_id: str
    customer: tuple[str, str]
    topic: bool
    needs: frozenset[str]


@dataclass(frozen=True, slots=True, order=True)
class Shared:
    """An identifier that several use: it stands for nobody once more than `beyond` values of type `of` came with it."""

    name: Name
    beyond: int
    of: str


Fact = Alert | Repeat | Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One event of one source. `key` is the raw record's: the session's, call's or message's id.

    `customer` is the strongest identifier of the person; the event itself need not carry it. `situation` is what
    makes it hard to tell who it was, else "plain".
    """

    source: str
    key: bytes
    event_id: str
    occurred_at: datetime
    sent_at: datetime
    value: Json | bytes
    customer: Name
    person: int
    identifiers: tuple[Name, ...]
    situation: str = "plain"
    again: bool = False
    rejected_for: str | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def is_late(self) -> bool:
        """True when its source was slow to send it."""
        return self.sent_at > self.occurred_at and not self.again and self.rejected_for is None

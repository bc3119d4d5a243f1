"""The nouns of the flow: what a source reports, and the touchpoint that it becomes.

Rule 1. Values are frozen; times are aware UTC; durations are seconds only where the wire says so.
Rule 2. A `Report` is what one source said, normalised. A `Touchpoint` is a report with a customer, a mood and topics.
Rule 3. An `Entry` is what the state keeps of a touchpoint: everything but its words, and a redacted excerpt.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

Actor = Literal["customer", "agent", "bot", "company"]
Direction = Literal["inbound", "outbound"]
Metric = Literal["nps", "csat", "ces", "stars"]


class Identifier(NamedTuple):
    """An identifier of a customer. `type`: crm_id, email, phone, visitor_id, handle. In a `Report` the value is as
    said; in a `Touchpoint` it is canonical.

    A named tuple: the resolver hashes hundreds for each claim, and a dataclass does that in Python.
    """

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """Whose the resolver said an identifier is: the customer, the identifier that names it, why it is parked (links
    nobody) if it is, and in which resolution. Of two, the greater epoch is the newer word.
    """

    identifier: Identifier
    customer_id: str
    named_by: Identifier
    parked: str | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Score:
    """What the customer said outright, with the scale that it was asked on. Finite, and within its scale."""

    metric: Metric
    value: float
    scale_min: float
    scale_max: float


@dataclass(frozen=True, slots=True)
class Mood:
    """The mood of the customer's words, sentence by sentence, each from -1 to 1."""

    worst: float
    mean: float
    sentences: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Anger:
    """A kind of anger (unfair, threatened, powerless, ignored), and the listed phrase of the customer that shows it."""

    kind: str
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How a contact was handled, as far as one event tells. Seconds; agents in order."""

    wait_seconds: float | None = None
    hold_seconds: float | None = None
    transfers: int = 0
    agents: tuple[str, ...] = ()
    queue: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a raw event stands in the log."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One event as its source module understood it, before anyone asks who the customer is.

    `event_id` is the source's own, or None. `natural_key` names the event where there is no event_id (an e-mail's
    message id, a review's id and revision); when it is empty too, the id is derived from the whole report.
    `keys` are the conversations that it belongs to, as `source:id`, its own first; `item` is what a later `revision`
    replaces. `text` is the customer's words of today; `company_text` those of the agent or bot. `account_id` is the
    B2B account.
    """

    source: str
    channel: str
    kind: str
    occurred_at: datetime
    actor: Actor
    direction: Direction
    identifiers: tuple[Identifier, ...]
    ended_at: datetime | None = None
    event_id: str | None = None
    natural_key: tuple[str, ...] = ()
    account_id: str | None = None
    keys: tuple[str, ...] = ()
    item: str | None = None
    revision: int = 1
    text: str | None = None
    company_text: str | None = None
    score: Score | None = None
    handling: Handling | None = None
    tags: tuple[str, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """One thing that happened between a customer and the company: the field meanings are in touchpoint.v1.avsc."""

    event_id: str
    source: str
    channel: str
    kind: str
    occurred_at: datetime
    ended_at: datetime | None
    customer_id: str
    account_id: str | None
    named_by: Identifier
    identifiers: tuple[Identifier, ...]
    actor: Actor
    direction: Direction
    keys: tuple[str, ...]
    item: str | None
    revision: int
    mood: Mood | None
    topics: tuple[str, ...]
    score: Score | None
    handling: Handling | None
    asks_human: bool
    company_negations: int
    text: str | None
    excerpt: str | None
    tags: tuple[str, ...]
    link: str | None
    origin: Origin
    epoch: int = 0
    company_words: int = 0
    promised_by: datetime | None = None
    anger: tuple[Anger, ...] = ()
    thanks_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the state keeps of a touchpoint: timeline-entry.v1.avsc.

    `epoch` is the resolution that named the customer, 0 for none; `answers` is what whoever sent it here knew of its
    identifiers, empty for a touchpoint that came straight from intake.
    """

    event_id: str
    source: str
    channel: str
    kind: str
    occurred_at: datetime
    ended_at: datetime | None
    customer_id: str
    account_id: str | None
    named_by: Identifier
    actor: Actor
    direction: Direction
    keys: tuple[str, ...]
    item: str | None
    revision: int
    mood: Mood | None
    topics: tuple[str, ...]
    score: Score | None
    handling: Handling | None
    asks_human: bool
    company_negations: int
    excerpt: str | None
    origin: Origin
    identifiers: tuple[Identifier, ...] = ()
    epoch: int = 0
    answers: tuple[Told, ...] = ()
    company_words: int = 0
    promised_by: datetime | None = None
    anger: tuple[Anger, ...] = ()
    thanks_only: bool = False
    tags: tuple[str, ...] = ()

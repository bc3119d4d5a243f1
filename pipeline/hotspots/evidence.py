"""What is counted in a cell, and along a path of channels. Whole numbers only, so that sums do not depend on order."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta

MICRO = 1_000_000
"""Moods and efforts are added up in millionths."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where an experience stands: topic (None: not recognised), channel, queue (None: not named), week (its Monday)."""

    topic: str | None
    channel: str
    queue: str | None
    week: date

    @property
    def key(self) -> str:
        """The cell's name: week/channel/queue/topic, a dash for none; a slash in a name is written %2F."""
        parts = (self.week.isoformat(), self.channel, self.queue, self.topic)
        return "/".join("-" if part is None else part.replace("%", "%25").replace("/", "%2F") for part in parts)

    @property
    def place(self) -> tuple[str | None, str, str | None]:
        """The same cell in any week: topic, channel, queue."""
        return self.topic, self.channel, self.queue


@dataclass(slots=True)
class Evidence:
    """Counts of a cell. `customers` had an experience here; `repeat_customers` of them had one that repeated, and
    `detractor_customers` one with an alert. `moods` touchpoints had words of the customer, whose mean moods sum to
    `mood_sum` millionths; `efforts` and `effort_sum` are the same of contacts that the customer began. `good` and `bad`
    are experiences; `said_good` and `said_bad` those of them that are so by an answer.
    """

    volume: int = 0
    customers: int = 0
    touchpoints: int = 0
    moods: int = 0
    mood_sum: int = 0
    efforts: int = 0
    effort_sum: int = 0
    repeats: int = 0
    same_topic_repeats: int = 0
    repeat_customers: int = 0
    detractors: int = 0
    detractor_customers: int = 0
    good: int = 0
    bad: int = 0
    said_good: int = 0
    said_bad: int = 0

    def add(self, other: "Evidence") -> None:
        """Take in the counts of others."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def sentiment(self) -> float | None:
        """The mean mood of the customers' words, -1 to 1; None where nobody used words."""
        return round(self.mood_sum / self.moods / MICRO, 6) if self.moods else None

    @property
    def effort(self) -> float | None:
        """The mean effort, 0 to 100; None where no experience has one."""
        return round(self.effort_sum / self.efforts / MICRO, 6) if self.efforts else None

    @property
    def good_to_bad(self) -> float | None:
        """How many good experiences there are for each bad one; None where there is no bad one."""
        return round(self.good / self.bad, 6) if self.bad else None


@dataclass(slots=True)
class Path:
    """How many journeys went along a path of channels, and how many of them met their first detractor at its end."""

    taken: int = 0
    ended: int = 0


@dataclass(slots=True)
class Weighed:
    """The cells, weeks (each experience once), paths and next issues of some customers, and from when to when they were
    heard.
    """

    cells: dict[Cell, Evidence] = field(default_factory=dict)
    weeks: dict[date, Evidence] = field(default_factory=dict)
    paths: dict[tuple[str, ...], Path] = field(default_factory=dict)
    next_topics: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    """How often a contact about the first topic led to one about the second; None: no topic was recognised."""
    led_on: Counter[str | None] = field(default_factory=Counter)
    """How often a contact about the topic led to another one, whatever that was about."""
    journeys: int = 0
    customers: int = 0
    touchpoints: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def cell(self, cell: Cell) -> Evidence:
        """Return a cell's counts, to count in."""
        return self.cells.setdefault(cell, Evidence())

    def week(self, week: date) -> Evidence:
        """Return a week's counts, to count in."""
        return self.weeks.setdefault(week, Evidence())

    def path(self, path: tuple[str, ...]) -> Path:
        """Return a path's counts, to count in."""
        return self.paths.setdefault(path, Path())

    def add(self, other: "Weighed") -> None:
        """Take in what was weighed of other customers."""
        for cell, evidence in other.cells.items():
            self.cell(cell).add(evidence)
        for week, evidence in other.weeks.items():
            self.week(week).add(evidence)
        for channels, path in other.paths.items():
            own = self.path(channels)
            own.taken, own.ended = own.taken + path.taken, own.ended + path.ended
        self.next_topics.update(other.next_topics)
        self.led_on.update(other.led_on)
        self.journeys += other.journeys
        self.customers += other.customers
        self.touchpoints += other.touchpoints
        self.first = min((each for each in (self.first, other.first) if each is not None), default=None)
        self.last = max((each for each in (self.last, other.last) if each is not None), default=None)


def week_of(moment: datetime) -> date:
    """Return the Monday of the week of a time in UTC."""
    return moment.date() - timedelta(days=moment.weekday())

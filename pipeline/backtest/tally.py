"""Findings counted, with a few of them to look at. Tallies of parts add up to the tally of the whole.

Rule 1. A finding counts once a kind and day, once a kind, day and queue, and once for each of its topics.
Rule 2. Of what is new, gone or changed, the samples are those with the smallest ids. Ids are digests, so that is a fair
        draw, and the same one however the customers are divided.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TypeVar

from pipeline.findings import Finding

Key = TypeVar("Key")

CHANGES = ("new", "gone", "changed")

NO_QUEUE = NO_TOPIC = ""
"""Stands for a contact whose queue nobody named, or whose topic was not recognised."""

Place = tuple[str, date, str, str]
"""Kind, day (UTC), queue, topic."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings there are under each policy, in what they differ, and how many of them would page somebody
    (where the kind says so; whether they are stale by then is left out). Counts add.
    """

    in_force: int = 0
    draft: int = 0
    new: int = 0
    gone: int = 0
    changed: int = 0
    pages_in_force: int = 0
    pages_draft: int = 0

    def __add__(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(*(getattr(self, name) + getattr(other, name) for name in NAMES))


NAMES = tuple(each.name for each in fields(Count))


@dataclass(frozen=True, slots=True)
class Sample:
    """A finding to look at: what the policies say of it, as far as they know it."""

    kind: str
    finding_id: str
    change: str
    in_force: Mapping[str, object] | None
    draft: Mapping[str, object] | None

    @property
    def body(self) -> Mapping[str, object]:
        """What the draft says of it, else what the policy in force does."""
        found = self.draft or self.in_force
        assert found is not None  # noqa: S101 -- one of them has it
        return found


@dataclass(slots=True)
class Tally:
    """Counts by day; by day and queue; by day, queue and topic. At most `samples` of each kind and change are kept."""

    samples: int
    touchpoints: int = 0
    customers: int = 0
    days: Counter[tuple[tuple[str, date], str]] = field(default_factory=Counter)
    queues: Counter[tuple[tuple[str, date, str], str]] = field(default_factory=Counter)
    cells: Counter[tuple[Place, str]] = field(default_factory=Counter)
    drawn: dict[tuple[str, str], dict[str, Sample]] = field(default_factory=dict)

    def count(self, finding: Finding, *what: str) -> None:
        """Count a finding under these names of `Count`."""
        kind, day = kind_of(finding), finding.occurred_at.date()
        queue = str(finding.body.get("queue") or NO_QUEUE)
        topics = finding.body.get("topics")
        labels = [str(topic) for topic in topics] if isinstance(topics, list | tuple) else []
        for name in what:
            self.days[(kind, day), name] += 1
            self.queues[(kind, day, queue), name] += 1
            for topic in labels or [NO_TOPIC]:
                self.cells[(kind, day, queue, topic), name] += 1

    def draw(self, sample: Sample) -> None:
        """Keep a sample if it is among the few with the smallest ids (Rule 2)."""
        drawn = self.drawn.setdefault((sample.kind, sample.change), {})
        drawn[sample.finding_id] = sample
        if len(drawn) > self.samples:
            del drawn[max(drawn)]

    def add(self, other: "Tally") -> None:
        """Take in the tally of other customers."""
        self.touchpoints += other.touchpoints
        self.customers += other.customers
        self.days.update(other.days)
        self.queues.update(other.queues)
        self.cells.update(other.cells)
        for drawn in other.drawn.values():
            for sample in drawn.values():
                self.draw(sample)

    def sampled(self, kind: str, change: str) -> list[Sample]:
        """Return the samples of a kind and change in the order of their time."""
        drawn = self.drawn.get((kind, change), {})
        return sorted(drawn.values(), key=lambda one: (str(one.body["occurred_at"]), one.finding_id))


def kind_of(finding: Finding) -> str:
    """Return a finding's kind; of signals that share a kind, with the signal's own name."""
    named = finding.body.get("kind")
    return finding.kind if named is None else f"{finding.kind}: {named}"


def counts(counted: Mapping[tuple[Key, str], int]) -> dict[Key, Count]:
    """Return what was counted by its key, in the order of the keys."""
    found: dict[Key, dict[str, int]] = {}
    for (key, name), number in counted.items():
        found.setdefault(key, {})[name] = number
    return {key: Count(**found[key]) for key in sorted(found, key=repr)}


def summed(parts: Iterable[tuple[Key, Count]]) -> dict[Key, Count]:
    """Return the sum of each key's counts, in the order of the keys."""
    found: dict[Key, Count] = {}
    for key, count in parts:
        found[key] = found.get(key, Count()) + count
    return {key: found[key] for key in sorted(found, key=repr)}

"""What came before an alert: whether its cause was paged already, how many alerts there were, who the customer is.

Rule 1. Asked of one contact, only what happened at or before its newest touchpoint answers (`pipeline.findings`,
        Rule 1): where a contact spans that moment, from its earlier part.
Rule 2. A cause is paged once in a cool-down. The same cause is the same contact, a topic in common, or no known topic
        on both sides. What was paged and taken back later was paged all the same, and counts.
Rule 3. A customer is in a segment once an account or a tag of it was heard, at or before the moment asked for.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.contacts import Contact, as_of
from pipeline.policy import Policy
from pipeline.repeats import Spans
from pipeline.scores import explicit_id, inferred_id, is_detractor, sounds_detractor
from pipeline.stitch import place
from pipeline.touchpoint import Entry

Place = tuple[datetime, str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """An alert, standing or not: the touchpoint by which it was first due, and the one on which it stands now."""

    alert_id: str
    first: Place
    stands: Place | None
    contact_id: str
    topics: frozenset[str]

    def same_cause(self, other: "Moment") -> bool:
        """Say whether the two are about the same trouble (Rule 2)."""
        if self.contact_id == other.contact_id or self.topics & other.topics:
            return True
        return not self.topics and not other.topics


class World:
    """The alerts of some contacts: which of them paged, which did not and why, and when they stood."""

    def __init__(self, moments: Iterable[Moment], cool_down: timedelta) -> None:
        """Take the moments of a customer's contacts, in any order."""
        every = sorted(moments, key=lambda moment: (moment.first, moment.alert_id))
        self.cooled: dict[str, str] = {}
        self._stood = sorted(moment.stands for moment in every if moment.stands is not None)
        paged: list[Moment] = []
        for moment in every:
            by = self._paged_already(moment, paged, cool_down)
            if by is None:
                paged.append(moment)
            else:
                self.cooled[moment.alert_id] = by.alert_id

    @staticmethod
    def _paged_already(moment: Moment, paged: Sequence[Moment], cool_down: timedelta) -> Moment | None:
        for other in reversed(paged):
            if moment.first[0] - other.first[0] >= cool_down:
                return None
            if moment.same_cause(other):
                return other
        return None

    def stood_before(self, entry: Entry, within: timedelta | None = None) -> int:
        """Return how many alerts stand on touchpoints before this one; exactly `within` before it is counted."""
        end = bisect_left(self._stood, place(entry))
        return end if within is None else end - bisect_left(self._stood, (entry.occurred_at - within, "", ""))


Found = tuple[Contact, str | None, tuple[Moment, ...]]
"""A contact, the segment that its customer was in, and the alerts found in it."""


class Before:
    """One customer's past, worked out where an alert asks for it, each contact's part once."""

    def __init__(
        self, entries: Sequence[Entry], contacts: Sequence[Contact], policy: Policy, known: "Before | None" = None
    ) -> None:
        """Take the touchpoints and the contacts, both in order. What `known` found of the same contacts is kept."""
        self._entries = entries
        self._contacts = contacts
        self._policy = policy
        self._found: dict[str, Found] = {} if known is None else known._found  # noqa: SLF001 -- its own kind
        self._spans: Spans | None = None
        self._whole: World | None = None
        self._heard: tuple[dict[str, datetime], dict[str, datetime]] | None = None

    @property
    def known_since(self) -> datetime:
        """When the customer was first heard of."""
        return self._entries[0].occurred_at

    def world(self, contact: Contact) -> World:
        """Return the alerts as they were known at the contact's newest touchpoint (Rule 1)."""
        if self._spans is None:
            self._spans = Spans(self._contacts)
        if self._spans.over(contact.newest_at):
            return self._of(as_of(self._contacts, contact.newest_at, self._policy))
        if self._whole is None:
            self._found = {c.contact_id: self._remembered(c) for c in self._contacts}
            moments = (moment for _, _, own in self._found.values() for moment in own)
            self._whole = World(moments, self._policy.detractor.cool_down)
        return self._whole

    def _of(self, contacts: Iterable[Contact]) -> World:
        moments = (moment for contact in contacts for moment in self._remembered(contact)[2])
        return World(moments, self._policy.detractor.cool_down)

    def _remembered(self, contact: Contact) -> Found:
        known, segment = self._found.get(contact.contact_id), self.segment(contact.newest_at)
        if known is not None and known[0] is contact and known[1] == segment:
            return known
        return contact, segment, tuple(moments(contact, segment, self._policy))

    def segment(self, moment: datetime) -> str | None:
        """Return the first segment of the policy that the customer is in by then (Rule 3)."""
        for name, segment in self._policy.detractor.by_segment.items():
            if self.has(segment.accounts, segment.tags, moment):
                return name
        return None

    def has(self, accounts: frozenset[str], tags: frozenset[str], moment: datetime) -> bool:
        """Say whether one of these accounts or tags was heard by then."""
        if not accounts and not tags:
            return False
        if self._heard is None:
            self._heard = {}, {}
            for entry in reversed(self._entries):  # so that the first time is what stays
                if entry.account_id is not None:
                    self._heard[0][entry.account_id] = entry.occurred_at
                self._heard[1].update(dict.fromkeys(entry.tags, entry.occurred_at))
        return any(_by(wanted, heard, moment) for wanted, heard in zip((accounts, tags), self._heard, strict=True))


def _by(wanted: frozenset[str], heard: Mapping[str, datetime], moment: datetime) -> bool:
    return any(name in heard and heard[name] <= moment for name in wanted)


def moments(contact: Contact, segment: str | None, policy: Policy) -> Iterator[Moment]:
    """Yield a contact's alerts, those included that an edit took back."""
    rules = policy.detractor
    if not rules.by_channel and segment is None and not any(e.score or e.mood for e in contact.entries):
        return
    answered: dict[str, list[Entry]] = {}
    sounding: list[Entry] = []
    for entry in contact.entries:
        limits = rules.limits(entry.channel, segment)
        if entry.score is not None and is_detractor(entry.score, limits):
            answered.setdefault(explicit_id(entry), []).append(entry)
        elif sounds_detractor(entry, limits):
            sounding.append(entry)
    if not answered and not sounding:
        return
    current = set(map(id, contact.current))
    for alert_id, told in [*answered.items(), *([_inferred(contact, sounding)] if sounding else [])]:
        now = next((place(entry) for entry in told if id(entry) in current), None)
        topics = contact.topics.union(*(entry.topics for entry in told[:1]))
        yield Moment(alert_id, place(told[0]), now, contact.contact_id, topics)


def _inferred(contact: Contact, sounding: list[Entry]) -> tuple[str, list[Entry]]:
    return inferred_id(sounding[0].customer_id, contact.contact_id), sounding

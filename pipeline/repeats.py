"""Repeat contacts: who had to come back, about the same thing or about anything.

Rule 1. Only inbound contacts repeat, and only inbound contacts are repeated.
Rule 2. A contact that begins under `handover_under` after another's last activity continues it and repeats nothing;
        an abandoned attempt handed nobody over, so coming back after it is a repeat however soon.
Rule 3. The gap runs from the earlier contact's last activity before the new one began, to that beginning. A gap of
        exactly the window is within it.
Rule 4. Both answers are said: any topic (the policy's window), same topic (each shared topic's own window). What
        repeats on its own topic repeats on any. A topic that came back is held against the nearest earlier contact
        about it, which need not be the contact before; what is published as compared is what decided.
Rule 5. A contact is judged by what happened at or before its newest touchpoint (`pipeline.findings`, Rule 1).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate

from pipeline.contacts import Contact, as_of
from pipeline.findings import Finding, anchor_of, compared, evidence, policy_record
from pipeline.ids import derived
from pipeline.policy import Policy
from pipeline.records import identifier_record
from pipeline.stitch import place
from pipeline.touchpoint import Entry
from pipeline.words import duration


@dataclass(frozen=True, slots=True)
class Back:
    """A topic that came back: the nearest earlier contact about it, and the gap since."""

    topic: str
    gap: timedelta
    earlier: Contact


@dataclass(frozen=True, slots=True)
class Link:
    """How a contact relates to the ones before it. `continues` excludes the others (Rule 2).

    `within` says whether `previous` lies within the window for any topic; `back` is sorted by topic.
    """

    continues: Contact | None = None
    previous: Contact | None = None
    gap: timedelta = timedelta(0)
    within: bool = False
    back: tuple[Back, ...] = ()


MOST_AGENTS = 100
"""Different agents that a story counts; nobody reads on, and a long story stays cheap."""


@dataclass(frozen=True, slots=True)
class Story:
    """The contacts up to one: the first, how many (a hand-over is a part, not one more), how many hand-overs, by which
    channels in order, which agents heard it (`MOST_AGENTS` at most), and how many times it was told.
    """

    initial: Contact | None = None
    length: int = 0
    handovers: int = 0
    channels: tuple[str, ...] = ()
    agents: frozenset[str] = frozenset()
    tellings: int = 0

    def and_then(self, contact: Contact, *, continues: bool) -> "Story":
        """Return the story with one more contact, or one more part of the last."""
        new = contact.agents - self.agents
        room = MOST_AGENTS - len(self.agents)
        return Story(
            self.initial or contact,
            self.length + (not continues),
            self.handovers + continues,
            self.channels if contact.channel in self.channels else (*self.channels, contact.channel),
            self.agents.union(sorted(new)[:room]) if new and room else self.agents,
            self.tellings + contact.tellings,
        )


class Links:
    """The relations among one customer's contacts, each computed once."""

    def __init__(
        self, contacts: Sequence[Contact], policy: Policy, known: "Links | None" = None, since: datetime | None = None
    ) -> None:
        """Take the contacts in (began_at, contact_id) order.

        With all that is new at or after `since`, the relations of `known` that nothing new can touch are kept.
        """
        self.spans = Spans(contacts)
        self._inbound = [contact for contact in contacts if contact.inbound]
        self._place = {contact.contact_id: i for i, contact in enumerate(self._inbound)}
        self._policy = policy
        self._known: dict[str, Link] = {}
        self._told: dict[str, Story] = {}
        if known is not None and since is not None:
            for contact in self._inbound:
                link = known._known.get(contact.contact_id)  # noqa: SLF001 -- its own kind
                if link is not None and contact.newest_at < since and not self.spans.over(contact.newest_at):
                    self._known[contact.contact_id] = link
                    if contact.contact_id in known._told:  # noqa: SLF001 -- its own kind
                        self._told[contact.contact_id] = known._told[contact.contact_id]  # noqa: SLF001 -- its own kind

    @cached_property
    def _latest(self) -> list[datetime]:
        """The latest end among the first contacts, so that a search backwards knows when to stop."""
        latest: list[datetime] = []
        for contact in self._inbound:
            latest.append(max(latest[-1], contact.ended_at) if latest else contact.ended_at)
        return latest

    @cached_property
    def _first(self) -> dict[str, int]:
        """The place of the first contact about each topic."""
        first: dict[str, int] = {}
        for i, contact in enumerate(self._inbound):
            for topic in contact.topics:
                first.setdefault(topic, i)
        return first

    @cached_property
    def _reach(self) -> timedelta:
        repeat = self._policy.repeat
        return max(repeat.within, *repeat.within_by_topic.values(), self._policy.contact.handover_under)

    def of(self, contact: Contact) -> Link:
        """Return how an inbound contact relates to the inbound ones before it."""
        known = self._known.get(contact.contact_id)
        if known is None:
            known = self._known[contact.contact_id] = self._link(contact)
        return known

    def _link(self, contact: Contact) -> Link:
        handover, repeat = self._policy.contact.handover_under, self._policy.repeat
        continues: tuple[timedelta, Contact] | None = None
        nearest: tuple[timedelta, Contact] | None = None
        back: dict[str, Back] = {}
        for i in range(self._place[contact.contact_id] - 1, -1, -1):
            least = max(timedelta(0), contact.began_at - self._latest[i])
            if least > self._reach or self._settled(contact, i, least, continues=continues, nearest=nearest, back=back):
                break
            earlier = self._inbound[i]
            gap = contact.began_at - earlier.active_until(contact.began_at)
            if gap < handover and earlier.outcome != "abandoned" and (continues is None or gap < continues[0]):
                continues = gap, earlier
            if gap <= repeat.within and (nearest is None or gap < nearest[0]):
                nearest = gap, earlier
            for topic in contact.topics & earlier.topics:
                if gap <= repeat.window(topic) and (topic not in back or gap < back[topic].gap):
                    back[topic] = Back(topic, gap, earlier)
        if continues is not None:
            return Link(continues=continues[1], gap=continues[0])
        topics = tuple(back[topic] for topic in sorted(back))
        if nearest is not None:
            return Link(None, nearest[1], nearest[0], within=True, back=topics)
        if not topics:
            return Link()
        latest = min(topics, key=lambda one: (one.gap, -self._place[one.earlier.contact_id]))
        return Link(None, latest.earlier, latest.gap, back=topics)

    def _settled(  # noqa: PLR0913 -- what was found so far, as `_link` holds it
        self,
        contact: Contact,
        place: int,
        least: timedelta,
        *,
        continues: tuple[timedelta, Contact] | None,
        nearest: tuple[timedelta, Contact] | None,
        back: Mapping[str, Back],
    ) -> bool:
        """Say whether no contact up to this place, with gaps of `least` or more, can change what was found."""
        repeat = self._policy.repeat
        return (
            (least >= self._policy.contact.handover_under or (continues is not None and continues[0] <= least))
            and (least > repeat.within or (nearest is not None and nearest[0] <= least))
            and all(
                least > repeat.window(topic)
                or self._first[topic] > place
                or (topic in back and back[topic].gap <= least)
                for topic in contact.topics
            )
        )

    def story(self, contact: Contact) -> Story:
        """Return the story up to this contact; told once for each contact in it, so that a long one stays cheap."""
        untold: list[Contact] = []
        told: Story | None = None
        part: Contact | None = contact
        while part is not None and (told := self._told.get(part.contact_id)) is None:
            untold.append(part)
            part = self.of(part).continues or self.of(part).previous
        story = told or Story()
        for part in reversed(untold):
            story = self._told[part.contact_id] = story.and_then(part, continues=self.of(part).continues is not None)
        return story


def flags(
    times: Sequence[datetime],
    contacts: Sequence[Contact],
    policy: Policy,
    links: Links | None = None,
    since: datetime | None = None,
) -> Iterator[Finding]:
    """Yield a flag for each contact that repeats an earlier one.

    `times` are the customer's touchpoints' and `contacts` the customer's contacts, both in order. `links` are theirs,
    where the caller has them; contacts whose newest touchpoint is before `since` are left out.
    """
    whole = links or Links(contacts, policy)
    for contact in contacts:
        moment = contact.newest_at
        if not contact.inbound or (since is not None and moment < since):
            continue
        then = Links(as_of(contacts, moment, policy), policy) if whole.spans.over(moment) else whole
        link = then.of(contact)
        if link.previous is not None:
            yield _flag(contact, link, then, bisect_right(times, moment), policy)


class Spans:
    """Whether a contact began at or before a moment and has touchpoints after it; only then Rule 5 costs anything."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        """Take one customer's contacts, in any order."""
        lives = sorted((contact.entries[0].occurred_at, contact.newest_at) for contact in contacts)
        self._begins = [begins for begins, _ in lives]
        self._newest = list(accumulate((newest for _, newest in lives), max))

    def over(self, moment: datetime) -> bool:
        """Say whether a contact spans the moment."""
        begun = bisect_right(self._begins, moment)
        return begun > 0 and self._newest[begun - 1] > moment


def _flag(contact: Contact, link: Link, links: Links, version: int, policy: Policy) -> Finding:
    previous = link.previous
    assert previous is not None  # noqa: S101 -- the caller asked; says it to the type checker
    story = links.story(contact)
    first, repeated = contact.activity[0], [one.topic for one in link.back]
    if repeated:
        about = f"about {', '.join(repeated)} again"
    elif contact.topics and previous.topics:
        about = "about something else"
    else:
        about = "the topic of one of them is not known"
    limits = [
        compared(f"days since the last contact on {t.topic}", _days(t.gap), "<=", _days(policy.repeat.window(t.topic)))
        for t in link.back
    ]
    if link.within:
        limits.insert(0, compared("days since the contact before", _days(link.gap), "<=", _days(policy.repeat.within)))
    rests_on = {place(e): e for e in (_last_by(contact.began_at, one) for one in _earlier(link))}
    body = {
        "why": f"Came back by {contact.channel} {duration(link.gap)} after contact by {previous.channel}, {about}.",
        "customer_id": first.customer_id,
        "account_id": first.account_id,
        "named_by": identifier_record(first.named_by),
        "channel": contact.channel,
        "queue": contact.queue,
        "contact_id": contact.contact_id,
        "occurred_at": contact.began_at,
        "deliver_before": contact.began_at + policy.detractor.stale_after,
        "topics": sorted(contact.topics),
        "words": _words(contact, frozenset(repeated)),
        "any_topic": True,
        "same_topic": bool(repeated),
        "repeated_topics": repeated,
        "initial_contact": story.initial.contact_id if story.initial else contact.contact_id,
        "previous_contact": None,
        "related_contact": previous.contact_id,
        "related_channel": previous.channel,
        "related_ended_at": previous.active_until(contact.began_at),
        "related_topics": sorted(previous.topics),
        "gap_seconds": link.gap.total_seconds(),
        "chain_length": story.length,
        "handovers": story.handovers,
        "channels": list(story.channels),
        "agents_told": len(story.agents),
        "times_told": story.tellings,
        "evidence": [*(evidence(rests_on[each]) for each in sorted(rests_on)), evidence(first)],
        "compared": limits,
        "policy": policy_record(policy),
    }
    own_id = flag_id(first.customer_id, contact.contact_id)
    return Finding("repeat-contact", own_id, version, anchor_of(first), contact.began_at, body)


def _words(contact: Contact, topics: frozenset[str]) -> str | None:
    """Return the excerpt that says most of why the customer came: on a repeated topic, else on any, else the first."""
    said = [entry for entry in contact.activity if entry.excerpt]
    said.sort(key=lambda entry: (not topics & set(entry.topics), not entry.topics))
    return said[0].excerpt if said else None


def flag_id(customer_id: str, contact_id: str) -> str:
    """Return the id of the flag that a contact repeats an earlier one."""
    return derived("flag", customer_id, contact_id)


def _earlier(link: Link) -> list[Contact]:
    """Return the contacts that a repeat rests on: the one before, and those about the topics that came back."""
    return [each for each in (link.previous, *(one.earlier for one in link.back)) if each is not None]


def _last_by(moment: datetime, contact: Contact) -> Entry:
    """Return a contact's newest activity at or before the moment (at or after its beginning)."""
    return [entry for entry in contact.activity if entry.occurred_at <= moment][-1]


def _days(gap: timedelta) -> float:
    return round(gap / timedelta(days=1), 6)

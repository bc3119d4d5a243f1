"""Touchpoints grouped into contacts: one call with all its transfers, one chat session, one e-mail thread, one review.

Rule 1. Touchpoints that share a conversation key are one contact, directly or through others; so are an item's
        revisions. Those without a key join their channel's touchpoints while no silence is longer than the gap.
Rule 2. More facts only ever join contacts. A contact's id is its smallest key's, so it survives what is added to it;
        a keyless one's is its first touchpoint's.
Rule 3. Feedback (a survey answer) and a message that only says thank you belong to a contact and never begin, lengthen
        or are one.
Rule 4. A contact is inbound when its first activity is, and somebody on the customer's side took part. What the company
        began is outbound, and stays so when the customer answers.
Rule 5. Of an item, the highest revision counts; the earlier ones only tell when it began.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from operator import is_

from pipeline.ids import derived
from pipeline.policy import Policy
from pipeline.stitch import event_key, place
from pipeline.touchpoint import Entry


@dataclass(frozen=True)
class Contact:
    """One contact: its touchpoints in timeline order, and what follows from them."""

    contact_id: str
    entries: tuple[Entry, ...]
    activity: tuple[Entry, ...]
    inbound: bool

    @cached_property
    def began_at(self) -> datetime:
        """When its first activity happened (its first touchpoint, where it is feedback only)."""
        return (self.activity or self.entries)[0].occurred_at

    @cached_property
    def ended_at(self) -> datetime:
        """When its last activity ended."""
        return max(entry.ended_at or entry.occurred_at for entry in self.activity or self.entries)

    @cached_property
    def newest_at(self) -> datetime:
        """When its newest touchpoint of any kind happened: what it is judged by lies at or before."""
        return self.entries[-1].occurred_at

    @cached_property
    def current(self) -> tuple[Entry, ...]:
        """Its touchpoints without superseded revisions (Rule 5)."""
        highest: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.item is not None:
                other = highest.setdefault(entry.item, entry)
                if (entry.revision, place(entry)) > (other.revision, place(other)):
                    highest[entry.item] = entry
        return tuple(e for e in self.entries if e.item is None or highest[e.item] is e)

    @cached_property
    def topics(self) -> frozenset[str]:
        """What the customer talked about."""
        return frozenset(topic for entry in self.current for topic in entry.topics)

    @cached_property
    def channel(self) -> str:
        """The channel that it began in."""
        return (self.activity or self.entries)[0].channel

    @cached_property
    def agents(self) -> frozenset[str]:
        """The agents who had it, as far as they are named."""
        return frozenset(agent for e in self.entries if e.handling is not None for agent in e.handling.agents)

    @cached_property
    def tellings(self) -> int:
        """How many times the customer told the story in it, as far as is proven: by the agents who are named, the
        calls, or the transfers, whichever are most; never where the customer gave up before anybody answered.
        """
        if self.outcome == "abandoned":
            return 0
        whole = [e.handling.transfers for e in self.entries if e.handling is not None and e.kind == "call"]
        parts = sum(e.handling.transfers for e in self.entries if e.handling is not None and e.kind != "call")
        return max(1, len(self.agents), len(whole), 1 + max(parts, sum(whole)))

    @cached_property
    def bot_only(self) -> bool:
        """Whether a bot answered, and nobody of the company's people."""
        actors = {e.actor for e in self.activity}
        return "bot" in actors and "agent" not in actors and not self.agents

    @cached_property
    def queue(self) -> str | None:
        """The last queue that had it."""
        queues = [e.handling.queue for e in self.entries if e.handling is not None and e.handling.queue is not None]
        return queues[-1] if queues else None

    @cached_property
    def outcome(self) -> str | None:
        """How it ended: answered or abandoned, as its last touchpoint that tells says."""
        told = [e.handling.outcome for e in self.entries if e.handling is not None and e.handling.outcome is not None]
        return told[-1] if told else None

    def active_until(self, moment: datetime) -> datetime:
        """Return its last activity at or before `moment` (at or after its beginning)."""
        return max(min(e.ended_at or e.occurred_at, moment) for e in self.activity if e.occurred_at <= moment)


def contacts(entries: Iterable[Entry], policy: Policy, known: Iterable[Contact] = ()) -> tuple[Contact, ...]:
    """Group a timeline's entries into contacts, ordered by (began_at, contact_id).

    `entries` are in timeline order, each event once. A contact of `known` that has the same touchpoints is kept as it
    is, with all that was found out about it: that only saves work.
    """
    groups = _joined(tuple(entries), policy)
    before = {contact.contact_id: contact for contact in known}
    found = [_contact(name, tuple(group), policy, before) for name, group in groups.items()]
    return tuple(sorted(found, key=lambda contact: (contact.began_at, contact.contact_id)))


def as_of(every: Iterable[Contact], moment: datetime, policy: Policy) -> tuple[Contact, ...]:
    """Return the contacts as they were known by touchpoints at or before `moment` (event time).

    A contact that spans `moment` is grouped anew from its earlier part: what joined it later has not happened yet.
    """
    known: list[Contact] = []
    for contact in every:
        if contact.newest_at <= moment:
            known.append(contact)
        elif contact.entries[0].occurred_at <= moment:
            known.extend(contacts((e for e in contact.entries if e.occurred_at <= moment), policy))
    return tuple(sorted(known, key=lambda contact: (contact.began_at, contact.contact_id)))


def _joined(entries: tuple[Entry, ...], policy: Policy) -> dict[str, list[Entry]]:
    """Group by shared keys (a union-find over key strings), the keyless by their channel's silences."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    names: list[str] = []
    for own in _keys(entries, policy):
        for key in own:
            parent.setdefault(key, key)
        for one, other in pairwise(own):
            low, high = sorted((root(one), root(other)))
            parent[high] = low  # the smallest key is the root, and so names the contact (Rule 2)
        names.append(own[0])
    groups: dict[str, list[Entry]] = {}
    for entry, name in zip(entries, names, strict=True):
        groups.setdefault(root(name), []).append(entry)
    return groups


def _keys(entries: tuple[Entry, ...], policy: Policy) -> list[tuple[str, ...]]:
    """Return each entry's keys; a keyless one takes the name of the first of its silence-bounded run."""
    runs: dict[str, tuple[datetime, str]] = {}
    found: list[tuple[str, ...]] = []
    for entry in entries:
        own = entry.keys if entry.item is None else (*entry.keys, entry.item)
        if not own:
            gap = policy.contact.gap_by_channel.get(entry.channel, policy.contact.gap)
            last, name = runs.get(entry.channel, (None, ""))
            if last is None or entry.occurred_at - last > gap:
                name = "event:" + "/".join(event_key(entry))
            runs[entry.channel] = max(last or entry.occurred_at, entry.ended_at or entry.occurred_at), name
            own = (name,)
        found.append(own)
    return found


def _contact(name: str, group: tuple[Entry, ...], policy: Policy, known: Mapping[str, Contact]) -> Contact:
    same = known.get(derived("contact", name))
    if same is not None and len(same.entries) == len(group) and all(map(is_, same.entries, group)):
        return same
    activity = tuple(e for e in group if not e.thanks_only and e.channel not in policy.repeat.not_contacts)
    inbound = (
        bool(activity)
        and activity[0].direction == "inbound"
        and any(e.actor == "customer" or e.source == "phone" for e in activity)
        and _can_be_contact(activity[0], policy)
    )
    return Contact(derived("contact", name), group, activity, inbound)


def _can_be_contact(entry: Entry, policy: Policy) -> bool:
    """Say whether the channel can be a contact at all; an invoice or an advertisement cannot."""
    if entry.source != "other":
        return True
    channel = policy.channels.get(entry.channel)
    return channel is not None and channel.contact

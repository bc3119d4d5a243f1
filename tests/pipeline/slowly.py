"""The slow, obvious answer for worlds of entries: plain loops over the definitions, with no code of the fast one.

Only ids (`pipeline.ids`) and the policy's numbers are shared. Every contact is judged by grouping anew all that
happened at or before its newest touchpoint. Events are heard once each here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from pipeline.ids import derived
from pipeline.policy import Policy
from pipeline.touchpoint import Entry

Group = list[Entry]


@dataclass(frozen=True)
class SlowFlag:
    """What a flag must say."""

    version: int
    previous: str
    gap: timedelta
    topics: tuple[str, ...]
    chain: int
    channels: tuple[str, ...]


@dataclass(frozen=True)
class SlowAlert:
    """What an alert must say."""

    version: int
    basis: str
    event_id: str
    contact: str


def in_order(entries: Iterable[Entry]) -> Group:
    """Return entries by time, then by name."""
    return sorted(entries, key=lambda e: (e.occurred_at, e.source, e.event_id))


def names(entry: Entry) -> set[str]:
    """Return the conversations that an entry says it belongs to."""
    return set(entry.keys) | ({entry.item} if entry.item else set())


def grouped(entries: Iterable[Entry], policy: Policy) -> list[Group]:
    """Return the contacts: merged until no two belong together."""
    rest = in_order(entries)
    joined: list[tuple[Entry, Entry]] = [(a, b) for a in rest for b in rest if names(a) & names(b)]
    for channel in {e.channel for e in rest}:
        silent = [e for e in rest if e.channel == channel and not names(e)]
        for i, later in enumerate(silent[1:], 1):
            quiet_since = max(e.ended_at or e.occurred_at for e in silent[:i])
            if later.occurred_at - quiet_since <= policy.contact.gap_by_channel.get(channel, policy.contact.gap):
                joined.append((silent[i - 1], later))
    groups = [[e] for e in rest]
    for one, other in joined:
        mine = next(g for g in groups if one in g)
        theirs = next(g for g in groups if other in g)
        if mine is not theirs:
            groups.remove(theirs)
            mine.extend(theirs)
    return [in_order(g) for g in groups]


def contact_id(group: Group) -> str:
    """Return a contact's id: of its smallest name, or of its first touchpoint."""
    every = sorted(name for e in group for name in names(e))
    return derived("contact", every[0] if every else f"event:{group[0].source}/{group[0].event_id}")


def activity(group: Group, policy: Policy) -> Group:
    """Return what happened in a contact, without feedback on it."""
    return [e for e in group if e.channel not in policy.repeat.not_contacts]


def current(group: Group) -> Group:
    """Return a contact's touchpoints without what was edited since."""
    return [
        e
        for e in group
        if e.item is None
        or e == max((o for o in group if o.item == e.item), key=lambda o: (o.revision, o.occurred_at, o.event_id))
    ]


def inbound(group: Group, policy: Policy) -> bool:
    """Say whether the customer came to the company."""
    acts = activity(group, policy)
    if not acts or acts[0].direction == "outbound":
        return False
    if not any(e.actor == "customer" or e.source == "phone" for e in acts):
        return False
    return acts[0].source != "other" or policy.channels[acts[0].channel].contact


def outcome(group: Group) -> str | None:
    """Return how a contact ended, as far as anyone told."""
    told = [e.handling.outcome for e in group if e.handling and e.handling.outcome]
    return told[-1] if told else None


def flags(entries: Sequence[Entry], policy: Policy) -> dict[str, SlowFlag]:
    """Return the flags that must stand, by contact."""
    found: dict[str, SlowFlag] = {}
    for group in grouped(entries, policy):
        if not inbound(group, policy):
            continue
        known = [e for e in entries if e.occurred_at <= group[-1].occurred_at]
        every = [g for g in grouped(known, policy) if inbound(g, policy)]
        every.sort(key=lambda g: (activity(g, policy)[0].occurred_at, contact_id(g)))
        story = _story(group, every, policy)
        if story.previous is not None:
            found[contact_id(group)] = SlowFlag(
                version=len(known),
                previous=contact_id(story.previous),
                gap=story.gap,
                topics=tuple(sorted(story.topics)),
                chain=story.length,
                channels=story.channels,
            )
    return found


@dataclass(frozen=True)
class _Story:
    previous: Group | None
    gap: timedelta
    topics: set[str]
    length: int
    channels: tuple[str, ...]


def _story(group: Group, every: list[Group], policy: Policy) -> _Story:
    began = activity(group, policy)[0].occurred_at
    channel = activity(group, policy)[0].channel
    own = {t for e in current(group) for t in e.topics}
    earlier = [(_gap(g, began, policy), -i, g) for i, g in enumerate(every[: every.index(group)])]
    nearest: Callable[[tuple[timedelta, int, Group]], tuple[timedelta, int]] = lambda one: one[:2]  # noqa: E731 -- used three times
    handed = [one for one in earlier if one[0] < policy.contact.handover_under and outcome(one[2]) != "abandoned"]
    if handed:
        before = _story(min(handed, key=nearest)[2], every, policy)
        return _Story(None, timedelta(0), set(), before.length, _with(before.channels, channel))
    repeated: set[str] = set()
    about: list[tuple[timedelta, int, Group]] = []
    for one in earlier:
        shared = own & {t for e in current(one[2]) for t in e.topics}
        back = {t for t in shared if one[0] <= policy.repeat.within_by_topic.get(t, policy.repeat.within)}
        repeated |= back
        about += [one] if back else []
    candidates = [one for one in earlier if one[0] <= policy.repeat.within] or about
    if not candidates:
        return _Story(None, timedelta(0), set(), 1, (channel,))
    gap, _, previous = min(candidates, key=nearest)
    before = _story(previous, every, policy)
    return _Story(previous, gap, repeated, before.length + 1, _with(before.channels, channel))


def _with(channels: tuple[str, ...], channel: str) -> tuple[str, ...]:
    return channels if channel in channels else (*channels, channel)


def _gap(group: Group, began: datetime, policy: Policy) -> timedelta:
    acts = [e for e in activity(group, policy) if e.occurred_at <= began]
    return began - max(min(e.ended_at or e.occurred_at, began) for e in acts)


def alerts(entries: Sequence[Entry], policy: Policy) -> dict[str, SlowAlert]:
    """Return the alerts that must stand, by cause: the item or event of an answer, or the contact of words."""
    found: dict[str, SlowAlert] = {}
    for group in grouped(entries, policy):
        version = sum(e.occurred_at <= group[-1].occurred_at for e in entries)
        now = current(group)
        for e in now:
            if e.score is not None and detracts(e.score.metric, e.score.value, e.score.scale_min, e.score.scale_max):
                found[e.item or f"{e.source}/{e.event_id}"] = SlowAlert(
                    version, "explicit", e.event_id, contact_id(group)
                )
        angry = [e for e in now if e.score is None and e.mood and e.mood.worst <= -0.5 and e.mood.mean <= -0.05]
        if angry:
            found[contact_id(group)] = SlowAlert(version, "inferred", angry[0].event_id, contact_id(group))
    return found


def detracts(metric: str, value: float, lowest: float, highest: float) -> bool:
    """Say whether a score is among the worst points of its scale: 2 of 5 stars or CSAT, 3 of 7 CES, 0-6 NPS."""
    if metric == "nps":
        return value <= 6
    worst, of = {"csat": (2, 5), "stars": (2, 5), "ces": (3, 7)}[metric]
    points = Fraction(highest) - Fraction(lowest) + 1
    return Fraction(value) - (Fraction(lowest) - 1) <= points * Fraction(worst, of)

"""The slow, obvious answer: what alerts and flags should stand, given the touchpoints. Shares no code with `pipeline/`.

Written from the words of DESIGN, and from the rules that `pipeline/repeats.py`, `detractors.py`, `contacts.py` and
`findings.py` state. Nothing is clever: groups are merged until no two share a name, every contact is held against every
other, and each contact is judged by regrouping all that happened at or before its newest touchpoint.

A touchpoint is the decoded record of the topic `touchpoints`, each event once. It is named by (source, event id).
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any

Touch = Mapping[str, Any]
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of `policies/default.toml`, read anew."""

    gap: timedelta
    handover: timedelta
    window: timedelta
    window_of: Mapping[str, timedelta]
    nps: float
    points: Mapping[str, tuple[float, float]]
    worst: float
    mean: float
    stale: timedelta
    contact_channels: frozenset[str]

    @classmethod
    def read(cls) -> "Rules":
        """Return the numbers that the default policy has now."""
        document = tomllib.loads(files("policies").joinpath("default.toml").read_text("utf-8"))
        contact, repeat, detractor = document["contact"], document["repeat"], document["detractor"]

        def span(said: Mapping[str, Any]) -> timedelta:
            return timedelta(**{said["unit"]: said["value"]})

        return cls(
            gap=span(contact["gap"]),
            handover=span(contact["handover_under"]),
            window=span(repeat["within"]),
            window_of={topic: span(said) for topic, said in repeat["within_by_topic"].items()},
            nps=detractor["nps"]["value"],
            points={name: (detractor[name]["value"], detractor[name]["of"]) for name in ("csat", "ces", "stars")},
            worst=detractor["worst_at_most"]["value"],
            mean=detractor["mean_at_most"]["value"],
            stale=span(detractor["stale_after"]),
            contact_channels=frozenset(name for name, each in document["channels"].items() if each["contact"]),
        )

    def window_for(self, topic: str) -> timedelta:
        """Return how long after a contact on this topic another one on it is a repeat."""
        return self.window_of.get(topic, self.window)


def name(touch: Touch) -> Name:
    """Return what makes a touchpoint's event the same event."""
    return touch["source"], touch["event_id"]


def when(touch: Touch) -> tuple[datetime, Name]:
    """Return a touchpoint's place in its timeline."""
    return touch["occurred_at"], name(touch)


@dataclass(slots=True)
class Group:
    """One contact: its touchpoints in order."""

    touches: list[Touch]
    names: set[str] = field(default_factory=set)

    @property
    def members(self) -> frozenset[Name]:
        """The names of its touchpoints: what makes it this contact."""
        return frozenset(name(t) for t in self.touches)

    @property
    def activity(self) -> list[Touch]:
        """Its touchpoints that are no feedback and no mere thanks."""
        return [t for t in self.touches if t["channel"] != "survey" and not t["thanks_only"]]

    @property
    def begins(self) -> datetime:
        """When its first activity happened."""
        began: datetime = (self.activity or self.touches)[0]["occurred_at"]
        return began

    @property
    def newest(self) -> datetime:
        """When its newest touchpoint happened."""
        newest: datetime = max(t["occurred_at"] for t in self.touches)
        return newest

    @property
    def current(self) -> list[Touch]:
        """Its touchpoints without the revisions that a higher one replaced."""
        return [
            t
            for t in self.touches
            if t["item"] is None
            or all((t["revision"], when(t)) >= (o["revision"], when(o)) for o in self.touches if o["item"] == t["item"])
        ]

    @property
    def topics(self) -> set[str]:
        """What the customer talked about."""
        return {topic for t in self.current for topic in t["topics"]}

    @property
    def abandoned(self) -> bool:
        """Whether the last that was said of its outcome is that the caller gave up."""
        said = [t["handling"]["outcome"] for t in self.touches if t["handling"] and t["handling"]["outcome"]]
        return bool(said) and said[-1] == "abandoned"

    def inbound(self, rules: Rules) -> bool:
        """Say whether the customer came to the company, by a channel that can be a contact, and took part."""
        if not self.activity or self.activity[0]["direction"] != "inbound":
            return False
        first = self.activity[0]
        if first["source"] == "other" and first["channel"] not in rules.contact_channels:
            return False
        return any(t["actor"] == "customer" or t["source"] == "phone" for t in self.activity)

    def last_before(self, moment: datetime) -> datetime:
        """Return its last activity at or before the moment; what still goes on then ends there."""
        ends = [min(t["ended_at"] or t["occurred_at"], moment) for t in self.activity if t["occurred_at"] <= moment]
        last: datetime = max(ends)
        return last


def group(touches: Iterable[Touch], rules: Rules) -> list[Group]:
    """Return the contacts of one customer's touchpoints, by their beginnings."""
    groups: list[Group] = []
    silent_since: dict[str, datetime] = {}
    run: dict[str, str] = {}
    for touch in sorted(touches, key=when):
        names = {*touch["keys"], *([touch["item"]] if touch["item"] else [])}
        if not names:
            channel, at = touch["channel"], touch["occurred_at"]
            if channel not in run or at - silent_since[channel] > rules.gap:
                run[channel] = f"run {channel} {at}"
            silent_since[channel] = max(silent_since.get(channel, at), touch["ended_at"] or at)
            names = {run[channel]}
        groups.append(Group([touch], names))
    while (pair := _sharing(groups)) is not None:
        one, other = pair
        groups.remove(other)
        one.touches = sorted(one.touches + other.touches, key=when)
        one.names |= other.names
    begins = [g.begins for g in groups if g.inbound(rules)]
    if len(set(begins)) != len(begins):
        raise ValueError("two contacts begin at the same moment: the reference has no order for them")
    return sorted(groups, key=lambda g: g.begins)


def _sharing(groups: list[Group]) -> tuple[Group, Group] | None:
    for i, one in enumerate(groups):
        for other in groups[i + 1 :]:
            if one.names & other.names:
                return one, other
    return None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that should stand. `compared` are (value, limit)."""

    basis: str
    on: Name
    contact: frozenset[Name]
    evidence: tuple[Name, ...]
    topics: tuple[str, ...]
    compared: tuple[tuple[float, float], ...]
    version: int


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag that should stand. `previous` is the contact before as it is by now; `compared` are (days, limit)."""

    contact: frozenset[Name]
    previous: frozenset[Name]
    same_topic: bool
    topics: tuple[str, ...]
    evidence: tuple[Name, ...]
    gap: timedelta
    compared: tuple[tuple[float, float], ...]
    chain_length: int
    version: int


def contacts(touches: Iterable[Touch], rules: Rules) -> list[frozenset[Name]]:
    """Return the contacts of one customer."""
    return [g.members for g in group(touches, rules)]


def alerts(touches: Iterable[Touch], rules: Rules) -> list[Alert]:
    """Return the alerts that should stand for one customer."""
    every = list(touches)
    found = []
    for contact in group(every, rules):
        version = sum(t["occurred_at"] <= contact.newest for t in every)
        for touch in contact.current:
            score = touch["score"]
            if score is None:
                continue
            limit = _limit(score, rules)
            if Fraction(score["value"]) <= limit:
                told = [t for t in contact.touches if t is touch or (t["item"] and t["item"] == touch["item"])]
                compared = ((score["value"], round(float(limit), 6)),)
                found.append(Alert("explicit", name(touch), *_about(touch, told, contact), compared, version))
        for touch in contact.current:
            mood = touch["mood"]
            if touch["score"] is None and mood is not None and mood["sentences"]:
                both = ((mood["worst"], rules.worst), (mood["mean"], rules.mean))
                if all(value <= limit for value, limit in both):
                    found.append(Alert("inferred", name(touch), *_about(touch, [touch], contact), both, version))
                    break
    return found


def _about(
    touch: Touch, told: list[Touch], contact: Group
) -> tuple[frozenset[Name], tuple[Name, ...], tuple[str, ...]]:
    return contact.members, tuple(map(name, told)), tuple(sorted({*touch["topics"], *contact.topics}))


def _limit(score: Mapping[str, Any], rules: Rules) -> Fraction:
    """Return the highest value that is a detractor's: the worst share of the scale's points, from its bottom."""
    if score["metric"] == "nps":
        return Fraction(rules.nps)
    at_most, of = rules.points[score["metric"]]
    low, high = Fraction(score["scale_min"]), Fraction(score["scale_max"])
    return low - 1 + Fraction(at_most) / Fraction(of) * (high - low + 1)


@dataclass(frozen=True, slots=True)
class Before:
    """How a contact relates to those before it: it continues one, or repeats one, or neither."""

    continues: Group | None = None
    previous: Group | None = None
    gap: timedelta = timedelta(0)
    within: bool = False
    back: Mapping[str, tuple[timedelta, Group]] = field(default_factory=dict)
    """The topics that came back, each with the nearest earlier contact about it, and the gap to that."""


def before(contact: Group, known: list[Group], rules: Rules) -> Before:
    """Hold an inbound contact against every inbound one that began before it."""
    earlier = [g for g in known if g.inbound(rules) and g.begins < contact.begins]
    gaps = [(contact.begins - g.last_before(contact.begins), g) for g in earlier]
    handed = [(gap, g) for gap, g in gaps if gap < rules.handover and not g.abandoned]
    if handed:
        return Before(continues=_nearest(handed)[1])
    back: dict[str, tuple[timedelta, Group]] = {}
    for topic in contact.topics:
        about = [(gap, g) for gap, g in gaps if topic in g.topics and gap <= rules.window_for(topic)]
        if about:
            back[topic] = _nearest(about)
    near = [(gap, g) for gap, g in gaps if gap <= rules.window]
    if not near and not back:
        return Before()
    gap, previous = _nearest(near or list(back.values()))
    return Before(previous=previous, gap=gap, within=bool(near), back=back)


def _nearest(gaps: list[tuple[timedelta, Group]]) -> tuple[timedelta, Group]:
    """Return the shortest gap; of equals the contact that began last."""
    return min(gaps, key=lambda each: (each[0], -each[1].begins.timestamp()))


def flags(touches: Iterable[Touch], rules: Rules) -> list[Flag]:
    """Return the flags that should stand for one customer."""
    every = list(touches)
    found = []
    whole = group(every, rules)
    for contact in whole:
        if not contact.inbound(rules):
            continue
        known = group([t for t in every if t["occurred_at"] <= contact.newest], rules)
        link = before(contact, known, rules)
        if link.previous is None:
            continue
        limits = [(link.gap, rules.window)] if link.within else []
        limits += [(link.back[topic][0], rules.window_for(topic)) for topic in sorted(link.back)]
        followed = [link.previous, *(g for _, g in link.back.values())]
        last = [max((t for t in g.activity if t["occurred_at"] <= contact.begins), key=when) for g in followed]
        evidence = [name(t) for t in sorted(last, key=when)] + [name(contact.activity[0])]
        found.append(
            Flag(
                contact.members,
                next(g.members for g in whole if g.members >= link.previous.members),
                bool(link.back),
                tuple(sorted(link.back)),
                tuple(dict.fromkeys(evidence)),
                link.gap,
                tuple((round(gap / timedelta(days=1), 6), limit / timedelta(days=1)) for gap, limit in limits),
                _chain(contact, known, rules),
                sum(t["occurred_at"] <= contact.newest for t in every),
            )
        )
    return found


def _chain(contact: Group, known: list[Group], rules: Rules) -> int:
    """Return how many contacts the story has up to this one; what was handed over is a part of one."""
    link = before(contact, known, rules)
    earlier = link.continues or link.previous
    return (0 if link.continues else 1) + (0 if earlier is None else _chain(earlier, known, rules))

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
    initial: str
    handovers: int
    agents: int
    told: int


@dataclass(frozen=True)
class SlowAlert:
    """What an alert must say."""

    version: int
    basis: str
    event_id: str
    contact: str
    severity: str
    pages: bool
    mixed: bool


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
    """Return what happened in a contact, without feedback on it and mere thanks."""
    return [e for e in group if e.channel not in policy.repeat.not_contacts and not e.thanks_only]


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
                chain=len(story.parts) - story.handovers,
                channels=tuple(dict.fromkeys(activity(part, policy)[0].channel for part in story.parts)),
                initial=contact_id(story.parts[0]),
                handovers=story.handovers,
                agents=len({a for part in story.parts for e in part if e.handling for a in e.handling.agents}),
                told=sum(times_told(part) for part in story.parts),
            )
    return found


def times_told(group: Group) -> int:
    """Return how many tellings of a story one contact proves."""
    if outcome(group) == "abandoned":
        return 0
    handled = [(e.kind == "call", e.handling) for e in group if e.handling]
    agents = {a for _, handling in handled for a in handling.agents}
    of_calls, of_parts = (sum(h.transfers for call, h in handled if call is whole) for whole in (True, False))
    return max(1, len(agents), sum(call for call, _ in handled), 1 + of_calls, 1 + of_parts)


@dataclass(frozen=True)
class _Story:
    previous: Group | None
    gap: timedelta
    topics: set[str]
    parts: list[Group]
    handovers: int


def _story(group: Group, every: list[Group], policy: Policy) -> _Story:
    began = activity(group, policy)[0].occurred_at
    own = {t for e in current(group) for t in e.topics}
    earlier = [(_gap(g, began, policy), -i, g) for i, g in enumerate(every[: every.index(group)])]
    nearest: Callable[[tuple[timedelta, int, Group]], tuple[timedelta, int]] = lambda one: one[:2]  # noqa: E731 -- used three times
    handed = [one for one in earlier if one[0] < policy.contact.handover_under and outcome(one[2]) != "abandoned"]
    if handed:
        before = _story(min(handed, key=nearest)[2], every, policy)
        return _Story(None, timedelta(0), set(), [*before.parts, group], before.handovers + 1)
    repeated: set[str] = set()
    about: list[tuple[timedelta, int, Group]] = []
    for one in earlier:
        shared = own & {t for e in current(one[2]) for t in e.topics}
        back = {t for t in shared if one[0] <= policy.repeat.within_by_topic.get(t, policy.repeat.within)}
        repeated |= back
        about += [one] if back else []
    candidates = [one for one in earlier if one[0] <= policy.repeat.within] or about
    if not candidates:
        return _Story(None, timedelta(0), set(), [group], 0)
    gap, _, previous = min(candidates, key=nearest)
    before = _story(previous, every, policy)
    return _Story(previous, gap, repeated, [*before.parts, group], before.handovers)


def _gap(group: Group, began: datetime, policy: Policy) -> timedelta:
    acts = [e for e in activity(group, policy) if e.occurred_at <= began]
    return began - max(min(e.ended_at or e.occurred_at, began) for e in acts)


@dataclass(frozen=True)
class SlowResolution:
    """What is known of a contact's resolution; times are the ends of open windows."""

    same: str
    same_until: datetime | None
    anything: str
    any_until: datetime | None


def resolutions(entries: Sequence[Entry], policy: Policy) -> dict[str, SlowResolution]:
    """Return what is known by now of each inbound contact that continues none, by contact."""
    now = max(e.occurred_at for e in entries)
    every = [g for g in grouped(entries, policy) if inbound(g, policy)]
    every.sort(key=lambda g: (activity(g, policy)[0].occurred_at, contact_id(g)))
    before = {contact_id(g): _handed_by(g, every, policy) for g in every}
    found: dict[str, SlowResolution] = {}
    for i, group in enumerate(every):
        if before[contact_id(group)] is not None:
            continue
        parts = [g for g in every[i:] if _initial(g, before) == contact_id(group)]
        topics = {t for g in parts for e in current(g) for t in e.topics}
        windows = {t: policy.repeat.within_by_topic.get(t, policy.repeat.within) for t in topics}
        ended = max(e.ended_at or e.occurred_at for g in parts for e in activity(g, policy))
        came, same = False, False
        for later in every[i + 1 :]:
            if before[contact_id(later)] is None:
                began = activity(later, policy)[0].occurred_at
                gap = min(_gap(g, began, policy) for g in parts if activity(g, policy)[0].occurred_at <= began)
                shared = {t for e in current(later) for t in e.topics if t in topics and gap <= windows[t]}
                came = came or gap <= policy.repeat.within or bool(shared)
                same = same or bool(shared)
        said = [o for o in map(outcome, parts) if o]
        gave_up = bool(said) and said[-1] == "abandoned"
        own = max(windows.values(), default=policy.repeat.within)
        longest = max(own, policy.repeat.within)
        found[contact_id(group)] = SlowResolution(
            *_known((same if topics else came) or gave_up, ended + own, now),
            *_known(came or gave_up, ended + longest, now),
        )
    return found


def _known(came_back: bool, until: datetime, now: datetime) -> tuple[str, datetime | None]:  # noqa: FBT001 -- two private calls
    if came_back:
        return "not_resolved", None
    return ("resolved", None) if now > until else ("pending", until)


def _handed_by(group: Group, every: list[Group], policy: Policy) -> str | None:
    began = activity(group, policy)[0].occurred_at
    gaps = [(_gap(g, began, policy), -i, g) for i, g in enumerate(every[: every.index(group)])]
    handed = [one for one in gaps if one[0] < policy.contact.handover_under and outcome(one[2]) != "abandoned"]
    return contact_id(min(handed, key=lambda one: one[:2])[2]) if handed else None


def _initial(group: Group, before: dict[str, str | None]) -> str:
    name = contact_id(group)
    while (earlier := before[name]) is not None:
        name = earlier
    return name


def alerts(entries: Sequence[Entry], policy: Policy) -> dict[str, SlowAlert]:
    """Return the alerts that must stand, by cause: the item or event of an answer, or the contact of words."""
    found: dict[str, SlowAlert] = {}
    for group in grouped(entries, policy):
        known = [e for e in entries if e.occurred_at <= group[-1].occurred_at]
        segment = "gold" if any("gold" in e.tags for e in known) else None
        for cause, entry, standing in _causes(group, segment):
            if standing is not None:
                found[cause] = SlowAlert(
                    version=len(known),
                    basis="inferred" if entry.score is None else "explicit",
                    event_id=standing.event_id,
                    contact=contact_id(group),
                    severity=_severity(standing, group, known, policy),
                    pages=cause in _paged(known, policy),
                    mixed=_mixed(standing, group, policy),
                )
    return found


Cause = tuple[str, Entry, Entry | None]


def _causes(group: Group, segment: str | None) -> list[Cause]:
    """Return a contact's alerts, taken back or not: the cause, who gave it first, and on what it stands."""
    now = current(group)
    bad = [e for e in group if e.score is not None and _bad(e, segment)]
    causes: list[Cause] = []
    for cause in dict.fromkeys(e.item or f"{e.source}/{e.event_id}" for e in bad):
        told = [e for e in bad if cause in {e.item, f"{e.source}/{e.event_id}"}]
        causes.append((cause, told[0], next((e for e in told if e in now), None)))
    angry = [e for e in group if _angry(e)]
    if angry:
        causes.append((contact_id(group), angry[0], next((e for e in angry if e in now), None)))
    return causes


def _every(known: Sequence[Entry], policy: Policy) -> list[tuple[Cause, Group]]:
    """Return the alerts of all contacts, each by the segment of its own time."""
    every: list[tuple[Cause, Group]] = []
    for group in grouped(known, policy):
        gold = any("gold" in e.tags for e in known if e.occurred_at <= group[-1].occurred_at)
        every += [(cause, group) for cause in _causes(group, "gold" if gold else None)]
    return every


def _paged(known: Sequence[Entry], policy: Policy) -> set[str]:
    """Return the causes that paged: those without one of the same kind that paged under a cool-down before."""
    every = sorted(_every(known, policy), key=lambda one: (in_place(one[0][1]), _alert_id(one[0], one[1])))
    paged: list[tuple[Cause, Group]] = []
    for (cause, first, standing), group in every:
        topics = {t for e in current(group) for t in e.topics} | set(first.topics)
        for (_, before, _), other in paged:
            theirs = {t for e in current(other) for t in e.topics} | set(before.topics)
            alike = other is group or bool(topics & theirs) or (not topics and not theirs)
            if alike and first.occurred_at - before.occurred_at < policy.detractor.cool_down:
                break
        else:
            paged.append(((cause, first, standing), group))
    return {cause for (cause, _, _), _ in paged}


def _alert_id(cause: Cause, group: Group) -> str:
    if cause[1].score is None:
        return derived("alert", "inferred", group[0].customer_id, cause[0])
    return derived("alert", "explicit", group[0].customer_id, cause[0])


def in_place(entry: Entry) -> tuple[datetime, str, str]:
    """Return where an entry stands in its timeline."""
    return entry.occurred_at, entry.source, entry.event_id


def _severity(entry: Entry, group: Group, known: Sequence[Entry], policy: Policy) -> str:
    rules = policy.severity
    stood = [now for (_, _, now), _ in _every(known, policy) if now is not None and in_place(now) < in_place(entry)]
    step = 0 if entry.score is None else 1
    step += any(e.account_id in rules.high_value_accounts for e in known)
    step += not stood and entry.occurred_at - min(e.occurred_at for e in known) >= rules.loyal_after
    step += len([e for e in stood if entry.occurred_at - e.occurred_at <= rules.often_within]) + 1 >= rules.often
    step -= any(_praise(e) for e in current(group) if e is not entry)
    return ("low", "medium", "high", "critical")[min(3, max(0, step))]


def _mixed(entry: Entry, group: Group, policy: Policy) -> bool:
    kind = entry.score is not None and entry.mood is not None and entry.mood.mean >= -policy.detractor.mean_at_most
    return kind or any(_praise(e) for e in current(group) if e is not entry)


def _praise(entry: Entry) -> bool:
    """Say whether an answer is good: a mirror image of what is bad (no world's segment changes that)."""
    if entry.score is None:
        return False
    if entry.score.metric == "nps":
        return entry.score.value >= 9
    score = entry.score
    return detracts(score.metric, score.scale_max + score.scale_min - score.value, score.scale_min, score.scale_max)


def _bad(entry: Entry, segment: str | None) -> bool:
    score = entry.score
    assert score is not None
    if segment is not None and score.metric in {"nps", "stars"}:
        return score.value <= (7 if score.metric == "nps" else 3)
    return detracts(score.metric, score.value, score.scale_min, score.scale_max)


def _angry(entry: Entry) -> bool:
    worst, mean = {"sms": (-0.4, -0.05), "in_store": (-0.5, -0.9)}.get(entry.channel, (-0.5, -0.05))
    return entry.score is None and entry.mood is not None and entry.mood.worst <= worst and entry.mood.mean <= mean


def detracts(metric: str, value: float, lowest: float, highest: float) -> bool:
    """Say whether a score is among the worst points of its scale: 2 of 5 stars or CSAT, 3 of 7 CES, 0-6 NPS."""
    if metric == "nps":
        return value <= 6
    worst, of = {"csat": (2, 5), "stars": (2, 5), "ces": (3, 7)}[metric]
    points = Fraction(highest) - Fraction(lowest) + 1
    return Fraction(value) - (Fraction(lowest) - 1) <= points * Fraction(worst, of)

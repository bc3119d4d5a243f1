"""One customer's touchpoints, weighed: which experiences there were, in which cells, good or bad, by which paths."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pipeline.advance import picture
from pipeline.contacts import Contact
from pipeline.detractors import limit
from pipeline.findings import Finding
from pipeline.hotspots.evidence import MICRO, Cell, Weighed, week_of
from pipeline.policy import DetractorPolicy, Policy
from pipeline.stitch import stitched
from pipeline.touchpoint import Entry, Score

PROMOTER_NPS = 9
"""Reichheld 2003: 9 and 10 are promoters', 7 and 8 are neither."""

GLAD_MEAN, GLAD_WORST = 0.5, 0.0
"""VADER's compound. A courtesy (`thanks, could you…`) is about 0.4; so glad is more than that on the mean of all
sentences, and none below nought."""

LONGEST_PATH = 6
"""Channels of a path that are told apart; a journey that changes more often is counted along its first six."""


def weighed(
    rows: Iterable[Entry], policy: Policy, since: datetime | None = None, until: datetime | None = None
) -> Weighed:
    """Return what one customer's placed touchpoints weigh, heard in any order; experiences that began at or after
    `since` and before `until` count.
    """
    told = picture(stitched(rows), policy)
    weight = Weighed(customers=1, touchpoints=len(told.entries))
    if told.entries:
        weight.first, weight.last = told.entries[0].occurred_at, told.entries[-1].occurred_at
    alerts = _by_contact(told.findings.values(), "detractor-alert")
    flags = _by_contact(told.findings.values(), "repeat-contact")
    inside = [
        contact
        for contact in told.contacts
        if (since is None or contact.began_at >= since)
        and (until is None or contact.began_at < until)
        and (contact.inbound or contact.contact_id in alerts or any(e.score is not None for e in contact.current))
    ]
    _count(weight, inside, alerts, flags, policy)
    _travel(weight, inside, alerts, policy)
    return weight


def is_good(contact: Contact, policy: DetractorPolicy) -> bool:
    """Say whether an experience without an alert is a good one (Rule 5 of this room)."""
    scores = [entry.score for entry in contact.current if entry.score is not None]
    if scores:
        return any(is_promoter(score, policy) for score in scores)
    moods = [entry.mood for entry in contact.current if entry.mood is not None and entry.mood.sentences > 0]
    return bool(moods) and all(mood.mean >= GLAD_MEAN and mood.worst >= GLAD_WORST for mood in moods)


def is_promoter(score: Score, policy: DetractorPolicy) -> bool:
    """Say whether a score is as good as a detractor's is bad: as many points from the scale's other end; NPS 9 or 10.

    (1e-9 absorbs the share's rounding, as for detractors.)
    """
    if score.metric == "nps":
        return score.value >= PROMOTER_NPS
    return score.value >= score.scale_max - (limit(score, policy) - score.scale_min) - 1e-9


def _by_contact(findings: Iterable[Finding], kind: str) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind == kind:
            found.setdefault(str(finding.body["contact_id"]), []).append(finding)
    return found


def _count(
    weight: Weighed,
    experiences: Iterable[Contact],
    alerts: Mapping[str, Sequence[Finding]],
    flags: Mapping[str, Sequence[Finding]],
    policy: Policy,
) -> None:
    customers: set[Cell] = set()
    came_back: set[Cell] = set()
    turned_away: set[Cell] = set()
    for contact in experiences:
        told, repeated = alerts.get(contact.contact_id, ()), _repeated(flags.get(contact.contact_id, ()), policy)
        good = not told and is_good(contact, policy.detractor)
        said_good = good and any(entry.score is not None for entry in contact.current)
        moods = [e.mood for e in contact.current if e.mood is not None and e.mood.sentences > 0]
        topics: tuple[str | None, ...] = tuple(sorted(contact.topics)) or (None,)
        for topic in topics:
            cell = Cell(topic, contact.channel, contact.queue, week_of(contact.began_at))
            count = weight.cell(cell)
            count.volume += 1
            count.touchpoints += len(contact.entries)
            count.moods += len(moods)
            count.mood_sum += sum(round(mood.mean * MICRO) for mood in moods)
            count.repeats += repeated is not None
            count.same_topic_repeats += repeated is not None and topic in repeated
            count.detractors += bool(told)
            count.good += good
            count.bad += bool(told)
            count.said_good += said_good
            count.said_bad += any(finding.body["basis"] == "explicit" for finding in told)
            customers.add(cell)
            came_back |= {cell} if repeated is not None else set()
            turned_away |= {cell} if told else set()
    for cell in customers:
        count = weight.cell(cell)
        count.customers = 1
        count.repeat_customers = int(cell in came_back)
        count.detractor_customers = int(cell in turned_away)


def _repeated(flags: Sequence[Finding], policy: Policy) -> frozenset[str] | None:
    """Return the topics that came back; None where nothing came back within the window for any topic.

    A topic's longer window is left out: the touchpoints of the first weeks are not old enough to fill it, so that
    repeats would seem to grow.
    """
    for flag in flags:
        gap, topics = flag.body["gap_seconds"], flag.body["repeated_topics"]
        if isinstance(gap, float) and gap <= policy.repeat.within.total_seconds() and isinstance(topics, list):
            return frozenset(map(str, topics))
    return None


def _travel(
    weight: Weighed, experiences: Sequence[Contact], alerts: Mapping[str, Sequence[Finding]], policy: Policy
) -> None:
    """Count the customer's journeys: a silence longer than the window for any topic ends one."""
    journey: list[Contact] = []
    until: datetime | None = None
    for contact in experiences:
        if until is not None and contact.began_at - until > policy.repeat.within:
            _walk(weight, journey, alerts)
            journey = []
            until = None
        journey.append(contact)
        until = contact.ended_at if until is None else max(until, contact.ended_at)
    if journey:
        _walk(weight, journey, alerts)


def _walk(weight: Weighed, journey: Iterable[Contact], alerts: Mapping[str, Sequence[Finding]]) -> None:
    path: tuple[str, ...] = ()
    met = False
    weight.journeys += 1
    for contact in journey:
        if path[-1:] != (contact.channel,):
            if len(path) == LONGEST_PATH:
                break
            path = (*path, contact.channel)
            weight.path(path).taken += 1
        if not met and contact.contact_id in alerts:
            weight.path(path).ended += 1
            met = True

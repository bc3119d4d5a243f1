"""One customer's touchpoints, weighed: which experiences there were, in which cells, good or bad, by which paths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from pipeline.advance import picture
from pipeline.contacts import Contact
from pipeline.findings import Finding
from pipeline.hotspots.evidence import MICRO, Cell, Evidence, Weighed, week_of
from pipeline.journey.effort import Effort
from pipeline.policy import DetractorPolicy, Policy
from pipeline.scores import is_good as scores_well
from pipeline.stitch import stitched
from pipeline.touchpoint import Entry

GLAD_MEAN, GLAD_WORST = 0.5, 0.0
"""VADER's compound. A courtesy (`thanks, could you…`) is about 0.4; so glad is more than that on the mean of all
sentences, and none below nought."""

LONGEST_PATH = 6
"""Channels of a path that are told apart; a journey that changes more often is counted along its first six."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of each contact, by its id."""

    alerts: Mapping[str, Sequence[Finding]]
    flags: Mapping[str, Sequence[Finding]]
    efforts: Mapping[str, Effort]


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
    found = _Found(
        _by_contact(told.findings.values(), "detractor-alert"),
        _by_contact(told.findings.values(), "repeat-contact"),
        told.efforts,
    )
    inside = [
        contact
        for contact in told.contacts
        if (since is None or contact.began_at >= since)
        and (until is None or contact.began_at < until)
        and (contact.inbound or contact.contact_id in found.alerts or any(e.score is not None for e in contact.current))
    ]
    _count(weight, inside, found, policy)
    _travel(weight, inside, found.alerts, policy)
    _lead(weight, inside, found.flags, policy)
    return weight


def is_good(contact: Contact, policy: DetractorPolicy) -> bool:
    """Say whether an experience without an alert is a good one (Rule 5 of this room)."""
    scores = [entry.score for entry in contact.current if entry.score is not None]
    if scores:
        return any(scores_well(score, policy) for score in scores)
    moods = [entry.mood for entry in contact.current if entry.mood is not None and entry.mood.sentences > 0]
    return bool(moods) and all(mood.mean >= GLAD_MEAN and mood.worst >= GLAD_WORST for mood in moods)


def _by_contact(findings: Iterable[Finding], kind: str) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind == kind:
            found.setdefault(str(finding.body["contact_id"]), []).append(finding)
    return found


def _count(weight: Weighed, experiences: Iterable[Contact], found: _Found, policy: Policy) -> None:
    for contact in experiences:
        told = found.alerts.get(contact.contact_id, ())
        repeated = _repeated(found.flags.get(contact.contact_id, ()), policy)
        cost = found.efforts.get(contact.contact_id) if contact.inbound else None
        good = not told and is_good(contact, policy.detractor)
        moods = [e.mood for e in contact.current if e.mood is not None and e.mood.sentences > 0]
        one = Evidence(
            volume=1,
            touchpoints=len(contact.entries),
            moods=len(moods),
            mood_sum=sum(round(mood.mean * MICRO) for mood in moods),
            efforts=int(cost is not None),
            effort_sum=0 if cost is None else round(cost.score * MICRO),
            repeats=int(repeated is not None),
            detractors=int(bool(told)),
            good=int(good),
            bad=int(bool(told)),
            said_good=int(good and any(entry.score is not None for entry in contact.current)),
            said_bad=int(any(finding.body["basis"] == "explicit" for finding in told)),
        )
        week = week_of(contact.began_at)
        topics: tuple[str | None, ...] = tuple(sorted(contact.topics)) or (None,)
        places = [(weight.cell(Cell(topic, contact.channel, contact.queue, week)), topic) for topic in topics]
        for count, topic in (*places, (weight.week(week), None)):
            about_it = repeated is not None and (topic in repeated or (count is weight.week(week) and bool(repeated)))
            count.add(replace(one, same_topic_repeats=int(about_it)))
            # The customer counts once in each, whatever the customer did there.
            count.customers = 1
            count.repeat_customers |= one.repeats
            count.detractor_customers |= one.detractors


def _repeated(flags: Sequence[Finding], policy: Policy) -> frozenset[str] | None:
    """Return the topics that came back; None where nothing came back within the window for any topic.

    A topic's longer window is left out: the touchpoints of the first weeks are not old enough to fill it, so that
    repeats would seem to grow.
    """
    flag = _within(flags, policy)
    return None if flag is None else frozenset(cast("list[str]", flag.body["repeated_topics"]))


def _within(flags: Sequence[Finding], policy: Policy) -> Finding | None:
    limit = policy.repeat.within.total_seconds()
    return next((flag for flag in flags if cast("float", flag.body["gap_seconds"]) <= limit), None)


def _lead(
    weight: Weighed, experiences: Iterable[Contact], flags: Mapping[str, Sequence[Finding]], policy: Policy
) -> None:
    """Count which topic led to which: of each contact that repeats one within the window for any topic."""
    for contact in experiences:
        flag = _within(flags.get(contact.contact_id, ()), policy)
        if flag is None:
            continue
        then: tuple[str | None, ...] = tuple(cast("list[str]", flag.body["related_topics"])) or (None,)
        weight.led_on.update(then)
        weight.next_topics.update((one, other) for one in then for other in (tuple(contact.topics) or (None,)))


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
